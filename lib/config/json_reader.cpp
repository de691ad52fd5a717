#include "config/json_reader.h"

#include <algorithm>
#include <cstdint>
#include <regex>
#include <set>
#include <vector>

#include "base/error.h"
#include "config/messages.h"

namespace actsparse {
namespace {

using nlohmann::json;

// Follows the parser to know where it is and which keys it has seen.
class Follower {
 public:
  explicit Follower(const std::string& label) : label_(label) {}

  void event(json::parse_event_t event, const json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        return enter(event == json::parse_event_t::array_start);
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        levels_.pop_back();
        return value_done();
      case json::parse_event_t::key:
        return key(parsed.get<std::string>());
      case json::parse_event_t::value:
        return value_done();
    }
  }

  std::string path() const {
    std::string path;
    for (const auto& level : levels_)
      path = level.is_list ? child_path(path, level.index) : child_path(path, level.key);
    return path;
  }

 private:
  struct Level {
    bool is_list = false;
    size_t index = 0;
    std::string key;
    std::set<std::string> seen;
  };

  void enter(bool is_list) {
    if (levels_.size() == most_json_levels)
      reject(label_, path(), "a value nested too deeply",
             "at most " + std::to_string(most_json_levels) + " levels");
    levels_.push_back({is_list, 0, {}, {}});
  }

  void key(const std::string& key) {
    levels_.back().key = key;
    if (!levels_.back().seen.insert(key).second)
      reject(label_, path(), "the key twice in one object", "it once");
  }

  void value_done() {
    if (!levels_.empty()) ++levels_.back().index;
  }

  const std::string& label_;
  std::vector<Level> levels_;
};

// nlohmann's words without its prefix: "[json.exception...] parse error at ...: WHERE - WHAT".
std::string cause(const std::string& what) {
  const auto dash = what.find(" - ");
  if (dash != std::string::npos) return what.substr(dash + 3);
  const auto bracket = what.find("] ");
  return bracket == std::string::npos ? what : what.substr(bracket + 2);
}

// "key: value" or "---" where JSON has its first bracket.
bool looks_like_yaml(const std::string& text) {
  static const std::regex start(R"(\s*(#[^\n]*\n\s*)*(---|["']?[A-Za-z_$][\w$]*["']?\s*:(\s|$)))");
  return std::regex_search(text.substr(0, 4096), start, std::regex_constants::match_continuous);
}

[[noreturn]] void reject_syntax(const std::string& text, const std::string& label,
                                const json::parse_error& error) {
  if (looks_like_yaml(text))
    reject(label, "line 1", "YAML", "JSON", "; 'yq -o json FILE.yaml' makes it of YAML");
  const size_t at = std::min(text.size(), error.byte > 0 ? error.byte - 1 : 0);
  const auto begin = text.begin(), end = begin + static_cast<std::ptrdiff_t>(at);
  const auto line = std::count(begin, end, '\n') + 1;
  const auto line_break = text.rfind('\n', at == 0 ? 0 : at - 1);
  const bool first_line = at == 0 || line_break == std::string::npos;
  const size_t column = first_line ? at + 1 : at - line_break;
  reject(label, "line " + std::to_string(line) + ", column " + std::to_string(column),
         "invalid JSON: " + (text.empty() ? "unexpected end of input" : cause(error.what())),
         "JSON (comments are fine, trailing commas are not)");
}

}  // namespace

json read_json(const std::string& text, const std::string& label) {
  Follower follower(label);
  const auto follow = [&](int, json::parse_event_t event, const json& parsed) {
    follower.event(event, parsed);
    return true;
  };
  try {
    return json::parse(text, follow, /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const json::parse_error& error) {
    reject_syntax(text, label, error);
  } catch (const json::out_of_range&) {
    reject(label, follower.path(), "a number too large to be stored",
           "a number of double precision");
  }
}

}  // namespace actsparse
