#pragma once
// A picture beside a report, of commands that were given --picture.
#include <filesystem>
#include <string>

#include "pipeline/outputs.h"
#include "pipeline/pipeline.h"

namespace actsparse {

class Picture {
 public:
  /// An empty path, or a rank that is not the first: none is drawn. Throws Error(Config) if it is
  /// the config's or one of its files, Error(Output) if it cannot be written.
  Picture(const Config& config, const std::filesystem::path& path, const RunOptions& options);

  bool is_wanted() const { return !path_.empty(); }
  void write(const std::string& svg);

 private:
  std::filesystem::path path_;
  Outputs outputs_;
};

}  // namespace actsparse
