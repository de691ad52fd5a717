#include "engine/progress_bar.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace actsparse {
namespace {

std::string clock_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string progress_line(const Progress& progress) {
  constexpr int64_t kWidth = 30;
  const int64_t all = std::max<int64_t>(progress.batches, 1);
  const auto filled = static_cast<size_t>(std::min(kWidth, kWidth * progress.batch / all));
  const double seconds = std::max(progress.seconds, 1e-9);
  const bool by_sample = progress.samples > 0;
  const double rate = static_cast<double>(by_sample ? progress.samples : progress.batch) / seconds;
  const double left = seconds / static_cast<double>(std::max<int64_t>(progress.batch, 1)) *
                      static_cast<double>(std::max<int64_t>(all - progress.batch, 0));
  return fmt::format("[{}{}]  {}/{} {}  {:.1f} {}/s  ETA {}{}", std::string(filled, '#'),
                     std::string(kWidth - filled, ' '), progress.batch, progress.batches,
                     progress.unit, rate, by_sample ? "samples" : progress.unit, clock_text(left),
                     progress.at.empty() ? "" : "  " + progress.at);
}

ProgressBar::~ProgressBar() {
  if (line_open_) out_ << '\n' << std::flush;
}

void ProgressBar::show(const Progress& progress) {
  const bool last = progress.batch >= progress.batches;
  if (!last && last_shown_ >= 0 && progress.seconds - last_shown_ < 0.1) return;
  last_shown_ = progress.seconds;
  line_open_ = !last;
  out_ << '\r' << progress_line(progress) << "\x1b[K" << (last ? "\n" : "") << std::flush;
}

}  // namespace actsparse
