#include "pipeline/checkpoints.h"

#include <spdlog/spdlog.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace fs = std::filesystem;

Checkpoints::Checkpoints(const Config& config, const fs::path& output, const ProcessGroup& group)
    : when_(config.run.checkpoint), path_(when_.path) {
  if (path_.empty() && !output.empty()) path_ = output.string() + ".checkpoint";
  if (path_.empty()) return;
  if (!group.is_alone()) path_ += ".rank" + std::to_string(group.rank());
  for (const auto& path : {path_, previous()})
    check_output_path(config, path, "run.checkpoint.path");
  if (are_asked_for()) check_writable(path_);
}

fs::path Checkpoints::previous() const { return path_.string() + ".previous"; }

bool Checkpoints::is_due(int64_t batches, double seconds) const {
  if (path_.empty()) return false;
  return (when_.batches > 0 && batches % when_.batches == 0) ||
         (when_.seconds > 0 && seconds - last_seconds_ >= when_.seconds);
}

void Checkpoints::write(const StateDict& state, double seconds) {
  AtomicFile file(path_);
  file.write([&](std::ostream& out) { write_state(state, out); });
  file.close();
  std::error_code failed;
  if (fs::exists(path_, failed)) fs::rename(path_, previous(), failed);
  file.commit();
  last_seconds_ = seconds;
  spdlog::debug("checkpoint after batch {}", state.meta.batches);
}

std::optional<StateDict> Checkpoints::read() const {
  std::optional<Error> broken;
  std::error_code ignored;
  for (const auto& path : {path_, previous()}) {
    if (path_.empty() || !fs::exists(path, ignored)) continue;
    try {
      StateDict state = read_state(path);
      if (!state.meta.checkpoint)
        throw Error(ErrorKind::State, path.string() + ": is no checkpoint");
      if (broken) spdlog::warn("{}; going on from the checkpoint before it", broken->what());
      return state;
    } catch (const Error& error) {
      if (!broken) broken = error;
    }
  }
  if (broken)
    throw Error(ErrorKind::State, std::string(broken->what()) +
                                      "; there is no other checkpoint: remove it to start anew");
  return std::nullopt;
}

void Checkpoints::remove() const {
  std::error_code ignored;
  if (path_.empty()) return;
  remove_leftovers(path_);
  for (const auto& path : {path_, previous()}) fs::remove(path, ignored);
}

}  // namespace actsparse
