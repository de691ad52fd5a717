#include "report/progress.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace actsparse {
namespace {

constexpr size_t longest_bar = 30, shortest_bar = 5;

std::string clock_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

double per_second(int64_t count, const Progress& progress) {
  return static_cast<double>(count) / std::max(progress.seconds, 1e-9);
}

double rate(const Progress& progress) {
  return progress.samples > 0 ? per_second(progress.samples - progress.samples_before, progress)
                              : per_second(progress.batch - progress.batches_before, progress);
}

std::string rate_text(const Progress& progress) {
  return fmt::format("{:.1f} {}/s", rate(progress),
                     progress.samples > 0 ? "samples" : progress.unit);
}

double seconds_left(const Progress& progress) {
  const int64_t done = std::max<int64_t>(progress.batch - progress.batches_before, 1);
  const int64_t left = std::max<int64_t>(progress.batches - progress.batch, 0);
  return progress.seconds / static_cast<double>(done) * static_cast<double>(left);
}

std::string bar(const Progress& progress, size_t width) {
  const int64_t all = std::max<int64_t>(progress.batches, 1);
  const auto filled = std::min(width, static_cast<size_t>(progress.batch) * width / all);
  return "[" + std::string(filled, '#') + std::string(width - filled, ' ') + "]  ";
}

}  // namespace

std::string progress_bar(const Progress& progress, size_t width) {
  std::string text =
      fmt::format("{}/{} {}  {}  ETA {}", progress.batch, progress.batches, progress.unit,
                  rate_text(progress), clock_text(seconds_left(progress)));
  if (!progress.at.empty()) text += "  " + progress.at;
  constexpr size_t frame = 4;  // brackets, and the space behind them
  if (text.size() + frame + shortest_bar > width) return text.substr(0, width);
  return bar(progress, std::min(longest_bar, width - frame - text.size())) + text;
}

std::string progress_text(const Progress& progress) {
  return fmt::format("{} of {} {}, {}, {} left{}", progress.batch, progress.batches, progress.unit,
                     rate_text(progress), clock_text(seconds_left(progress)),
                     progress.at.empty() ? "" : ", at " + progress.at);
}

nlohmann::ordered_json progress_fields(const Progress& progress) {
  nlohmann::ordered_json fields = {
      {"unit", progress.unit}, {"done", progress.batch}, {"all", progress.batches}};
  if (progress.samples > 0) fields["samples"] = progress.samples;
  fields["seconds"] = progress.seconds;
  fields["rate"] = rate(progress);
  fields["seconds_left"] = seconds_left(progress);
  if (!progress.at.empty()) fields["at"] = progress.at;
  return fields;
}

}  // namespace actsparse
