#include "pipeline/make_models.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <utility>

#include "pipeline/small_model.h"

namespace actsparse {

std::vector<std::string> model_names(const ModelFiles& files) {
  std::vector<std::string> names = {files.masked.empty() ? "masked model"
                                                         : files.masked.filename().string()};
  if (!files.small.empty()) names.push_back(files.small.filename().string());
  return names;
}

namespace {

// A bug shows as another exception than ours; it takes no more with it than an error does.
template <class Make>
std::optional<Error> failure_of(Make&& make) {
  try {
    make();
    return std::nullopt;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Interrupted) throw;
    return error;
  } catch (const std::exception& bug) {
    return Error(ErrorKind::Internal, first_line(bug.what())).with_details(bug.what());
  }
}

}  // namespace

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
  made.failure = failure_of([&] {
    auto small = write_small(outputs, {files.small, extra_files(files.from, squashed.state)},
                             session.with(squashed.masked), batch, files.compact);
    made.compact = std::move(small.report);
    made.models.push_back({names[1], session.with(small.model)});
  });
  if (!made.failure) return made;
  outputs.discard(files.small);
  warnings.add(std::string("the small model was not made: ") + made.failure->what());
  return made;
}

Error without_small(const Error& failure,
                    const std::vector<std::pair<std::string, std::string>>& written) {
  std::vector<std::string> names;
  for (const auto& [key, name] : written) names.push_back(name);
  return Error(failure.kind(),
               fmt::format("the small model was not made: {}; written all the same: {}",
                           failure.what(), fmt::join(names, ", ")))
      .with_details(failure.details());
}

}  // namespace actsparse
