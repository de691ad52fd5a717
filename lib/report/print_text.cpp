#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/memory.h"
#include "report/report.h"
#include "report/table.h"

namespace actsparse {
namespace {

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::vector<std::string> layer_row(const LayerReport& layer) {
  std::vector<std::string> row = {layer.name.empty() ? "(root)" : layer.name, layer.type,
                                  std::to_string(layer.calls)};
  if (layer.mask) {
    row.push_back(layer.has_features ? fmt::format("{} features", layer.mask->shapes.size())
                                     : shape_text(layer.mask->shapes.at(0)));
    row.push_back(fmt::format("{}/{}", layer.mask->kept, layer.mask->total));
    row.push_back(layer.requested ? percent(*layer.requested) : "-");
    row.push_back(percent(layer.mask->sparsity()));
  } else {
    row.insert(row.end(), {"-", "-", layer.requested ? percent(*layer.requested) : "-", "-"});
  }
  return row;
}

void print_warnings(const Report& report, std::ostream& out) {
  for (const auto& layer : report.layers)
    for (const auto& warning : layer.warnings)
      out << "warning: " << layer_text(layer.name) << ": " << warning << '\n';
  for (const auto& warning : report.warnings) out << "warning: " << warning << '\n';
}

void print_dry_run(const DryRun& dry_run, std::ostream& out) {
  out << fmt::format("dry run: all {} batches would take about {:.1f} s; nothing was written\n",
                     dry_run.batches, dry_run.estimated_seconds)
      << fmt::format("aggregates {} in memory; masked model {}, state {} on disk\n",
                     bytes_text(dry_run.aggregate_bytes), bytes_text(dry_run.model_bytes),
                     bytes_text(dry_run.state_bytes));
  if (dry_run.small_bytes > 0)
    out << fmt::format("small model {} on disk\n", bytes_text(dry_run.small_bytes));
}

void print_precision(const PrecisionReport& precision, std::ostream& out) {
  if (precision.requested == "exact") return;
  out << "precision: " << precision.ran;
  if (!precision.reason.empty()) out << " (" << precision.reason << ")";
  if (precision.reason.empty() && precision.max_difference)
    out << fmt::format("; the first batch's statistics differ by up to {:.2g} ({})",
                       *precision.max_difference, layer_text(precision.layer));
  out << '\n';
}

std::string or_unknown(const std::string& digest) { return digest.empty() ? "unknown" : digest; }

}  // namespace

void print_text(const Provenance& origin, std::ostream& out) {
  out << fmt::format("made by actsparse {} with LibTorch {}\n", origin.tool_version,
                     origin.libtorch_version)
      << fmt::format("model   {}  {}, method {}, mode {}\n", or_unknown(origin.model_digest),
                     origin.model, origin.method, origin.mode)
      << fmt::format("data    {}  {} batches, {} samples\n", or_unknown(origin.data_digest),
                     origin.batches, origin.samples)
      << fmt::format("config  {}\n", or_unknown(origin.config_digest));
  if (!origin.step_config_digest.empty())
    out << fmt::format("step    {}  the config of the step\n", origin.step_config_digest);
  for (const auto& source : origin.functions)
    out << fmt::format("code    {}  {}\n", source.digest, source.label);
}

void print_text(const Report& report, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {
      {"layer", "type", "calls", "mask", "kept", "asked", "sparsity"}};
  for (const auto& layer : report.layers) rows.push_back(layer_row(layer));
  print_table(rows, {2, 4, 5, 6}, out);
  print_warnings(report, out);
  if (report.timing.total_seconds > 0)
    out << fmt::format("{} batches, {} samples; loop {:.2f} s, total {:.2f} s\n",
                       report.origin.batches, report.origin.samples,
                       report.timing.calibrate_seconds, report.timing.total_seconds);
  if (report.precision) print_precision(*report.precision, out);
  if (report.dry_run) print_dry_run(*report.dry_run, out);
  if (report.verification)
    out << fmt::format("verified: {} layers see input * mask bit for bit ({} calls, {})\n",
                       report.verification->layers, report.verification->calls,
                       report.verification->input);
  if (report.compact) print_text(*report.compact, out << '\n');
}

}  // namespace actsparse
