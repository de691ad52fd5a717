#include "page/headline.h"
#include "page/html.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

// A list of names and values; values that are empty are left out.
class FactList {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!value.empty())
      rows_ += element("dt", escaped(name)) + element("dd", escaped(value)) + "\n";
  }
  std::string html() const { return rows_.empty() ? "" : element("dl", "\n" + rows_) + "\n"; }

 private:
  std::string rows_;
};

std::string model_text(const ReportJson& report) {
  const ReportJson& model = part(provenance_part(report), {"model"});
  if (model.is_string()) return model.get<std::string>();
  std::string path = text(model, {"path"});
  const std::string method = text(model, {"method"}), mode = text(model, {"mode"});
  if (!method.empty() && method != "forward") path += ", method " + method;
  if (!mode.empty() && mode != "eval") path += ", mode " + mode;
  return path;
}

std::string amount_text(const ReportJson& counts) {
  const auto batches = number(counts, {"batches"}), samples = number(counts, {"samples"});
  if (!batches || !samples) return "";
  return count_text(samples) + " samples in " + count_text(batches) + " batches";
}

std::string precision_text(const ReportJson& precision) {
  std::string words = text(precision, {"ran"});
  if (const auto reason = text(precision, {"reason"}); !reason.empty()) words += ": " + reason;
  return words;
}

std::string verification_text(const ReportJson& verification) {
  const auto layers = number(verification, {"layers"});
  if (!layers) return "";
  return count_text(layers) + " layers see input * mask bit for bit (" +
         text(verification, {"input"}) + ")";
}

std::string equality_text(const ReportJson& equality) {
  const ReportJson& inputs = list(equality, {"inputs"});
  if (inputs.empty()) return "";
  return "the small model gives what the masked one gives, on " +
         count_text(static_cast<double>(inputs.size())) + " sizes of input";
}

std::string outputs_text(const ReportJson& report) {
  std::string names;
  for (const auto& [key, name] : part(report, {"outputs"}).items())
    if (name.is_string()) names += (names.empty() ? "" : ", ") + name.get<std::string>();
  return names;
}

std::string budget_text(const ReportJson& report) {
  std::string words;
  for (const auto& [what, share] : part(report, {"budget"}).items())
    if (what != "holds" && share.is_number())
      words += (words.empty() ? "" : ", ") + what + " at most " + percent_text(number(share));
  for (const auto& bound : texts(report, {"budget", "holds"}))
    words += (words.empty() ? "" : ", ") + bound;
  const ReportJson& met = part(report, {"met"});
  if (!met.is_boolean()) return words;
  return words + (met.get<bool>() ? ": met" : ": NOT met, " + text(report, {"unmet"}));
}

std::string functions_text(const ReportJson& provenance) {
  std::string names;
  for (const auto& file : list(provenance, {"functions"}))
    names += (names.empty() ? "" : ", ") + text(file, {"file"}) + " " + text(file, {"sha256"});
  return names;
}

}  // namespace

std::string headline_tiles(const ReportJson& report) {
  constexpr size_t kMost = 6;
  std::string tiles;
  size_t count = 0;
  for (const auto& figure : headline_figures(report))
    if (count++ < kMost)
      tiles += element("div", element("b", escaped(figure.text)) + " " +
                                  element("span", escaped(figure.name))) +
               "\n";
  return tiles.empty() ? "" : element("div", "\n" + tiles, "class=\"tiles\"") + "\n";
}

std::string facts_of(const ReportJson& report) {
  FactList facts;
  facts.add("command", text(report, {"command"}));
  facts.add("model", model_text(report));
  facts.add("calibrated on", amount_text(part(provenance_part(report), {"data"})));
  facts.add("judged on", [&] {
    const std::string amount = amount_text(evaluation_part(report));
    const std::string data = text(evaluation_part(report), {"data", "of"});
    return amount.empty() || data.empty() ? amount : amount + " (" + data + ")";
  }());
  facts.add("budget", budget_text(report));
  facts.add("precision", precision_text(part(report, {"precision"})));
  facts.add("verified", verification_text(part(report, {"verification"})));
  facts.add("proved", equality_text(part(compact_part(report), {"equality"})));
  facts.add("outputs", outputs_text(report));
  if (const auto seconds = number(report, {"timing", "total_seconds"}))
    facts.add("took", seconds_text(seconds));
  return facts.html();
}

std::string provenance_of(const ReportJson& report) {
  const ReportJson& provenance = provenance_part(report);
  FactList facts;
  facts.add("actsparse", text(provenance, {"tool_version"}));
  facts.add("LibTorch", text(provenance, {"libtorch_version"}));
  facts.add("model, SHA-256", text(provenance, {"model", "sha256"}));
  facts.add("data, SHA-256", text(provenance, {"data", "sha256"}));
  facts.add("config, SHA-256", text(provenance, {"config", "sha256"}));
  facts.add("config of the step, SHA-256", text(provenance, {"config", "step_sha256"}));
  facts.add("evaluation data, SHA-256", text(evaluation_part(report), {"data", "sha256"}));
  facts.add("functions", functions_text(provenance));
  return facts.html();
}

}  // namespace actsparse
