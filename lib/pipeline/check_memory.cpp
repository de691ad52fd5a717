#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"
#include "base/saturating.h"
#include "functions/gram_aggregate.h"
#include "pipeline/prepared_job.h"

namespace actsparse {
namespace {

// OpenBLAS maps 128 MiB for each thread that multiplies matrices; the rest is for stacks and what
// LibTorch sets up at the first call.
constexpr int64_t kFirstThread = int64_t{192} << 20, kOtherThread = int64_t{144} << 20;

// What a step takes beside the grams, as copies of the largest: its mean, the covariance, its
// factor and inverse.
constexpr int64_t kCopies = 7;

}  // namespace

void check_memory(int64_t batch_bytes) {
  const MemoryLeft left = memory_left();
  if (batch_bytes > left.memory)
    throw Error(ErrorKind::Data, "a batch takes " + bytes_text(batch_bytes) +
                                     " of memory, but only " + bytes_text(left.memory) +
                                     " can be had: use a smaller data.batch_size");
  const int64_t work = kFirstThread + kOtherThread * (at::get_num_threads() - 1) + batch_bytes;
  if (work > left.address_space)
    throw Error(ErrorKind::Usage,
                "running a model takes at least " + bytes_text(work) + " of address space, but " +
                    bytes_text(left.address_space) +
                    " are left of the limit that is set: raise it (ulimit -v), or use fewer "
                    "--threads");
}

void check_grams(const std::vector<LayerRecord>& layers) {
  int64_t all = 0, largest = 0, count = 0;
  for (const auto& layer : layers) {
    const int64_t bytes = gram_bytes(*layer.settings.aggregate_fn);
    all = saturating_sum(all, bytes);
    largest = std::max(largest, bytes);
    count += bytes > 0 ? 1 : 0;
  }
  const int64_t needed = saturating_sum(all, saturating_product(kCopies, largest)),
                left = memory_left().memory;
  if (needed <= left) return;
  throw Error(ErrorKind::Config,
              fmt::format("the grams of {} layers take {} of memory, and {} when masks are chosen, "
                          "but only {} can be had: keep them over channels (\"except_dim\" in "
                          "place of \"patches\"), or mask fewer layers",
                          count, bytes_text(all), bytes_text(needed), bytes_text(left)));
}

}  // namespace actsparse
