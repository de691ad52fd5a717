#include "data/file_patterns.h"

#include <glob.h>

#include <algorithm>

namespace actsparse {
namespace fs = std::filesystem;
namespace {

// The folder is no pattern, whatever characters it has.
std::string escaped(const std::string& folder) {
  std::string text;
  for (const char c : folder) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::vector<fs::path> matching_files(const fs::path& base, const std::string& pattern) {
  if (fs::exists(base / pattern)) return {base / pattern};
  const fs::path folder = escaped(base.string());
  glob_t found{};
  std::vector<fs::path> paths;
  if (::glob((folder / pattern).c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::sort(paths.begin(), paths.end());  // by bytes: the same in every locale
  return paths;
}

std::string written_name(const fs::path& base, const std::string& pattern, const fs::path& path) {
  return fs::path(pattern).is_absolute()
             ? path.string()
             : path.lexically_normal().lexically_relative(base.lexically_normal()).string();
}

}  // namespace actsparse
