#include "report/verification_report.h"

#include <spdlog/fmt/fmt.h>

#include "base/counted.h"
#include "report/json_fields.h"

namespace actsparse {
namespace {

OrderedJson folded_json(const FoldedLayers& folded) {
  return {{"layers", folded.layers},
          {"difference", folded.difference},
          {"tolerance", folded.tolerance}};
}

FoldedLayers read_folded(const OrderedJson& part) {
  return {part.at("layers").get<int64_t>(), part.at("difference").get<double>(),
          part.at("tolerance").get<double>()};
}

}  // namespace

OrderedJson to_json(const VerificationReport& verification) {
  OrderedJson part = {{"passed", true},
                      {"layers", verification.layers},
                      {"calls", verification.calls},
                      {"input", verification.input}};
  if (verification.folded) part["folded"] = folded_json(*verification.folded);
  return part;
}

void from_json(const OrderedJson& part, VerificationReport& verification) {
  part.at("layers").get_to(verification.layers);
  part.at("calls").get_to(verification.calls);
  part.at("input").get_to(verification.input);
  if (part.contains("folded")) verification.folded = read_folded(part.at("folded"));
}

Rows rows(const VerificationReport& verification) {
  Rows rows;
  if (verification.layers > 0 || !verification.folded)
    rows.push_back(line(fmt::format(
        "verified: {} {} input * mask bit for bit ({}, {}): the "
        "masks are right, the answers need not be",
        counted(verification.layers, "layer"), verification.layers == 1 ? "sees" : "see",
        counted(verification.calls, "call"), verification.input)));
  if (const auto& folded = verification.folded)
    rows.push_back(line(fmt::format(
        "verified: with {} masks in the weights the outputs differ by {:.1e} of the largest one, "
        "allowed {:.0e} ({})",
        folded->layers, folded->difference, folded->tolerance, verification.input)));
  return rows;
}

}  // namespace actsparse
