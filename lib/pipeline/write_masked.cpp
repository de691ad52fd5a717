#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/heap.h"
#include "compact/compare.h"
#include "compact/mask_weights.h"
#include "model/load_model.h"
#include "model/own_types.h"
#include "model/run_method.h"
#include "pipeline/stages.h"
#include "sparsifier/mask_buffer.h"

namespace actsparse {
namespace {

constexpr double kFoldedTolerance = 1e-5;  // relative: factors other than 0 and 1 round otherwise

// The first samples of the batch, another number of them than it has; empty if that is impossible.
std::vector<c10::IValue> smaller_batch(const std::vector<c10::IValue>& batch) {
  const int64_t size = batch_size_of(describe(batch));
  if (size < 2) return {};
  std::vector<c10::IValue> smaller;
  for (const auto& argument : batch) {
    const bool is_batched =
        argument.isTensor() && argument.toTensor().dim() > 0 && argument.toTensor().size(0) == size;
    smaller.push_back(is_batched ? argument.toTensor().narrow(0, 0, size > 2 ? 2 : 1) : argument);
  }
  return smaller;
}

std::vector<MaskSite> mask_sites(const StateDict& state) {
  std::vector<MaskSite> sites;
  for (const auto& layer : state.layers)
    if (auto site = mask_site(layer)) sites.push_back(std::move(*site));
  return sites;
}

// Opposite ends: what is written, and what it must equal.
void check_equal(const torch::jit::Module& folded, const Squashed& squashed,
                 const TrialBatch& batch) {
  const auto difference =
      compare_outputs(squashed.masked, folded, squashed.state.meta.method, batch.arguments);
  if (difference.relative <= kFoldedTolerance) return;
  throw Error(ErrorKind::Check,
              fmt::format("with the masks in the weights the outputs differ by {:.2g}; does other "
                          "code of the model read the weight of a masked layer? Leave out --fold",
                          difference.relative));
}

bool runs(const torch::jit::Module& model, const StateDict& state,
          const std::vector<c10::IValue>& batch) {
  try {
    auto copy = clone_with_own_types(model, {});
    copy.train(state.meta.mode == "train");
    run_method(copy, state.meta.method, batch);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

VerificationReport verify_masked(const Squashed& squashed, const TrialBatch& batch) {
  const auto& [masked, unmasked, state] = squashed;
  const auto sites = mask_sites(state);
  const auto verify = [&, &masked = masked, &state = state](const auto& arguments) {
    return verify_masks(masked, state.meta.method, state.meta.mode == "train", sites, arguments);
  };
  const auto result = verify(batch.arguments);
  const auto smaller = smaller_batch(batch.arguments);
  try {
    if (!smaller.empty()) verify(smaller);
  } catch (const Error& error) {
    if (runs(unmasked, state, smaller))
      throw Error(ErrorKind::Function,
                  "a mask holds the batch's size in one of its dimensions: at another batch size "
                  "the model runs, but the masked model does not; reduce over that dimension")
          .with_details(error.what());
  }
  return {result.layers, result.calls, batch.name};
}

ExtraFiles extra_files(const std::filesystem::path& model, const StateDict& state) {
  ExtraFiles files = read_extra_files(model);
  add_provenance(files, state.meta);
  return files;
}

VerificationReport write_masked(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
                                const TrialBatch& batch) {
  AtomicFile& written = outputs.create(file.to);
  written.write([&](std::ostream& out) {
    write_model(squashed.masked, out, extra_files(file.from, squashed.state));
  });
  written.close();
  release_freed_memory();
  return verify_masked(
      {load_model(written.temporary(), file.device), squashed.unmasked, squashed.state}, batch);
}

VerificationReport write_folded(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
                                const TrialBatch& batch, std::vector<std::string>& warnings) {
  const auto& meta = squashed.state.meta;
  const auto sites = mask_sites(squashed.state);
  const MaskedWeights weights = mask_weights(squashed.unmasked, meta.method, sites);
  for (const auto& [layer, reason] : weights.reasons)
    warnings.push_back(layer_text(layer) + " keeps its multiplication: " + reason);
  AtomicFile& written = outputs.create(file.to);
  written.write([&](std::ostream& out) {
    write_model(apply_masks(weights.module, meta.method, weights.left), out,
                extra_files(file.from, squashed.state));
  });
  written.close();
  const auto reloaded = load_model(written.temporary(), file.device);
  const auto result =
      verify_masks(reloaded, meta.method, meta.mode == "train", weights.left, batch.arguments);
  check_equal(reloaded, squashed, batch);
  return {static_cast<int64_t>(sites.size()), result.calls, batch.name};
}

}  // namespace actsparse
