#include "base/error.h"
#include "pipeline/stages.h"

namespace actsparse {

void Outputs::reserve(const std::filesystem::path& path) const {
  if (path.empty()) return;
  check_writable(path);
  remove_leftovers(path);
}

void Outputs::reserve(const OutputConfig& output) const {
  for (const auto& [key, path] : output_files(output)) reserve(path);
}

AtomicFile& Outputs::create(const std::filesystem::path& path) { return files_.emplace_back(path); }

void Outputs::commit() {
  for (auto& file : files_)
    file.close();  // a full disk shows here, before the first file is in place
  for (auto& file : files_) file.commit();
}

}  // namespace actsparse
