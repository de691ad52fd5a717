#include "functions/window_json.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace actsparse {
namespace {

using nlohmann::json;

// Larger ones are nobody's: what is computed of them must not overflow.
constexpr int64_t kLargest = 1 << 20;

bool is_between(const json& value, int64_t least) {
  return value.is_number_integer() && value >= least && value <= kLargest;
}

bool is_list(const json& value, size_t count, int64_t least) {
  return value.is_array() && value.size() == count &&
         std::all_of(value.begin(), value.end(),
                     [least](const json& size) { return is_between(size, least); });
}

// Each list of sizes with the least that it may hold.
const std::vector<std::pair<const char*, int64_t>>& lists() {
  static const std::vector<std::pair<const char*, int64_t>> all = {
      {"kernel", 1},         {"stride", 1},        {"dilation", 1},
      {"before", -kLargest}, {"after", -kLargest}, {"spread", 1}};
  return all;
}

}  // namespace

json to_json(const ReadChannels& read) {
  const Window& window = read.window;
  return {{"channels", read.channels}, {"groups", window.groups}, {"transposed", window.transposed},
          {"kernel", window.kernel},   {"stride", window.stride}, {"dilation", window.dilation},
          {"before", window.before},   {"after", window.after},   {"spread", window.spread}};
}

bool is_read_channels(const json& value) {
  constexpr size_t kSpatial = 3;
  if (!value.is_object() || value.size() != lists().size() + 3) return false;
  for (const char* key : {"channels", "groups"})
    if (!value.contains(key) || !is_between(value[key], 1)) return false;
  if (value["channels"].get<int64_t>() % value["groups"].get<int64_t>() != 0) return false;
  if (!value.contains("transposed") || !value["transposed"].is_boolean()) return false;
  const size_t count = value.contains("kernel") ? value["kernel"].size() : 0;
  return count <= kSpatial && std::all_of(lists().begin(), lists().end(), [&](const auto& list) {
           return value.contains(list.first) && is_list(value[list.first], count, list.second);
         });
}

ReadChannels read_channels_from_json(const json& value) {
  const auto sizes = [&](const char* key) { return value.at(key).get<std::vector<int64_t>>(); };
  return {value.at("channels"),
          {value.at("groups"), value.at("transposed"), sizes("kernel"), sizes("stride"),
           sizes("dilation"), sizes("before"), sizes("after"), sizes("spread")}};
}

}  // namespace actsparse
