#include "data/npz.h"

#include <string_view>
#include <vector>

#include "base/nearest.h"
#include "data/npy.h"
#include "data/zip.h"

namespace actsparse {
namespace {

constexpr std::string_view suffix = ".npy";

bool is_array(const std::string& name) {
  return name.size() > suffix.size() &&
         name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

const ZipEntry& find_array(const ZipArchive& archive, const std::string& label,
                           const std::string& member) {
  std::vector<std::string> names;
  const ZipEntry* only = nullptr;
  for (const auto& entry : archive.entries()) {
    if (!is_array(entry.name)) continue;
    const std::string name = entry.name.substr(0, entry.name.size() - suffix.size());
    if (!member.empty() && (member == name || member == entry.name)) return entry;
    names.push_back(name);
    only = &entry;
  }
  if (names.empty())
    throw Error(ErrorKind::Data, label + ": holds no array; write it with numpy.savez");
  if (member.empty() && names.size() == 1) return *only;
  const std::string found = "it holds " + quoted_list(names);
  if (member.empty())
    throw Error(ErrorKind::Data,
                label + ": holds several arrays; name one as \"member\": " + found);
  throw Error(ErrorKind::Data,
              label + ": has no array '" + member + "': " + found + did_you_mean(member, names));
}

}  // namespace

std::unique_ptr<SampleReader> open_npz(const std::filesystem::path& path,
                                       const std::string& member) {
  const ZipArchive archive(path, ErrorKind::Data);
  return open_npy(archive.open(find_array(archive, path.string(), member)));
}

}  // namespace actsparse
