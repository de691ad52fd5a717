#include "pipeline/picture.h"

namespace actsparse {

Picture::Picture(const Config& config, const std::filesystem::path& path,
                 const RunOptions& options) {
  if (path.empty() || !options.group.is_first()) return;
  path_ = path;
  check_output_path(config, path_, "--picture");
  outputs_.reserve(path_);
}

void Picture::write(const std::string& svg) {
  outputs_.create(path_).stream() << svg;
  outputs_.commit();
}

}  // namespace actsparse
