#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/stopwatch.h"
#include "config/found_config.h"
#include "model/load_model.h"
#include "pipeline/examination.h"
#include "pipeline/job_page.h"
#include "pipeline/outputs.h"
#include "pipeline/picture.h"
#include "pipeline/refuse_dynamic.h"
#include "pipeline/search_course.h"
#include "pipeline/search_shards.h"
#include "pipeline/share_levels.h"
#include "report/answer.h"

namespace actsparse {
namespace {

constexpr double kTimeNoise = 0.05;  // of a share of time, from one measurement to the next

void check_search(const Config& config) {
  if (config.search.remains.empty() && config.search.holds.empty())
    throw Error(ErrorKind::Config,
                "search.budget: found nothing, needed is what may remain or what must hold, e.g. "
                "{\"macs\": 0.5}");
  if (config.output.model.empty() && config.output.compact.empty())
    throw Error(ErrorKind::Config,
                "output: search needs a model to write: add output.model or output.compact");
  if (config.search.limits_time() && config.output.compact.empty())
    throw Error(ErrorKind::Config,
                "search.budget: found 'time', which only a small model saves: add output.compact");
}

// Processes beside each other take each other's time, and machines differ.
void check_alone(const Config& config, const RunOptions& options) {
  const bool is_alone = options.group.size() == 1 && options.shard.is_whole();
  if (config.search.limits_time() && !is_alone)
    throw Error(ErrorKind::Config,
                "search.budget: found 'time', and several ranks or shards: what one measures is "
                "not what another one takes; use one process");
}

void check_before(const Config& config, const RunOptions& options) {
  check_search(config);
  refuse_dynamic(config, "search");
  check_alone(config, options);
  check_search_metrics(config, load_functions(config));
}

// "agreement >= 0.98"
std::string bounds_text(const GateConfig& gate) {
  std::string text;
  const auto add = [&](const std::string& what, const std::optional<double>& bound) {
    if (bound)
      text += fmt::format("{}{} {} {:g}", text.empty() ? "" : ", ", gate.metric, what, *bound);
  };
  add(">=", gate.min);
  add("<=", gate.max);
  add("drops by at most", gate.max_drop);
  return text;
}

// In the config's order: those that are masked, at the levels of the point, and those without one.
std::vector<SettledLayer> settled_layers(const PreparedJob& job, const SearchReport& report) {
  const SearchPoint& point = report.points.at(*report.chosen);
  std::map<std::string, double> levels;
  for (size_t i = 0; i < point.levels.size(); ++i)
    for (const auto& layer : report.sensitivity.groups[i].layers) levels[layer] = point.levels[i];
  std::set<std::string> known;
  for (const auto& layer : job.sparsifier.layers()) known.insert(layer.site.layer);
  std::vector<SettledLayer> settled;
  for (const auto& selected : job.layers) {
    if (known.count(selected.layer) == 0) continue;
    const auto level = levels.find(selected.layer);
    if (level == levels.end())
      settled.push_back({selected.layer, selected.entry, std::nullopt});
    else if (level->second > 0)
      settled.push_back({selected.layer, selected.entry, level->second});
  }
  if (!settled.empty()) return settled;
  if (!point.meets) throw nothing_saves();
  throw Error(ErrorKind::Check,
              "search.budget: it is met with nothing masked; lower what may remain, or loosen what "
              "must hold");
}

std::filesystem::path found_folder(const Config& config) {
  const auto& file = config.output.config;
  return (file.empty() ? main_output(config.output) : file).parent_path();
}

// The model that was written, judged on what no choice has seen.
void check_found(const PreparedJob& job, const Config& config, const RunOptions& options,
                 SearchReport& report) {
  const auto file = config.output.model.empty() ? config.output.compact : config.output.model;
  const std::string name = file.filename().string();
  EvaluateConfig asked = search_evaluation(config);
  asked.gates = config.search.holds;
  Examination examination(asked, job.sparsifier.functions(), {name});
  const EvaluationData data = open_search_data(config, SearchPart::Kept);
  const Session found = job.session.with(load_model(file, options.device));
  examination.run({config.model.path.filename().string(), job.session}, {{name, found}}, data,
                  options);
  report.check = examination.report();
  report.check.baseline = config.model.path.filename().string();
  report.check.data = data.name + (config.search.data ? ", not used for the choice" : "");
  report.check.warnings = data.warnings;
}

// Of what remains and of what holds, what does not; empty: all does.
std::string what_fails(const Config& config, const SearchReport& report) {
  const SearchPoint& point = report.points.at(*report.chosen);
  std::string text;
  for (const auto& [what, most] : config.search.remains) {
    const bool is_time = what == "time";
    const double left = is_time ? report.time.value_or(1) : point.left(what),
                 noise = is_time ? kTimeNoise * most : 1e-9;
    if (left > most + noise)
      text += fmt::format("{}{:.3g} of the {} remain, allowed is {:g}", text.empty() ? "" : "; ",
                          left, what, most);
  }
  const std::string gates = failed_gates(report.check);
  return text + (text.empty() || gates.empty() ? "" : "; ") + gates;
}

// Writes the found config and the curve, has run() make the models of it, and checks these.
Report make_found(const PreparedJob& job, const Config& config, const RunOptions& options,
                  Outputs& outputs, SearchReport& report) {
  const auto folder = found_folder(config);
  const std::string text = found_config(config, settled_layers(job, report), folder).dump(2) + "\n";
  if (!config.output.config.empty()) outputs.create(config.output.config).stream() << text;
  if (!config.output.curve.empty())
    outputs.create(config.output.curve).stream() << curve_json(report).dump(2) << '\n';
  outputs.commit();
  Config found = parse_config(text, folder, "the found config");
  found.run.checkpoint.path.clear();  // which the search's own may have
  found.output = config.output;
  for (auto& [key, path] : search_files(found.output)) path->clear();
  Report made = run(found, options);
  for (const auto& [key, path] :
       {std::pair("config", config.output.config), std::pair("curve", config.output.curve)})
    if (!path.empty()) report.outputs.emplace_back(key, path.filename().string());
  report.outputs.insert(report.outputs.end(), made.outputs.begin(), made.outputs.end());
  if (made.failure) throw *made.failure;
  if (made.compact && config.search.limits_time())
    report.time = made.compact->latency.small / made.compact->latency.unmasked;
  if (made.evaluation && !made.evaluation->passed())
    report.unmet = failed_gates(*made.evaluation);
  else
    check_found(job, config, options, report);
  if (report.unmet.empty()) report.unmet = what_fails(config, report);
  report.met = report.unmet.empty();
  return made;
}

// In place of the run's own page: what was searched comes before what was made of it.
void write_search_page(const Config& config, const SearchReport& report, const Report& made) {
  if (config.output.html.empty()) return;
  Outputs outputs;
  outputs.create(config.output.html).stream()
      << page_of_job({page_report(config, report), page_report(config, made)});
  outputs.commit();
}

// Whoever goes on needs not only what was searched, but what it was searched in.
Error keeping_search(Calibration& calibration, const SearchCheckpoint& checkpoint,
                     const Error& error) try {
  if (error.kind() != ErrorKind::Interrupted || calibration.checkpoints.path().empty())
    return error;
  calibration.checkpoints.write(checkpoint_of(calibration), 0);
  checkpoint.write();
  return Error(error.kind(), error.what() + std::string("; with --resume a search goes on from ") +
                                 calibration.checkpoints.path().filename().string());
} catch (const Error&) {
  return error;
}

// Where the search will look, small models as wholes tell what the sums over operators leave out.
void correct_times(const Config& config, const SearchPoints& points, SmallShares& small,
                   SearchCheckpoint& checkpoint) {
  const auto likely = by_losses(points.alone(), points.sensitivity().metric, 0.5);
  small.correct_times(points.masked(points.within(config.search.remains, likely)));
  checkpoint.note(small.times());
}

// What was tried, and which of it is taken.
void try_all(const Calibration& calibration, const Config& config, const RunOptions& options,
             const std::vector<std::filesystem::path>& shards, SearchCheckpoint& checkpoint,
             SearchReport& report) {
  const Stopwatch stopwatch;
  const PreparedJob& job = calibration.job;
  SensitivityReport& sensitivity = report.sensitivity;
  SmallShares small(job.session, first_batch(*job.data, "calibration batch"),
                    config.output.compact_options);
  if (config.search.limits_time()) small.measure_times(checkpoint.times());
  const LevelTrials trials = level_trials(calibration, config, sensitivity);
  const bool known = shards.empty() ? checkpoint.fill(sensitivity) : true;
  if (!shards.empty())
    read_search_shards(shards, search_job(config, calibration.meta), sensitivity);
  judge_levels_together(trials, job, config, SearchPart::Tried, small, options, known, sensitivity);
  if (!options.group.is_first()) return;
  checkpoint.note(small.times());
  if (!known) checkpoint.note(sensitivity);
  sensitivity.origin = calibration.meta;
  sensitivity.calibrate_seconds = calibration.seconds;
  sensitivity.total_seconds = calibration.seconds + stopwatch.seconds();
  const Stopwatch searching;
  const SearchPoints points(trials, sensitivity, small, job.session);
  if (config.search.limits_time()) correct_times(config, points, small, checkpoint);
  report.frontier = points.frontier();
  const RunOptions own = on_its_own(options);
  const WholeTrials whole(job, config, points, own, checkpoint);
  search_points(config, points, whole, report);
  report.search_seconds = searching.seconds();
}

// The search's own checkpoints stand beside those of the run that makes what was found.
std::filesystem::path search_output(const Config& config) {
  return main_output(config.output).string() + ".search";
}

}  // namespace

SensitivityReport measure_search_shard(const Config& config, const RunOptions& options,
                                       const std::filesystem::path& shard_out) {
  const Stopwatch stopwatch;
  check_before(config, options);
  check_output_path(config, shard_out, "--state");
  Outputs().reserve(shard_out);
  RunOptions whole = options;  // of the batches, all are read
  whole.shard = {};
  Calibration calibration = calibrate_alone(config, whole, shard_out);
  const PreparedJob& job = calibration.job;
  SensitivityReport report;
  const SmallShares small(job.session, first_batch(*job.data, "calibration batch"),
                          config.output.compact_options);
  const LevelTrials trials = level_trials(calibration, config, report);
  LevelShare share = judge_share(trials, report, options.shard.index - 1, options.shard.count, job,
                                 config, SearchPart::Tried, small, whole);
  write_search_shard(shard_out, search_job(config, calibration.meta), options.shard, share.report);
  calibration.checkpoints.remove();
  share.report.origin = calibration.meta;
  share.report.not_tried = report.not_tried;
  share.report.warnings = job.warnings.texts();
  share.report.calibrate_seconds = calibration.seconds;
  share.report.total_seconds = stopwatch.seconds();
  return share.report;
}

SearchReport search(const Config& config, const RunOptions& options,
                    const std::vector<std::filesystem::path>& shards) {
  const Stopwatch stopwatch;
  check_before(config, options);
  Outputs outputs;
  const bool is_first = options.group.is_first();
  if (is_first) {
    outputs.reserve(config.output);
    outputs.reserve(config.output.config);
    outputs.reserve(config.output.curve);
  }
  Calibration calibration = calibrate_alone(config, options, search_output(config));
  SearchCheckpoint checkpoint(calibration.checkpoints.path(), config, calibration.meta);
  if (options.resume && is_first) checkpoint.read();
  if (calibration.checkpoints.are_asked_for())
    calibration.checkpoints.write(checkpoint_of(calibration), 0);
  SearchReport report;
  report.remains = config.search.remains;
  report.threads = at::get_num_threads();
  for (const auto& gate : config.search.holds) report.holds.push_back(bounds_text(gate));
  Report made;
  try {
    try_all(calibration, config, options, shards, checkpoint, report);
    report.warnings = calibration.job.warnings.texts();
    if (is_first) made = make_found(calibration.job, config, on_its_own(options), outputs, report);
  } catch (const Error& error) {
    throw keeping_search(calibration, checkpoint, error);
  }
  options.group.finish();
  calibration.checkpoints.remove();
  checkpoint.remove();
  report.total_seconds = stopwatch.seconds();
  if (is_first) write_search_page(config, report, made);
  return report;
}

Answer perform(const SearchRequest& request, const RunOptions& options) {
  if (!request.shard_out.empty())
    return measure_search_shard(request.config, options, request.shard_out);
  Picture picture(request.config, request.picture, options);
  const SearchReport report = search(request.config, options, request.shards);
  if (picture.is_wanted()) picture.write(search_picture(report));
  Answer answer(report);
  if (!report.met)
    answer.fail(Error(ErrorKind::Check,
                      "the budget is not met: " + report.unmet +
                          "; what comes nearest is kept, see the table of what was tried"));
  return answer;
}

}  // namespace actsparse
