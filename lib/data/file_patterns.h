#pragma once
// Files by glob, as configs name them.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace actsparse {

/// A file by the name that reports and digests show (no path of a machine in it), and by its path.
using NamedFile = std::pair<std::string, std::filesystem::path>;

/// The files below `base` that match `pattern` (glob(7)), or the one of that very name; in the
/// order of their bytes.
std::vector<std::filesystem::path> matching_files(const std::filesystem::path& base,
                                                  const std::string& pattern);

/// `path` relative to `base`, or whole if `pattern`, which found it, is absolute.
std::string written_name(const std::filesystem::path& base, const std::string& pattern,
                         const std::filesystem::path& path);

}  // namespace actsparse
