#include "config/messages.h"

#include "base/error.h"

namespace actsparse {
namespace {

using nlohmann::json;

constexpr size_t most_characters = 60;

// Bytes that are not UTF-8 are replaced, control characters escaped: a message is one line.
std::string dump(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= most_characters) return text;
  size_t end = most_characters;
  const auto inside_character = [&] { return (static_cast<unsigned char>(text[end]) >> 6) == 2; };
  while (end > 0 && inside_character()) --end;
  return text.substr(0, end) + "...";
}

// A key without the quotes of its JSON form.
std::string shown(const std::string& key) {
  const std::string text = dump(key);
  return text.substr(1, text.size() - (text.back() == '"' ? 2 : 1));
}

}  // namespace

std::string describe(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::boolean:
      return "the boolean " + dump(value);
    case json::value_t::string:
      return "the string " + dump(value);
    case json::value_t::array:
      return "the list " + dump(value);
    case json::value_t::object:
      return "the object " + dump(value);
    default:
      return "the number " + dump(value);
  }
}

std::string child_path(const std::string& path, const std::string& key) {
  return path.empty() ? shown(key) : path + "." + shown(key);
}

std::string child_path(const std::string& path, size_t index) {
  return child_path(path, std::to_string(index));
}

void reject(const std::string& label, const std::string& path, const std::string& found,
            const std::string& allowed, const std::string& hint) {
  const std::string place =
      (label.empty() ? "" : label + ": ") + (path.empty() ? "the top level" : path);
  throw Error(ErrorKind::Config, place + ": found " + found + ", allowed " + allowed + hint);
}

void reject_missing(const std::string& label, const MissingKeys& missing) {
  if (missing.size() == 1) reject(label, missing[0].first, "nothing", missing[0].second);
  std::string text = (label.empty() ? "" : label + ": ") + "keys are missing";
  for (size_t i = 0; i < missing.size(); ++i)
    text += (i == 0 ? ": " : "; ") + missing[i].first + ", allowed " + missing[i].second;
  throw Error(ErrorKind::Config, text);
}

}  // namespace actsparse
