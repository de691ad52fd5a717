#include "sparsifier/batch_runs.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace actsparse {

std::vector<int64_t> batches_in(const std::vector<BatchRun>& runs) {
  std::vector<int64_t> batches;
  for (const auto& run : runs)
    for (int64_t i = 0; i < run.count; ++i) batches.push_back(run.first + i * run.step);
  std::sort(batches.begin(), batches.end());
  return batches;
}

std::vector<int64_t> batches_missing(const std::vector<BatchRun>& runs, int64_t total) {
  std::vector<int64_t> all(static_cast<size_t>(total)), missing;
  std::iota(all.begin(), all.end(), 0);
  const auto seen = batches_in(runs);
  std::set_difference(all.begin(), all.end(), seen.begin(), seen.end(),
                      std::back_inserter(missing));
  return missing;
}

std::vector<BatchRun> runs_of(const std::vector<int64_t>& batches) {
  std::vector<BatchRun> runs;
  for (const int64_t batch : batches) {
    if (!runs.empty()) {
      BatchRun& last = runs.back();
      if (last.count == 1) last.step = batch - last.first;
      if (batch == last.first + last.step * last.count) {
        ++last.count;
        continue;
      }
    }
    runs.push_back({batch, 1, 1});
  }
  return runs;
}

std::string batches_text(const std::vector<int64_t>& batches) {
  constexpr size_t kShown = 8;
  std::string text = batches.size() == 1 ? "batch " : "batches ";
  for (size_t i = 0; i < std::min(batches.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(batches[i] + 1);
  if (batches.size() > kShown) text += ", ... (" + std::to_string(batches.size()) + " in all)";
  return text;
}

}  // namespace actsparse
