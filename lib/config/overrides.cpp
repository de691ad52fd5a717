#include "config/overrides.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "config/json_reader.h"
#include "config/messages.h"
#include "config/move_paths.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t dot = path.find('.', begin);
    parts.push_back(path.substr(begin, dot - begin));
    if (dot == std::string::npos) return parts;
    begin = dot + 1;
  }
}

bool is_utf8(const std::string& text) {
  const auto text_dumped = json(text).dump(-1, ' ', false, json::error_handler_t::ignore);
  return text_dumped == json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

json parse_value(const Override& change, const std::string& label) {
  if (json::accept(change.value)) return read_json(change.value, label);
  if (!is_utf8(change.value)) reject(label, change.path, "text that is not UTF-8", "UTF-8");
  return change.value;
}

json& list_item(json& list, const std::string& part, const std::string& path,
                const std::string& label) {
  size_t index = 0;
  const char* end = part.data() + part.size();
  const auto parsed = std::from_chars(part.data(), end, index);
  if (parsed.ec == std::errc() && parsed.ptr == end && index < list.size()) return list[index];
  reject(label, child_path(path, part), "no such item",
         list.empty() ? "nothing: the list is empty"
                      : "an index from 0 to " + std::to_string(list.size() - 1));
}

json& child(json& parent, const std::string& part, const std::string& path,
            const std::string& label) {
  if (parent.is_array()) return list_item(parent, part, path, label);
  if (!parent.is_object())
    reject(label, path, describe(parent), "an object or a list, to set '" + part + "' in it");
  if (!parent.contains(part)) parent[part] = json::object();
  return parent[part];
}

void move_paths_below(const std::vector<std::string>& parts, json& value, const fs::path& from,
                      const fs::path& to) {
  if (!names_files(parts.front())) return;
  const auto is_index = [](const std::string& part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  auto key = parts.rbegin();
  while (key != parts.rend() && is_index(*key)) ++key;
  if (key == parts.rend()) return;
  json part = {{*key, key == parts.rbegin() ? value : json::array({value})}};
  move_paths(part, from, to);
  value = key == parts.rbegin() ? part[*key] : part[*key][0];
}

}  // namespace

Override parse_override(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ErrorKind::Usage, "--set " + text +
                                      ": allowed is PATH=VALUE, as in "
                                      "layers.0.sparse_config.sparsity_level=0.7");
  Override change{text.substr(0, equals), text.substr(equals + 1)};
  for (const auto& part : split(change.path))
    if (part.empty())
      throw Error(ErrorKind::Usage, "--set " + text + ": a part of the path is empty");
  return change;
}

void apply_override(json& json, const Override& change, const std::string& label,
                    const fs::path& from, const fs::path& to) {
  const std::string place = (label.empty() ? "" : label + ": ") + "--set";
  auto* target = &json;
  std::string path;
  const auto parts = split(change.path);
  if (parts.size() > most_json_levels)
    reject(place, "", "a path of " + std::to_string(parts.size()) + " parts",
           "at most " + std::to_string(most_json_levels));
  if (!is_utf8(change.path)) reject(place, "", "a path that is not UTF-8", "UTF-8");
  for (const auto& part : parts) {
    target = &child(*target, part, path, place);
    path = child_path(path, part);
  }
  *target = parse_value(change, place);
  move_paths_below(parts, *target, from, to);
}

}  // namespace actsparse
