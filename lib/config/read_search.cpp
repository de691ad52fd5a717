// `search`: what is tried, and what must come of it.
#include <algorithm>

#include "base/nearest.h"
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

Value<double> share(const std::string& allowed) {
  NumberRange range;
  range.above = 0;
  range.most = 1;
  range.allowed = allowed;
  return number(range);
}

// Rising, each once.
Value<std::vector<double>> levels() {
  auto list = list_of(share("a share: 0 < level <= 1"), "list of numbers > 0, <= 1",
                      "a list with at least one sparsity level");
  list.read = [read = list.read](const JsonNode& node) {
    auto levels = read(node);
    std::sort(levels.begin(), levels.end());
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    return levels;
  };
  return list;
}

Value<double> remaining_share() {
  return share("a share of the unmasked model's: above 0, at most 1");
}

void read_budget(const JsonNode& node, SearchConfig& search) {
  const Names remaining = keys_of(budget_properties());
  node.expect_object("an object of what may remain (" + quoted_list(remaining) +
                     ") and of what must hold (bounds by metric)");
  for (const auto& [name, bound] : node.json().items()) {
    const JsonNode item = *node.find(name);
    if (std::count(remaining.begin(), remaining.end(), name) != 0)
      search.remains.emplace_back(name, remaining_share().read(item));
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

const Properties& budget_properties() {
  const auto remains = [](const std::string& key, const std::string& what) {
    return Property{key, remaining_share(), "the share of " + what + " that may remain", {}};
  };
  static const Properties properties = {
      remains("macs", "multiply-accumulates"),
      remains("parameters", "parameters"),
      remains("time", "the time of a call (see below)"),
  };
  return properties;
}

const Object<SearchConfig>& search_object() {
  using Search = SearchConfig;
  static const Object<Search> object = {
      "search",
      "what `sensitivity` tries, and under which bounds `search` looks for a model",
      {field<Search>("budget", read_budget, {reference_to("budget"), "object"},
                     "what may remain and, by metric of [`evaluate`](#evaluate), what must hold, "
                     "below. If all of it is about quality, as few multiply-accumulates as that "
                     "allows are kept",
                     otherwise("none; `search` needs it")),
       field("levels", &Search::levels, levels(),
             "values of `sparse_config.sparsity_level` at which each group of layers is tried"),
       field("metric", &Search::metric, text("string", "a metric"),
             "what a mask costs is measured by: a metric of [`evaluate`](#evaluate)",
             otherwise("`kl` where the answers are classes, else `relative_error`")),
       field("data", &Search::data, data_value(),
             "what it is measured on, with the keys of the top level's [`data`](#data). `search` "
             "chooses by every second batch and checks what it found on the others, which no "
             "choice has seen. By default the batches that `repair` holds out serve for both (all, "
             "if nothing is repaired), and a warning says so",
             otherwise("the calibration data")),
       field("labels", &Search::labels,
             value<LabelsConfig>({reference_to("labels"), "object"}, read_labels),
             "the right classes of that data, as [`evaluate.labels`](#evaluate); for metrics that "
             "need them",
             otherwise("none"))}};
  return object;
}

SearchConfig read_search(const JsonNode& node) {
  SearchConfig search;
  read_object(node, search_object(), search);
  check_search_labels(node, search);
  return search;
}

}  // namespace actsparse
