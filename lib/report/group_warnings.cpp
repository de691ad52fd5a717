#include "report/group_warnings.h"

#include <spdlog/fmt/fmt.h>

#include <cctype>
#include <map>

namespace actsparse {
namespace {

// A quote opens a name only behind a space or a bracket: "the layer's" has none.
bool opens(const std::string& text, size_t at) {
  return at == 0 || text[at - 1] == ' ' || text[at - 1] == '(';
}

std::string kind_of(const std::string& text) {
  std::string kind;
  for (size_t at = 0; at < text.size(); ++at) {
    const size_t end =
        text[at] == '\'' && opens(text, at) ? text.find('\'', at + 1) : std::string::npos;
    if (end != std::string::npos)
      at = end;
    else if (std::isdigit(static_cast<unsigned char>(text[at])) == 0)
      kind += text[at];
  }
  return kind;
}

struct Group {
  std::string first;
  int64_t more = 0;
};

}  // namespace

std::vector<std::string> group_warnings(const std::vector<std::string>& warnings) {
  std::vector<Group> groups;
  std::map<std::string, size_t> known;
  for (const auto& warning : warnings) {
    const auto [at, is_new] = known.emplace(kind_of(warning), groups.size());
    if (is_new)
      groups.push_back({warning});
    else
      ++groups[at->second].more;
  }
  std::vector<std::string> texts;
  for (const auto& group : groups)
    texts.push_back(group.more == 0 ? group.first
                                    : fmt::format("{} (and {} more like it: the report has each)",
                                                  group.first, group.more));
  return texts;
}

}  // namespace actsparse
