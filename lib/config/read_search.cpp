// `search`: what is tried, and what must come of it.
#include <algorithm>

#include "base/nearest.h"
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

const Names remaining = {"macs", "parameters", "time"};

std::vector<double> read_levels(const JsonNode& node) {
  std::vector<double> levels;
  for (const auto& item : node.filled_list("a list with at least one sparsity level")) {
    const double level = item.number();
    if (level <= 0 || level > 1) item.fail("a share: 0 < level <= 1");
    levels.push_back(level);
  }
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

double read_share(const JsonNode& node) {
  const double share = node.number();
  if (share <= 0 || share > 1) node.fail("a share of the unmasked model's: above 0, at most 1");
  return share;
}

void read_budget(const JsonNode& node, SearchConfig& search) {
  node.expect_object("an object of what may remain (" + quoted_list(remaining) +
                     ") and of what must hold (bounds by metric)");
  for (const auto& [name, bound] : node.json().items()) {
    const JsonNode item = *node.find(name);
    if (std::count(remaining.begin(), remaining.end(), name) != 0)
      search.remains.emplace_back(name, read_share(item));
    else if (bound.is_number())
      item.fail_found("a number for '" + name + "'",
                      "a share for one of " + quoted_list(remaining) +
                          ", or bounds for a metric ({\"min\": 0.98})");
    else
      search.holds.push_back(read_gate(item, name));
  }
  if (search.remains.empty() && search.holds.empty())
    node.fail_found("nothing", "at least one bound, e.g. {\"macs\": 0.5}");
}

void check_search_labels(const JsonNode& node, const SearchConfig& search) {
  if (search.labels) return;
  const auto check = [&](const std::string& metric, const std::string& path) {
    const auto* built_in = find_built_in_metric(metric);
    if (built_in != nullptr && built_in->needs_labels)
      reject(node.source().label, path, "'" + metric + "' but no labels",
             "it only with labels: add " + child_path(node.path(), "labels"));
  };
  check(search.metric, child_path(node.path(), "metric"));
  for (const auto& gate : search.holds) check(gate.metric, gate.path);
}

}  // namespace

const Fields<SearchConfig>& search_fields() {
  using Search = SearchConfig;
  static const Fields<Search> fields = {
      {"budget", read_budget},
      {"levels", [](const JsonNode& node, Search& search) { search.levels = read_levels(node); }},
      {"metric",
       [](const JsonNode& node, Search& search) { search.metric = node.text("a metric"); }},
      {"data", [](const JsonNode& node, Search& search) { search.data = read_data(node); }},
      {"labels", [](const JsonNode& node, Search& search) { search.labels = read_labels(node); }},
  };
  return fields;
}

SearchConfig read_search(const JsonNode& node) {
  SearchConfig search;
  read_fields(node, search_fields(), search);
  check_search_labels(node, search);
  return search;
}

}  // namespace actsparse
