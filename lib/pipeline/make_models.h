#pragma once
// The models that masks make of one: masked, and small if it is asked for.
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "pipeline/examination.h"
#include "pipeline/masked_model.h"
#include "pipeline/outputs.h"
#include "pipeline/trial_batch.h"
#include "pipeline/warnings.h"
#include "report/compact_report.h"
#include "report/verification_report.h"

namespace actsparse {

/// Where they go; empty: not written.
struct ModelFiles {
  std::filesystem::path from;  ///< the model it was
  std::filesystem::path masked, small;
  MaskForm form = MaskForm::Buffers;
  CompactOptions compact = {};
};

/// What reports call them: the masked one, and the small one if it is written.
std::vector<std::string> model_names(const ModelFiles& files);

struct Made {
  std::optional<VerificationReport> verification;  ///< of the masked one, if it is written
  std::optional<CompactReport> compact;
  std::vector<Contestant> models;  ///< as model_names() calls them, each as loaded from its file
  std::optional<Error> failure;    ///< why the small one, which was asked for, is not among them
};

/// Writes (not yet in place) and verifies them on `batch`. The small one alone may fail, which is a
/// warning besides: the other files are worth having without it. Throws write_masked's errors, and
/// Error(Interrupted).
Made make_models(Outputs& outputs, const ModelFiles& files, const Squashed& squashed,
                 const TrialBatch& batch, Warnings& warnings);

/// The failure as the command's: what it was, and that `written` files are there all the same.
Error without_small(const Error& failure,
                    const std::vector<std::pair<std::string, std::string>>& written);

}  // namespace actsparse
