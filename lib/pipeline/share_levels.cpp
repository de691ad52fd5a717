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

// Every size-th group.
std::vector<size_t> groups_of_rank(size_t groups, int64_t rank, int64_t size) {
  std::vector<size_t> own;
  for (size_t i = static_cast<size_t>(rank); i < groups; i += static_cast<size_t>(size))
    own.push_back(i);
  return own;
}

SensitivityReport part_of(const SensitivityReport& report, const std::vector<size_t>& groups) {
  SensitivityReport part;
  for (const size_t group : groups) part.groups.push_back(report.groups[group]);
  return part;
}

void take_part(const SensitivityReport& part, const std::vector<size_t>& groups,
               SensitivityReport& report) {
  if (groups.empty()) return;
  for (size_t i = 0; i < groups.size(); ++i) report.groups[groups[i]] = part.groups[i];
  report.left.insert(report.left.end(), part.left.begin(), part.left.end());
  std::tie(report.metric, report.repair, report.data, report.batches, report.samples) =
      std::tie(part.metric, part.repair, part.data, part.batches, part.samples);
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

void judge_levels_together(const LevelTrials& trials, const PreparedJob& job, const Config& config,
                           SearchPart part, const SmallShares& small, const RunOptions& options,
                           bool known, SensitivityReport& report) {
  const ProcessGroup& group = options.group;
  if (is_told_to_try(group, known)) {
    const auto own = groups_of_rank(trials.groups.size(), group.rank(), group.size());
    SensitivityReport tried = part_of(report, own);
    LevelTrials some{trials.layers, {}};
    for (const size_t i : own) some.groups.push_back(trials.groups[i]);
    if (!own.empty()) {
      judge_levels(some, job, config, part, on_its_own(options), tried);
      measure_sizes(some, small, job.session, tried);
    }
    take_part(tried, own, report);
    std::tie(report.fit_seconds, report.judge_seconds) =
        std::tie(tried.fit_seconds, tried.judge_seconds);
    if (!group.is_first()) group.send(record_of(tried).dump(), 0);
    for (int64_t rank = 1; group.is_first() && rank < group.size(); ++rank) {
      const auto theirs = groups_of_rank(trials.groups.size(), rank, group.size());
      SensitivityReport other = part_of(report, theirs);
      from_record(OrderedJson::parse(group.receive(rank)), other);
      take_part(other, theirs, report);
    }
    std::sort(report.left.begin(), report.left.end(), [](const LeftLayer& a, const LeftLayer& b) {
      return std::tie(a.layer, a.reason) < std::tie(b.layer, b.reason);
    });
  }
  group.let_go();
}

}  // namespace actsparse
