#include "pipeline/make_models.h"

#include <utility>

#include "pipeline/small_model.h"

namespace actsparse {

std::vector<std::string> model_names(const ModelFiles& files) {
  std::vector<std::string> names = {files.masked.empty() ? "masked model"
                                                         : files.masked.filename().string()};
  if (!files.small.empty()) names.push_back(files.small.filename().string());
  return names;
}

Made make_models(Outputs& outputs, const ModelFiles& files, const Squashed& squashed,
                 const TrialBatch& batch, Warnings& warnings) {
  Made made;
  const Session& session = squashed.unmasked;
  const auto names = model_names(files);
  torch::jit::Module masked = squashed.masked;
  if (!files.masked.empty()) {
    auto written =
        write_masked(outputs, {files.from, files.masked, files.form}, squashed, batch, warnings);
    made.verification = written.verification;
    masked = written.model;
  }
  made.models.push_back({names[0], session.with(masked)});
  if (files.small.empty()) return made;
  auto small = write_small(outputs, {files.small, extra_files(files.from, squashed.state)},
                           session.with(squashed.masked), batch, files.compact);
  made.compact = std::move(small.report);
  made.models.push_back({names[1], session.with(small.model)});
  return made;
}

}  // namespace actsparse
