#include "report/precision_report.h"

#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "report/json_fields.h"

namespace actsparse {

OrderedJson to_json(const PrecisionReport& precision) {
  const auto& difference = precision.max_difference;  // JSON has no infinity: null
  return {{"requested", precision.requested},
          {"ran", precision.ran},
          {"max_difference", value_or_null(difference)},
          {"layer", difference ? OrderedJson(precision.layer) : OrderedJson(nullptr)},
          {"reason", text_or_null(precision.reason)}};
}

void from_json(const OrderedJson& part, PrecisionReport& precision) {
  part.at("requested").get_to(precision.requested);
  part.at("ran").get_to(precision.ran);
  precision.max_difference = optional_at<double>(part, "max_difference");
  precision.layer = text_at(part, "layer");
  precision.reason = text_at(part, "reason");
}

Rows rows(const PrecisionReport& precision) {
  if (precision.requested == "exact") return {};
  std::string text = "precision: " + precision.ran;
  if (!precision.reason.empty()) text += " (" + precision.reason + ")";
  if (precision.reason.empty() && precision.max_difference)
    text += fmt::format("; the first batch's statistics differ by up to {:.2g} ({})",
                        *precision.max_difference, layer_text(precision.layer));
  return {line(text)};
}

}  // namespace actsparse
