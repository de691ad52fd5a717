#include <algorithm>
#include <cmath>

#include "statistics/kept_rows.h"
#include "statistics/statistic.h"

namespace actsparse {
namespace {

class ExtremeStatistic final : public Statistic {
 public:
  ExtremeStatistic(int64_t cells, Term term, int sign, double start)
      : term_(term),
        sign_(sign),
        start_(start),
        extremes_(static_cast<size_t>(cells), start),
        floats_(kLongestTile),
        doubles_(kLongestTile) {}

  std::unique_ptr<Statistic> fresh() const override {
    return extreme_statistic(cells(), term_, sign_, start_);
  }
  void take(const CellTile<float>& tile) override { take_tile(tile, floats_); }
  void take(const CellTile<double>& tile) override { take_tile(tile, doubles_); }

  at::Tensor rows() const override {
    at::Tensor rows = new_rows(1, cells());
    std::copy(extremes_.begin(), extremes_.end(), row_of(rows, 0));
    return rows;
  }

  void add(const at::Tensor& rows) override {
    check_rows(rows, cells(), rows.size(0) == 1);
    for (int64_t cell = 0; cell < cells(); ++cell) note(cell, row_of(rows, 0)[cell]);
  }

  at::Tensor value(double /*elements*/) const override { return rows().select(0, 0); }

 private:
  int64_t cells() const { return static_cast<int64_t>(extremes_.size()); }

  void note(int64_t cell, double x) {
    double& extreme = extremes_[static_cast<size_t>(cell)];
    if (std::isnan(x) || x * sign_ > extreme * sign_) extreme = x;  // NaN wins, and stays
  }

  template <class T>
  void take_tile(const CellTile<T>& tile, std::vector<T>& buffer) {
    const auto& kernels = tile_kernels<T>();
    const auto extreme = tile.by_columns ? kernels.extreme_columns : kernels.extreme_rows;
    extreme(tile, term_, sign_, buffer.data());
    for (int64_t i = 0; i < tile.outputs(); ++i)
      note(tile.cell(i), static_cast<double>(buffer[static_cast<size_t>(i)]));
  }

  Term term_;
  int sign_;
  double start_;
  std::vector<double> extremes_;
  std::vector<float> floats_;
  std::vector<double> doubles_;
};

}  // namespace

std::unique_ptr<Statistic> extreme_statistic(int64_t cells, Term term, int sign, double start) {
  return std::make_unique<ExtremeStatistic>(cells, term, sign, start);
}

}  // namespace actsparse
