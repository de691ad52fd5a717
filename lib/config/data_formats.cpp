#include "config/data_formats.h"

#include <algorithm>

namespace actsparse {
namespace {

// The table: a line per format.
std::vector<DataFormat>& formats() {
  static std::vector<DataFormat> table = {
      {".npy"},
      {".npz", /*has_members=*/true},
      {".pt"},
  };
  return table;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

}  // namespace

const DataFormat* find_data_format(const std::string& extension) {
  for (const auto& format : formats())
    if (format.extension == extension) return &format;
  return nullptr;
}

std::string data_extensions() {
  std::vector<std::string> names;
  for (const auto& format : formats()) names.push_back(format.extension);
  return joined(names);
}

std::string member_extensions() {
  std::vector<std::string> names;
  for (const auto& format : formats())
    if (format.has_members) names.push_back(format.extension);
  return joined(names);
}

bool is_batch_file(const std::filesystem::path& path) { return path.extension() == ".pt"; }

void add_data_format(const DataFormat& format) { formats().push_back(format); }

void remove_data_format(const std::string& extension) {
  auto& all = formats();
  const auto is_it = [&](const DataFormat& format) { return format.extension == extension; };
  all.erase(std::remove_if(all.begin(), all.end(), is_it), all.end());
}

}  // namespace actsparse
