#pragma once
// --output-dir
#include <filesystem>
#include <vector>

#include "config/config.h"
#include "config/launch.h"

namespace actsparse {

/// The folder that all output files go to, made if missing; what was made goes again at the end of
/// the scope if nothing was put into it. (Of several ranks none takes it away: another one may be
/// about to use it.)
class OutputFolder {
 public:
  /// Changes the paths of `config`; an empty folder is none. Throws Error(Output).
  OutputFolder(const std::filesystem::path& folder, const Launch& launch, Config& config);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

 private:
  std::vector<std::filesystem::path> made_;  // innermost first
};

}  // namespace actsparse
