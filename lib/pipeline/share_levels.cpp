#include "pipeline/share_levels.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "pipeline/judge_levels.h"
#include "pipeline/level_sizes.h"
#include "report/sensitivity_record.h"

namespace actsparse {
namespace {

constexpr const char* kTry = "try";
constexpr const char* kKnown = "known";

LevelShare share_of(const SensitivityReport& report, int64_t index, int64_t count) {
  LevelShare share;
  for (auto i = static_cast<size_t>(index); i < report.groups.size();
       i += static_cast<size_t>(count)) {
    share.groups.push_back(i);
    share.report.groups.push_back(report.groups[i]);
  }
  return share;
}

bool is_told_to_try(const ProcessGroup& group, bool known) {
  if (!group.is_first()) return group.receive(0) == kTry;
  for (int64_t rank = 1; rank < group.size(); ++rank) group.send(known ? kKnown : kTry, rank);
  return !known;
}

}  // namespace

RunOptions on_its_own(const RunOptions& options) {
  if (options.group.is_alone()) return options;
  RunOptions own = options;
  own.group = ProcessGroup();
  own.launch = Launch();
  own.resume = options.resume && options.group.is_first();
  own.progress = [group = options.group, tell = options.progress](const Progress& progress) {
    if (tell) tell(progress);
    group.progress("after " + progress.unit + " " + std::to_string(progress.batch) + " of " +
                   std::to_string(progress.batches));
    if (const auto failure = group.failure())
      throw Error(ErrorKind::Interrupted, *failure + "; this rank stopped");
  };
  return own;
}

Calibration calibrate_alone(const Config& config, const RunOptions& options,
                            const std::filesystem::path& output) {
  if (options.group.is_first()) return calibrate_all(config, on_its_own(options), output);
  Config unkept = config;
  unkept.run.checkpoint = {};
  return calibrate_all(unkept, on_its_own(options), {});
}

LevelShare judge_share(const LevelTrials& trials, const SensitivityReport& report, int64_t index,
                       int64_t count, const PreparedJob& job, const Config& config, SearchPart part,
                       const SmallShares& small, const RunOptions& options) {
  LevelShare share = share_of(report, index, count);
  LevelTrials some{trials.layers, {}};
  for (const size_t i : share.groups) some.groups.push_back(trials.groups[i]);
  if (share.groups.empty()) return share;
  judge_levels(some, job, config, part, on_its_own(options), share.report);
  measure_sizes(some, small, job.session, share.report);
  return share;
}

LevelShare known_share(const OrderedJson& record, const SensitivityReport& report, int64_t index,
                       int64_t count) {
  LevelShare share = share_of(report, index, count);
  from_record(record, share.report);
  return share;
}

void take_share(const LevelShare& share, SensitivityReport& report) {
  if (share.groups.empty()) return;
  const SensitivityReport& part = share.report;
  for (size_t i = 0; i < share.groups.size(); ++i) report.groups[share.groups[i]] = part.groups[i];
  report.left.insert(report.left.end(), part.left.begin(), part.left.end());
  std::sort(report.left.begin(), report.left.end(), [](const LeftLayer& a, const LeftLayer& b) {
    return std::tie(a.layer, a.reason) < std::tie(b.layer, b.reason);
  });
  std::tie(report.metric, report.repair, report.data, report.batches, report.samples) =
      std::tie(part.metric, part.repair, part.data, part.batches, part.samples);
}

void judge_levels_together(const LevelTrials& trials, const PreparedJob& job, const Config& config,
                           SearchPart part, const SmallShares& small, const RunOptions& options,
                           bool known, SensitivityReport& report) {
  const ProcessGroup& group = options.group;
  if (is_told_to_try(group, known)) {
    const LevelShare own =
        judge_share(trials, report, group.rank(), group.size(), job, config, part, small, options);
    take_share(own, report);
    std::tie(report.fit_seconds, report.judge_seconds) =
        std::tie(own.report.fit_seconds, own.report.judge_seconds);
    if (!group.is_first()) group.send(record_of(own.report).dump(), 0);
    for (int64_t rank = 1; group.is_first() && rank < group.size(); ++rank) {
      const auto record = OrderedJson::parse(group.receive(rank));
      take_share(known_share(record, report, rank, group.size()), report);
    }
  }
  group.let_go();
}

}  // namespace actsparse
