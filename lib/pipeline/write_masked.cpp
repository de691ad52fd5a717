#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/heap.h"
#include "compact/compare.h"
#include "compact/mask_weights.h"
#include "model/load_model.h"
#include "model/verify_masks.h"
#include "pipeline/load_written.h"
#include "pipeline/masked_model.h"
#include "pipeline/trial_batches.h"
#include "record/run.h"
#include "repair/remove_masks.h"
#include "sparsifier/mask_buffer.h"

namespace actsparse {
namespace {

using torch::jit::Module;

constexpr double kFoldedTolerance = 1e-5;  // relative: factors other than 0 and 1 round otherwise

std::vector<MaskSite> mask_sites(const StateDict& state) {
  std::vector<MaskSite> sites;
  for (const auto& layer : state.layers)
    if (auto site = mask_site(layer)) sites.push_back(std::move(*site));
  return sites;
}

// At one other number of samples that the unmasked model takes, the masked one must take it, too.
void verify_other_count(const Squashed& squashed, const Module& masked,
                        const std::vector<MaskSite>& sites, const Arguments& batch) {
  if (batch_size_of(batch) < 2) return;  // a mask of size 1 fits any number
  for (const auto& other : other_counts(squashed.unmasked, batch)) try {
      verify_masks(squashed.unmasked.with(masked), sites, other);
      return;
    } catch (const Error& error) {
      if (takes(squashed.unmasked, other))
        throw Error(ErrorKind::Function,
                    "a mask holds the batch's size in one of its dimensions: at another batch size "
                    "the model runs, but the masked model does not; reduce over that dimension")
            .with_details(error.what());
    }
}

// Masks in the weights cannot be looked at one by one: the outputs must be those of the model that
// multiplies, but for rounding.
double difference_to_masked(const Squashed& squashed, const Module& folded,
                            const TrialBatch& batch) {
  const double difference =
      compare_outputs(squashed.unmasked.with(squashed.masked), folded, batch.arguments).relative;
  if (difference <= kFoldedTolerance) return difference;
  throw Error(ErrorKind::Check,
              fmt::format("with the masks in the weights the outputs differ by {:.2g}; does other "
                          "code of the model read the weight of a masked layer? Leave out --fold",
                          difference));
}

// Writes `model` and loads the file again: on the device, with nothing shared.
Module written(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
               const Module& model) {
  AtomicFile& written = outputs.create(file.to);
  written.write(
      [&](std::ostream& out) { write_model(model, out, extra_files(file.from, squashed.state)); });
  written.close();
  release_freed_memory();
  return load_written(written, squashed.unmasked.device);
}

WrittenMasked write_folded(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
                           const TrialBatch& batch, Warnings& warnings) {
  const Session& session = squashed.unmasked;
  const Module open =
      squashed.is_repaired ? remove_masks(session.with(squashed.masked)) : session.model;
  const MaskedWeights weights = mask_weights(session.with(open), mask_sites(squashed.state));
  for (const auto& [layer, reason] : weights.reasons)
    warnings.add(layer_text(layer) + " keeps its multiplication: " + reason);
  const Module folded = apply_masks(session.with(weights.module), weights.left);
  const Module model = written(outputs, file, squashed, folded);
  const auto kept = verify_masks(session.with(model), weights.left, batch.arguments);
  const FoldedLayers moved = {static_cast<int64_t>(weights.folded.size()),
                              difference_to_masked(squashed, model, batch), kFoldedTolerance};
  return {model, {kept.layers, kept.calls, batch.name, moved}};
}

}  // namespace

VerificationReport verify_masked(const Squashed& squashed, const Module& masked,
                                 const TrialBatch& batch) {
  const Session& unmasked = squashed.unmasked;
  const auto sites = mask_sites(squashed.state);
  const auto result = verify_masks(unmasked.with(masked), sites, batch.arguments);
  verify_other_count(squashed, masked, sites, batch.arguments);
  return {result.layers, result.calls, batch.name};
}

ExtraFiles extra_files(const std::filesystem::path& model, const StateDict& state) {
  ExtraFiles files = read_extra_files(model);
  add_provenance(files, state.meta);
  return files;
}

WrittenMasked write_masked(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
                           const TrialBatch& batch, Warnings& warnings) {
  if (file.form == MaskForm::Weights) return write_folded(outputs, file, squashed, batch, warnings);
  const Module model = written(outputs, file, squashed, squashed.masked);
  return {model, verify_masked(squashed, model, batch)};
}

}  // namespace actsparse
