// actsparse_bench CONFIG MODE [COUNT]: what calibration adds to the model's own forward.
//   ratio      in one process, COUNT times, a plain and a calibrating loop over the same batches in
//              turn; prints the median of the paired ratios
//   plain      the model's own forward on COUNT batches (default 16); prints the median time of a
//              batch and the peak memory
//   calibrate  the same for a calibration; also prints the size of the aggregates
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "base/heap.h"
#include "base/stopwatch.h"
#include "model/load_model.h"
#include "pipeline/prepared_job.h"

namespace {

using namespace actsparse;

// As a user would run it: LibTorch's own executor with all its optimizations.
double plain_loop(torch::jit::Module& model, BatchSource& data) {
  const at::NoGradGuard no_grad;
  const Stopwatch stopwatch;
  for (data.rewind(); auto batch = data.next();) model.forward(batch->arguments);
  return stopwatch.seconds();
}

double calibrating_loop(ActivationSparsifier& sparsifier, BatchSource& data) {
  const Stopwatch stopwatch;
  for (data.rewind(); auto batch = data.next();) sparsifier.forward(batch->arguments);
  return stopwatch.seconds();
}

double megabytes(double bytes) { return bytes / 1e6; }

// What getrusage tells would count the process that this one was forked from.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kilobytes = 0; word == "VmHWM:" && status >> kilobytes)
      return megabytes(kilobytes * 1024);
  return 0;
}

double aggregate_size(const ActivationSparsifier& sparsifier) {
  double bytes = 0;
  for (const auto& layer : sparsifier.layers())
    if (const auto* data = layer.data())
      bytes += static_cast<double>(std::get<at::Tensor>(*data).nbytes());
  return megabytes(bytes);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// With run.precision "fast" the first batch switches to the fast clone.
void switch_clone(PreparedJob& job, const RunConfig& run) {
  if (run.precision != "fast") return;
  job.data->rewind();
  const auto batch = job.data->next().value();
  const auto outcome = job.sparsifier.use_fast_clone(batch.arguments, run.tolerance);
  if (!outcome.reason.empty()) std::cerr << "exact: " << outcome.reason << '\n';
}

void print_ratio(torch::jit::Module& model, PreparedJob& job, int rounds) {
  std::vector<double> ratios, plain_times;
  plain_loop(model, *job.data);  // the first runs profile and optimize the graphs
  calibrating_loop(job.sparsifier, *job.data);
  for (int round = 0; round < rounds; ++round) {
    plain_times.push_back(plain_loop(model, *job.data));
    ratios.push_back(calibrating_loop(job.sparsifier, *job.data) / plain_times.back());
  }
  std::cout << "{\"ratio\": " << median(ratios)
            << ", \"min\": " << *std::min_element(ratios.begin(), ratios.end())
            << ", \"max\": " << *std::max_element(ratios.begin(), ratios.end())
            << ", \"plain_seconds\": " << median(plain_times) << "}\n";
}

// The median over all but the first two batches, which profile and optimize the graphs.
template <class Forward>
double seconds_per_batch(BatchSource& data, int count, Forward&& forward) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    auto batch = data.next();
    if (!batch) {
      data.rewind();
      batch = data.next();
    }
    const Stopwatch stopwatch;
    forward(batch->arguments);
    if (i > 1) times.push_back(stopwatch.seconds());
  }
  return median(times);
}

void print_plain(const Config& config, int count) {
  auto model = load_model(config.model.path);
  model.eval();
  const at::NoGradGuard no_grad;
  const auto data = open_batches(config.data);
  const double seconds =
      seconds_per_batch(*data, count, [&](const auto& arguments) { model.forward(arguments); });
  std::cout << "{\"batch_seconds\": " << seconds << ", \"peak_mb\": " << peak_memory() << "}\n";
}

void print_calibration(const Config& config, int count) {
  keep_freed_memory();
  PreparedJob job = prepare(config, {});
  switch_clone(job, config.run);
  job.data->rewind();
  const double seconds = seconds_per_batch(
      *job.data, count, [&](const auto& arguments) { job.sparsifier.forward(arguments); });
  std::cout << "{\"batch_seconds\": " << seconds << ", \"peak_mb\": " << peak_memory()
            << ", \"aggregates_mb\": " << aggregate_size(job.sparsifier) << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string mode = argv[2];
  const int count = argc > 3 ? std::atoi(argv[3]) : 16;
  const Config config = load_config(std::filesystem::path(argv[1]));
  if (mode == "plain") {
    print_plain(config, count);
  } else if (mode == "calibrate") {
    print_calibration(config, count);
  } else {
    keep_freed_memory();
    PreparedJob job = prepare(config, {});
    auto model = load_model(config.model.path);
    model.eval();
    switch_clone(job, config.run);
    print_ratio(model, job, count);
  }
  return 0;
}
