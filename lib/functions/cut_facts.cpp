#include "functions/cut_facts.h"

namespace actsparse {

using nlohmann::json;

ParameterRule dynamic_rule() { return optional("dynamic", "bool", false, true); }

ScoreFacts cut_at_threshold() {
  ScoreFacts facts;
  facts.ranks = false;
  facts.cut = [](const json& parameters) {
    return HistogramQuestion{false, parameters.at("threshold")};
  };
  return facts;
}

ScoreFacts cut_at_quantile() {
  ScoreFacts facts;
  facts.cut = [](const json& parameters) { return HistogramQuestion{true, parameters.at("q")}; };
  facts.sparsity = [](const json& parameters) -> std::optional<double> {
    const bool is_known = parameters.contains("q") && parameters.at("q").is_number();
    if (!is_known || parameters.value("dynamic", json()) != true) return std::nullopt;
    return parameters.at("q").get<double>();
  };
  return facts;
}

}  // namespace actsparse
