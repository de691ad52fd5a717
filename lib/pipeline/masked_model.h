#pragma once
// Masked models: written, loaded again, verified.
#include <filesystem>
#include <string>
#include <vector>

#include "model/extra_files.h"
#include "model/session.h"
#include "pipeline/outputs.h"
#include "pipeline/requests.h"
#include "pipeline/trial_batch.h"
#include "pipeline/warnings.h"
#include "report/verification_report.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// A model and what became of it.
struct Squashed {
  Session unmasked;
  torch::jit::Module masked;
  StateDict state;
  bool is_repaired = false;  ///< `masked` has other parameters than `unmasked`, too
};

/// Verifies that `masked` (which may be another copy of squashed.masked) is what the state says, on
/// `batch`, and on another number of its samples if the unmasked one takes one. Throws
/// Error(Check), or Error(Function) if a mask is bound to the batch's size.
VerificationReport verify_masked(const Squashed& squashed, const torch::jit::Module& masked,
                                 const TrialBatch& batch);

/// What goes into the archive beside the masked model: the extra files of the model it was, and the
/// state's provenance.
ExtraFiles extra_files(const std::filesystem::path& model, const StateDict& state);

/// Where a masked model is read from and written to.
struct MaskedFile {
  std::filesystem::path from, to;
  MaskForm form = MaskForm::Buffers;
};

/// A masked model in its file (not yet in place), as loaded again from there.
struct WrittenMasked {
  torch::jit::Module model;
  VerificationReport verification;
};

/// Writes the masked model, loads that file again in a fresh module and verifies it: layers that
/// multiply as verify_masked does, those whose mask is in the weights by the outputs. A warning
/// names each layer that MaskForm::Weights leaves a multiplication.
WrittenMasked write_masked(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
                           const TrialBatch& batch, Warnings& warnings);

}  // namespace actsparse
