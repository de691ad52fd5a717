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

void check_paths(const std::vector<std::pair<std::string, fs::path>>& outputs,
                 const std::vector<fs::path>& inputs) {
  std::error_code ignored;
  for (const auto& [option, output] : outputs)
    for (const auto& input : inputs)
      if (fs::equivalent(output, input, ignored))
        throw Error(ErrorKind::Usage, option + " " + output.string() + " would overwrite an input");
  const auto whole = [](const fs::path& path) {
    return (fs::current_path() / path).lexically_normal();
  };
  if (whole(outputs.at(0).second) == whole(outputs.at(1).second))
    throw Error(ErrorKind::Usage, "-o and --compact are the same file");
}

}  // namespace

Report apply(const fs::path& model_path, const fs::path& state_path, const fs::path& masked_out,
             const RunOptions& options, MaskForm form, const fs::path& small_out) {
  const Stopwatch stopwatch;
  check_paths({{"-o", masked_out}, {"--compact", small_out}}, {model_path, state_path});
  Outputs outputs;
  outputs.reserve(masked_out);
  outputs.reserve(small_out);
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
  if (!small_out.empty())
    report.compact =
        write_small(outputs, {small_out, options.device, extra_files(model_path, state)}, masked,
                    state.meta.method, batch.arguments, {});
  for (const auto& warning : report.warnings) spdlog::warn("{}", warning);
  outputs.commit();
  report.command = "apply";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, {});
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
