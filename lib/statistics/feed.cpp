#include <ATen/Parallel.h>

#include <mutex>

#include "statistics/statistic.h"

namespace actsparse {

void feed(Statistic& statistic, const at::Tensor& tensor, const std::vector<bool>& reduced) {
  constexpr int64_t kWorthAThread = 1 << 16;  // elements: some 10 microseconds
  const Tiles tiles(tensor, reduced);
  if (tiles.count() == 0) return;
  if (at::get_num_threads() == 1 || tensor.numel() < 2 * kWorthAThread)
    return tiles.give(0, tiles.count(), statistic);
  const int64_t grain = std::max<int64_t>(1, tiles.count() * kWorthAThread / tensor.numel());
  std::mutex mutex;
  at::parallel_for(0, tiles.count(), grain, [&](int64_t begin, int64_t end) {
    const auto part = statistic.fresh();
    tiles.give(begin, end, *part);
    const std::lock_guard<std::mutex> lock(mutex);
    statistic.add(part->rows());
  });
}

}  // namespace actsparse
