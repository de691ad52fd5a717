#include "pipeline/outputs.h"

#include "base/error.h"

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

void Outputs::discard(const std::filesystem::path& path) {
  // AtomicFiles do not move; those that are not committed remove themselves.
  for (auto& file : files_)
    if (file.target() == path) discarded_.insert(&file);
}

void Outputs::commit() {
  for (auto& file : files_)
    file.close();  // a full disk shows here, before the first file is in place
  for (auto& file : files_)
    if (discarded_.count(&file) == 0) file.commit();
}

void refuse_overwriting(const std::string& option, const std::filesystem::path& output,
                        const std::vector<std::filesystem::path>& inputs) {
  std::error_code ignored;
  for (const auto& input : inputs)
    if (std::filesystem::equivalent(output, input, ignored))
      throw Error(ErrorKind::Usage, option + " " + output.string() + " would overwrite an input");
}

}  // namespace actsparse
