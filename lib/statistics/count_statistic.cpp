#include "statistics/kept_rows.h"
#include "statistics/statistic.h"

namespace actsparse {
namespace {

class CountStatistic final : public Statistic {
 public:
  CountStatistic(int64_t cells, double threshold)
      : counts_(static_cast<size_t>(cells)), threshold_(threshold), buffer_(kLongestTile) {}

  std::unique_ptr<Statistic> fresh() const override { return count_statistic(cells(), threshold_); }
  void take(const CellTile<float>& tile) override { take_tile(tile); }
  void take(const CellTile<double>& tile) override { take_tile(tile); }

  at::Tensor rows() const override {
    at::Tensor rows = new_rows(1, cells());
    double* to = row_of(rows, 0);
    for (const int64_t count : counts_) *to++ = static_cast<double>(count);
    return rows;
  }

  void add(const at::Tensor& rows) override {
    check_rows(rows, cells(), rows.size(0) == 1);
    check_counts(rows, 0);
    const double* from = row_of(rows, 0);
    for (int64_t& count : counts_) count += static_cast<int64_t>(*from++);
  }

  at::Tensor value(double elements) const override { return rows().select(0, 0).div_(elements); }

 private:
  int64_t cells() const { return static_cast<int64_t>(counts_.size()); }

  template <class T>
  void take_tile(const CellTile<T>& tile) {
    const auto& kernels = tile_kernels<T>();
    const auto count = tile.by_columns ? kernels.count_columns : kernels.count_rows;
    count(tile, static_cast<T>(threshold_), buffer_.data());
    for (int64_t i = 0; i < tile.outputs(); ++i)
      counts_[static_cast<size_t>(tile.cell(i))] += buffer_[static_cast<size_t>(i)];
  }

  std::vector<int64_t> counts_;
  double threshold_;
  std::vector<int64_t> buffer_;
};

}  // namespace

std::unique_ptr<Statistic> count_statistic(int64_t cells, double threshold) {
  return std::make_unique<CountStatistic>(cells, threshold);
}

}  // namespace actsparse
