#include "report/dry_run_report.h"

#include <spdlog/fmt/fmt.h>

#include "base/memory.h"
#include "report/json_fields.h"

namespace actsparse {

OrderedJson to_json(const DryRun& dry_run) {
  return {{"batches", dry_run.batches},
          {"samples", dry_run.samples},
          {"estimated_seconds", dry_run.estimated_seconds},
          {"aggregate_bytes", dry_run.aggregate_bytes},
          {"repair_bytes", dry_run.repair_bytes},
          {"model_bytes", dry_run.model_bytes},
          {"state_bytes", dry_run.state_bytes},
          {"small_bytes", dry_run.small_bytes}};
}

void from_json(const OrderedJson& part, DryRun& dry_run) {
  part.at("batches").get_to(dry_run.batches);
  part.at("samples").get_to(dry_run.samples);
  part.at("estimated_seconds").get_to(dry_run.estimated_seconds);
  part.at("aggregate_bytes").get_to(dry_run.aggregate_bytes);
  dry_run.repair_bytes = part.value("repair_bytes", int64_t{0});
  part.at("model_bytes").get_to(dry_run.model_bytes);
  part.at("state_bytes").get_to(dry_run.state_bytes);
  part.at("small_bytes").get_to(dry_run.small_bytes);
}

Rows rows(const DryRun& dry_run) {
  Rows rows = {
      line(fmt::format("dry run: all {} batches would take about {:.1f} s; nothing was written",
                       dry_run.batches, dry_run.estimated_seconds)),
      line(fmt::format("aggregates {} in memory; masked model {}, state {} on disk",
                       bytes_text(dry_run.aggregate_bytes), bytes_text(dry_run.model_bytes),
                       bytes_text(dry_run.state_bytes)))};
  if (dry_run.small_bytes > 0)
    rows.push_back(line("small model " + bytes_text(dry_run.small_bytes) + " on disk"));
  if (dry_run.repair_bytes > 0)
    rows.push_back(line("repair " + bytes_text(dry_run.repair_bytes) + " in memory"));
  return rows;
}

}  // namespace actsparse
