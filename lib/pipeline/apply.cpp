#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "model/load_model.h"
#include "pipeline/prepared_job.h"
#include "pipeline/masked_model.h"
#include "pipeline/outputs.h"
#include "pipeline/small_model.h"
#include "sparsifier/made_up_batch.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

void check_model_digest(const StateDict& state, const std::string& digest, const fs::path& model) {
  if (state.meta.model_digest == digest) return;
  throw Error(ErrorKind::State, "the state was made with another model than " + model.string() +
                                    ": '" + state.meta.model + "', SHA-256 " +
                                    state.meta.model_digest.substr(0, 12) + "..., not " +
                                    digest.substr(0, 12) + "...; calibrate this model");
}

void check_stepped(const StateDict& state) {
  for (const auto& layer : state.layers)
    if (!layer.gate)
      throw Error(ErrorKind::State,
                  layer_text(layer.site.layer) +
                      " has no mask yet; run 'actsparse step' on the state first");
}

void check_paths(const fs::path& masked, const fs::path& small,
                 const std::vector<fs::path>& inputs) {
  refuse_overwriting("-o", masked, inputs);
  refuse_overwriting("--compact", small, inputs);
  const auto whole = [](const fs::path& path) {
    return (fs::current_path() / path).lexically_normal();
  };
  if (whole(masked) == whole(small))
    throw Error(ErrorKind::Usage, "-o and --compact are the same file");
}

}  // namespace

Report apply(const fs::path& model_path, const fs::path& state_path, const fs::path& masked_out,
             const RunOptions& options, MaskForm form, const fs::path& small_out) {
  const Stopwatch stopwatch;
  check_paths(masked_out, small_out, {model_path, state_path});
  Outputs outputs;
  outputs.reserve(masked_out);
  outputs.reserve(small_out);
  StateDict state = read_state(state_path);
  const StateMeta& meta = state.meta;
  const Session session{load_model(model_path, options.device), meta.method, meta.mode == "train",
                        options.device};
  check_memory(0);
  try {
    check_model_digest(state, digest_of_file(model_path, ErrorKind::Model), model_path);
    check_stepped(state);
  } catch (const Error& error) {
    throw error.in(state_path.string());
  }
  ActivationSparsifier sparsifier(session.model, {}, {}, session.method, session.training);
  sparsifier.load_state_dict(state);
  Report report;
  Warnings warnings;
  report.timing.load_seconds = stopwatch.seconds();
  const Squashed squashed{session, sparsifier.squash_mask(), state};
  const TrialBatch batch = {made_up_batch(meta.arguments), "random values"};
  report.verification =
      write_masked(outputs, {model_path, masked_out, form}, squashed, batch, warnings).verification;
  if (!small_out.empty())
    report.compact = write_small(outputs, {small_out, extra_files(model_path, state)},
                                 session.with(squashed.masked), batch.arguments, {})
                         .report;
  outputs.commit();
  report.command = "apply";
  report.origin = meta;
  report.layers = report_layers(state.layers, {});
  report.warnings = warnings.texts();
  report.outputs = {{"model", masked_out.filename().string()}};
  if (!small_out.empty()) report.outputs.emplace_back("compact", small_out.filename().string());
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const ApplyRequest& request, const RunOptions& options) {
  return apply(request.model, request.state, request.masked_out, options, request.form,
               request.small_out);
}

}  // namespace actsparse
