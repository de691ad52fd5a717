#include "config/data_formats.h"

#include <algorithm>
#include <iterator>

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

std::vector<std::string> extensions(const std::vector<DataFormat>& some) {
  std::vector<std::string> names;
  for (const auto& format : some) names.push_back(format.extension);
  return names;
}

std::vector<DataFormat> formats_with_members() {
  std::vector<DataFormat> some;
  std::copy_if(formats().begin(), formats().end(), std::back_inserter(some),
               [](const DataFormat& format) { return format.has_members; });
  return some;
}

// "\\.(npy|pt)$"
std::string pattern_of(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : "|") + name.substr(1);
  return "\\.(" + text + ")$";
}

}  // namespace

const DataFormat* find_data_format(const std::string& extension) {
  for (const auto& format : formats())
    if (format.extension == extension) return &format;
  return nullptr;
}

std::string data_extensions() { return joined(extensions(formats())); }

std::string member_extensions() { return joined(extensions(formats_with_members())); }

std::string data_file_pattern() { return pattern_of(extensions(formats())); }

std::string member_file_pattern() { return pattern_of(extensions(formats_with_members())); }

bool is_batch_file(const std::filesystem::path& path) { return path.extension() == ".pt"; }

void add_data_format(const DataFormat& format) { formats().push_back(format); }

void remove_data_format(const std::string& extension) {
  auto& all = formats();
  const auto is_it = [&](const DataFormat& format) { return format.extension == extension; };
  all.erase(std::remove_if(all.begin(), all.end(), is_it), all.end());
}

}  // namespace actsparse
