#include "engine/device_options.h"

#include <ATen/Parallel.h>
#include <spdlog/spdlog.h>
#include <torch/csrc/jit/runtime/print_handler.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "base/cpu_count.h"
#include "base/heap.h"
#include "engine/show_progress.h"
#include "model/load_library.h"

namespace actsparse {
namespace {

std::atomic<bool> interrupted{false};

// The first signal lets the batch end; a second one finds the default action and stops at once.
extern "C" void on_signal(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// LibTorch takes one per hardware thread; two of one core share its arithmetic units. (Setting what
// is set already would start a pool of threads: 0.03 s.)
int default_threads() {
  const int own = at::get_num_threads();
  const bool is_asked = is_set("OMP_NUM_THREADS") || is_set("MKL_NUM_THREADS");
  return is_asked ? own : std::min(own, usable_cores());
}

void set_threads(int asked) {
  const int threads = asked > 0 ? asked : default_threads();
  if (threads != at::get_num_threads()) at::set_num_threads(threads);
  spdlog::debug("threads inside operators: {}", threads);
}

}  // namespace

void set_up_libtorch(const GlobalOptions& options) {
  // stdout is for results: what a model or a function prints is no part of them.
  torch::jit::setPrintHandler([](const std::string& text) { std::cerr << text; });
  set_threads(options.threads);
  for (const auto& library : options.libraries) load_library(library);
}

RunOptions run_options(const GlobalOptions& options) {
  keep_freed_memory();
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  RunOptions run;
  run.device = options.device;
  run.interrupted = &interrupted;
  run.progress = progress_shower(options);
  return run;
}

}  // namespace actsparse
