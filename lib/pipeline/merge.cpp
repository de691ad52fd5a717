#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/evaluation_state.h"
#include "pipeline/outputs.h"
#include "pipeline/pipeline.h"
#include "pipeline/warnings.h"
#include "sparsifier/batch_runs.h"
#include "sparsifier/merge_states.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace fs = std::filesystem;

Report merge(const std::vector<fs::path>& states_in, const fs::path& state_out) {
  const Stopwatch stopwatch;
  refuse_overwriting("--state", state_out, states_in);
  Outputs outputs;
  outputs.reserve(state_out);
  std::vector<NamedState> states;
  for (const auto& path : states_in) states.push_back({path.string(), read_state(path)});
  Report report;
  Warnings warnings;
  report.timing.load_seconds = stopwatch.seconds();
  MergedState merged = merge_states(std::move(states));
  const StateMeta& meta = merged.state.meta;
  if (!merged.missing.empty())
    warnings.add("not merged yet: " + batches_text(merged.missing) + " of " +
                 std::to_string(meta.total_batches));
  else
    for (const auto& layer : leave_out_uncalled(merged.state))
      warnings.add(layer_text(layer.site.layer) +
                   (layer.empty_calls > 0 ? ": called with empty tensors only in all batches"
                                          : ": never called in any batch") +
                   "; left out");
  outputs.create(state_out).write([&](std::ostream& out) { write_state(merged.state, out); });
  outputs.commit();
  report.command = "merge";
  report.origin = meta;
  report.warnings = warnings.texts();
  report.layers = report_layers(merged.state.layers, {});
  report.outputs = {{"state", state_out.filename().string()}};
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const MergeRequest& request) {
  if (!request.states_in.empty() && is_evaluation_state(request.states_in.front()))
    return evaluation_answer(merge_evaluations(request.states_in, request.state_out));
  return merge(request.states_in, request.state_out);
}

}  // namespace actsparse
