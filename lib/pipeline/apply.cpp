#include <spdlog/spdlog.h>

#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "model/load_model.h"
#include "pipeline/stages.h"
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
    if (!layer.mask)
      throw Error(ErrorKind::State,
                  layer_text(layer.site.layer) +
                      " has no mask yet; run 'actsparse step' on the state first");
}

void check_paths(const fs::path& masked_out, const fs::path& model, const fs::path& state) {
  std::error_code ignored;
  for (const auto* input : {&model, &state})
    if (fs::equivalent(masked_out, *input, ignored))
      throw Error(ErrorKind::Usage, "-o " + masked_out.string() + " would overwrite an input");
}

}  // namespace

Report apply(const fs::path& model_path, const fs::path& state_path, const fs::path& masked_out,
             const RunOptions& options, MaskForm form) {
  const Stopwatch stopwatch;
  check_paths(masked_out, model_path, state_path);
  Outputs outputs;
  outputs.reserve(masked_out);
  StateDict state = read_state(state_path);
  auto model = load_model(model_path, options.device);
  check_memory(0);
  Report report;
  try {
    check_model_digest(state, digest_of_file(model_path, ErrorKind::Model), model_path);
    check_stepped(state);
  } catch (const Error& error) {
    throw error.in(state_path.string());
  }
  ActivationSparsifier sparsifier(model, {}, {}, state.meta.method, state.meta.mode == "train");
  sparsifier.load_state_dict(state);
  report.timing.load_seconds = stopwatch.seconds();
  const auto masked = sparsifier.squash_mask();
  const MaskedFile file = {model_path, masked_out, options.device};
  const TrialBatch batch = {made_up_batch(state.meta.arguments), "random values"};
  report.verification =
      form == MaskForm::Weights
          ? write_folded(outputs, file, {masked, model, state}, batch, report.warnings)
          : write_masked(outputs, file, {masked, model, state}, batch);
  for (const auto& warning : report.warnings) spdlog::warn("{}", warning);
  outputs.commit();
  report.command = "apply";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, {});
  report.outputs = {{"model", masked_out.filename().string()}};
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

}  // namespace actsparse
