// Every streaming statistic against a plain read of the same bytes (Google Benchmark). The counter
// "of_read" is the ratio of the two speeds: the read is timed in the same run, right before.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstring>

#include "functions/functions.h"

namespace {

using namespace actsparse;
using Clock = std::chrono::steady_clock;

// Adds up the words in vectors: what memory and caches can deliver.
void read_all(const at::Tensor& x) {
  using Words = uint64_t __attribute__((vector_size(64)));
  Words sums[4] = {};
  const char* bytes = static_cast<const char*>(x.data_ptr());
  for (size_t i = 0; i + sizeof sums <= x.nbytes(); i += sizeof sums)
    for (size_t part = 0; part < 4; ++part) {
      Words words;
      std::memcpy(&words, bytes + i + part * sizeof words, sizeof words);
      sums[part] += words;
    }
  benchmark::DoNotOptimize(sums);
}

double seconds_of(const std::function<void()>& call) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const auto start = Clock::now();
    call();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

at::Tensor laid_out(const at::Tensor& x, const std::string& layout) {
  if (layout == "channels_last") return x.contiguous(at::MemoryFormat::ChannelsLast);
  if (layout == "strided") return x.transpose(2, 3).contiguous().transpose(2, 3);
  return x;
}

void run(benchmark::State& state, const FunctionConfig& function, const std::string& layout) {
  const int64_t side = 32, channels = 64;
  const int64_t batch = state.range(0) * (1 << 18) / (side * side * channels);
  const at::Tensor x = laid_out(at::randn({batch, channels, side, side}).relu_(), layout);
  const auto aggregate = FunctionTable().aggregate(function)();
  aggregate->update(x);
  const double read = seconds_of([&] { read_all(x); });
  double best = 1e9;
  for (auto _ : state) {
    const auto start = Clock::now();
    aggregate->update(x);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(x.nbytes()));
  state.counters["of_read"] = read / best;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  at::manual_seed(0);
  for (const char* name : {"sum", "abs_mean", "rms", "std", "max", "nonzero", "histogram"})
    for (const char* layout : {"contiguous", "channels_last", "strided"}) {
      const FunctionConfig function{name, {{"except_dim", {1}}}, "bench"};
      benchmark::RegisterBenchmark(
          (std::string(name) + "/" + layout).c_str(),
          [function, layout](benchmark::State& state) { run(state, function, layout); })
          ->ArgName("MB")
          ->Arg(1)
          ->Arg(8)
          ->Arg(64);
    }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
