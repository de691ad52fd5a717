#include "commands/output_folder.h"

#include "base/error.h"

namespace actsparse {

namespace fs = std::filesystem;

OutputFolder::OutputFolder(const fs::path& folder, const Launch& launch, Config& config) {
  if (folder.empty()) return;
  redirect_outputs(config, folder);
  std::error_code failed;
  for (auto path = fs::absolute(folder); !fs::exists(path, failed); path = path.parent_path())
    if (path.has_filename()) made_.push_back(path);
  if (!launch.is_alone()) made_.clear();
  fs::create_directories(folder, failed);
  if (failed)
    throw Error(ErrorKind::Output,
                "--output-dir " + folder.string() + ": cannot be made: " + failed.message());
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;  // a folder that is not empty stays
  for (const auto& path : made_) fs::remove(path, ignored);
}

}  // namespace actsparse
