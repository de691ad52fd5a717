#include "report/channel_sets.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>

#include "base/error.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

// The channels of one layer, by set and class.
using ClassSizes = std::map<int64_t, std::map<int64_t, int64_t>>;

ClassSizes class_sizes(const LayerChannels& channels) {
  ClassSizes counts;
  for (size_t i = 0; i < channels.classes.size(); ++i)
    ++counts[channels.sets[i]][channels.classes[i]];
  return counts;
}

int64_t channels_in(const std::map<int64_t, int64_t>& classes) {
  int64_t sum = 0;
  for (const auto& entry : classes) sum += entry.second;
  return sum;
}

// Where one class is most of a set there is little to choose.
void warn_of_large_class(ChannelSets& sets, const std::string& layer,
                         const std::map<int64_t, int64_t>& classes) {
  for (const auto& entry : classes)
    if (classes.size() > 1 && 2 * entry.second > channels_in(classes))
      sets.warnings.push_back(fmt::format(
          "{}: {} of {} channels can only go together, so that masks have little choice there",
          layer_text(layer), entry.second, channels_in(classes)));
}

std::string readers_text(const ChannelSet& set) {
  std::string text;
  for (const auto& reader : set.readers)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ",
                        reader.layer.empty() ? "(root)" : reader.layer, reader.channels);
  return text;
}

}  // namespace

ChannelSets channel_sets(const std::vector<std::string>& layers,
                         const std::vector<LayerChannels>& groups) {
  ChannelSets result;
  std::map<int64_t, size_t> places;
  std::map<int64_t, std::map<int64_t, int64_t>> all;  // by set: its classes
  for (size_t i = 0; i < layers.size(); ++i)
    for (const auto& [number, classes] : class_sizes(groups[i])) {
      const auto place = places.emplace(number, result.sets.size());
      if (place.second) result.sets.emplace_back();
      ChannelSet& set = result.sets[place.first->second];
      set.readers.push_back({layers[i], channels_in(classes)});
      for (const auto& [one, count] : classes) {
        all[number][one] = count;
        set.largest = std::max(set.largest, count);
      }
      set.classes = static_cast<int64_t>(all[number].size());
      warn_of_large_class(result, layers[i], classes);
    }
  return result;
}

json to_json(const ChannelSets& sets) {
  json document = {{"version", 1}, {"command", "inspect"}, {"model", sets.model}};
  document["groups"] = json::array();
  for (const auto& set : sets.sets) {
    json readers = json::array();
    for (const auto& reader : set.readers)
      readers.push_back({{"layer", reader.layer}, {"channels", reader.channels}});
    document["groups"].push_back({{"classes", set.classes},
                                  {"largest_class", set.largest},
                                  {"readers", std::move(readers)}});
  }
  document["warnings"] = sets.warnings;
  return document;
}

Rows rows(const ChannelSets& sets) {
  Table table{{{"group", "classes", "largest", "read by"}}, {0, 1, 2}};
  for (size_t i = 0; i < sets.sets.size(); ++i)
    table.rows.push_back({std::to_string(i + 1), std::to_string(sets.sets[i].classes),
                          std::to_string(sets.sets[i].largest), readers_text(sets.sets[i])});
  Rows rows = {table};
  for (const auto& warning : sets.warnings) rows.push_back(line("warning: " + warning));
  return rows;
}

}  // namespace actsparse
