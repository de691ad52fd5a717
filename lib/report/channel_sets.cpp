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
// Of each set why its classes stay, "" of one that can go.
using KeptClasses = std::map<int64_t, std::map<int64_t, std::string>>;

ClassSizes class_sizes(const LayerChannels& channels) {
  ClassSizes counts;
  for (size_t i = 0; i < channels.classes.size(); ++i)
    ++counts[channels.sets[i]][channels.classes[i]];
  return counts;
}

void note_kept(KeptClasses& kept, const LayerGroups& layer) {
  for (size_t i = 0; i < layer.kept.size(); ++i)
    kept[layer.channels->sets[i]].emplace(layer.channels->classes[i], layer.kept[i]);
}

std::vector<std::pair<int64_t, std::string>> causes_of(
    const std::map<int64_t, std::string>& classes) {
  std::map<std::string, int64_t> counts;
  for (const auto& entry : classes)
    if (!entry.second.empty()) ++counts[entry.second];
  std::vector<std::pair<int64_t, std::string>> causes;
  for (const auto& [cause, count] : counts) causes.emplace_back(count, cause);
  std::stable_sort(causes.begin(), causes.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  return causes;
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

std::string kept_text(const ChannelSet& set) {
  std::string text;
  for (const auto& [count, cause] : set.kept)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", count, cause);
  return text;
}

// The sets as they are found, layer by layer.
class Sets {
 public:
  void add(const std::string& layer, const LayerGroups& groups) {
    if (!groups.channels) {
      result_.warnings.push_back(groups.unknown + "; with \"align\" give it \"none\"");
      return;
    }
    note_kept(kept_, groups);
    for (const auto& [number, classes] : class_sizes(*groups.channels)) {
      add_reader(set_of(number), layer, classes);
      warn_of_large_class(result_, layer, classes);
    }
  }

  ChannelSets all() {
    for (const auto& [number, place] : places_) {
      ChannelSet& set = result_.sets[place];
      set.classes = static_cast<int64_t>(kept_[number].size());
      set.kept = causes_of(kept_[number]);
    }
    return std::move(result_);
  }

 private:
  ChannelSet& set_of(int64_t number) {
    const auto place = places_.emplace(number, result_.sets.size());
    if (place.second) result_.sets.emplace_back();
    return result_.sets[place.first->second];
  }

  static void add_reader(ChannelSet& set, const std::string& layer,
                         const std::map<int64_t, int64_t>& classes) {
    set.readers.push_back({layer, channels_in(classes)});
    for (const auto& entry : classes) set.largest = std::max(set.largest, entry.second);
  }

  ChannelSets result_;
  std::map<int64_t, size_t> places_;
  KeptClasses kept_;
};

}  // namespace

int64_t ChannelSet::removable() const {
  int64_t left = classes;
  for (const auto& [count, cause] : kept) left -= count;
  return left;
}

ChannelSets channel_sets(const std::vector<std::string>& layers,
                         const std::vector<LayerGroups>& groups) {
  Sets sets;
  for (size_t i = 0; i < layers.size(); ++i) sets.add(layers[i], groups[i]);
  return sets.all();
}

json to_json(const ChannelSets& sets) {
  json document = {{"version", 1}, {"command", "inspect"}, {"model", sets.model}};
  document["groups"] = json::array();
  for (const auto& set : sets.sets) {
    json readers = json::array();
    for (const auto& reader : set.readers)
      readers.push_back({{"layer", reader.layer}, {"channels", reader.channels}});
    json kept = json::array();
    for (const auto& [count, cause] : set.kept)
      kept.push_back({{"classes", count}, {"because", cause}});
    document["groups"].push_back({{"classes", set.classes},
                                  {"largest_class", set.largest},
                                  {"removable", set.removable()},
                                  {"kept", std::move(kept)},
                                  {"readers", std::move(readers)}});
  }
  document["warnings"] = sets.warnings;
  return document;
}

Rows rows(const ChannelSets& sets) {
  Table table{{{"group", "classes", "largest", "removable", "kept", "read by"}}, {0, 1, 2, 3}};
  for (size_t i = 0; i < sets.sets.size(); ++i) {
    const ChannelSet& set = sets.sets[i];
    table.rows.push_back({std::to_string(i + 1), std::to_string(set.classes),
                          std::to_string(set.largest), std::to_string(set.removable()),
                          kept_text(set), readers_text(set)});
  }
  Rows rows = {table};
  for (const auto& warning : sets.warnings) rows.push_back(line("warning: " + warning));
  return rows;
}

}  // namespace actsparse
