#include "engine/show_progress.h"

#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "log_fields.h"

namespace actsparse {
namespace {

// It may change while a run goes on.
size_t terminal_width() {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : 80;
}

}  // namespace

ProgressBar::~ProgressBar() {
  if (line_open_) std::cerr << '\n' << std::flush;
}

void ProgressBar::show(const Progress& progress) {
  const bool last = progress.batch >= progress.batches;
  if (!last && last_shown_ >= 0 && clock_.seconds() - last_shown_ < 0.1) return;
  last_shown_ = clock_.seconds();
  line_open_ = !last;
  // A line that fills the last column would begin a new one.
  std::cerr << '\r' << progress_bar(progress, terminal_width() - 1) << "\x1b[K"
            << (last ? "\n" : "") << std::flush;
}

void ProgressLog::show(const Progress& progress) {
  if (clock_.seconds() - last_shown_ < interval_) return;
  last_shown_ = clock_.seconds();
  if (as_fields_)
    log_fields(progress_text(progress), "progress", progress_fields(progress));
  else
    spdlog::info("{}", progress_text(progress));
  spdlog::default_logger()->flush();
}

std::function<void(const Progress&)> progress_shower(const GlobalOptions& options) {
  if (options.no_progress || options.quiet) return nullptr;
  if (::isatty(STDERR_FILENO) != 0)
    return
        [bar = std::make_shared<ProgressBar>()](const Progress& progress) { bar->show(progress); };
  const auto log =
      std::make_shared<ProgressLog>(options.progress_interval, options.log_format == "json");
  return [log](const Progress& progress) { log->show(progress); };
}

}  // namespace actsparse
