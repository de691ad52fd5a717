#include <cmath>
#include <limits>
#include <tuple>

#include "statistics/histogram.h"
#include "statistics/kept_histogram.h"
#include "statistics/kept_rows.h"
#include "statistics/statistic.h"

namespace actsparse {
namespace {

constexpr double kInfinite = 0x1p1023;  // or NaN: what is not below

class HistogramStatistic final : public Statistic {
 public:
  HistogramStatistic(int64_t cells, int64_t bins, const HistogramQuestion& question)
      : bins_(bins),
        question_(question),
        cells_(static_cast<size_t>(cells), Histogram(static_cast<size_t>(bins))) {}

  std::unique_ptr<Statistic> fresh() const override {
    return histogram_statistic(cells(), bins_, question_);
  }
  void take(const CellTile<float>& tile) override { take_tile(tile); }
  void take(const CellTile<double>& tile) override { take_tile(tile); }

  at::Tensor rows() const override {
    at::Tensor rows = new_rows(kFirstBin + bins_, cells());
    for (int64_t cell = 0; cell < cells(); ++cell) {
      const Histogram& histogram = cells_[static_cast<size_t>(cell)];
      row_of(rows, 0)[cell] = histogram.exponent;
      row_of(rows, 1)[cell] = static_cast<double>(histogram.specials);
      for (int64_t bin = 0; bin < bins_; ++bin)
        row_of(rows, kFirstBin + bin)[cell] =
            static_cast<double>(histogram.counts[static_cast<size_t>(bin)]);
    }
    return rows;
  }

  void add(const at::Tensor& rows) override {
    check_rows(rows, cells(), rows.size(0) == kFirstBin + bins_);
    check_histograms(rows, cells());
    for (int64_t cell = 0; cell < cells(); ++cell) add_cell(rows, cell);
  }

  at::Tensor value(double /*elements*/) const override {
    at::Tensor values = new_rows(1, cells()).select(0, 0);
    double* to = values.data_ptr<double>();
    for (const auto& histogram : cells_)
      *to++ = question_.is_quantile ? histogram.quantile(question_.at)
                                    : histogram.share_above(question_.at);
    return values;
  }

 private:
  int64_t cells() const { return static_cast<int64_t>(cells_.size()); }

  // Cell by cell, so that the counters at hand stay in the first-level cache.
  template <class T>
  void take_tile(const CellTile<T>& tile) {
    if (!make_room(tile)) return take_one_by_one(tile);
    const auto find_bins = tile_kernels<T>().find_bins;
    for (int64_t row = 0; row < tile.rows; ++row)
      find_bins(tile.data + row * tile.stride, scales_.data() + (tile.by_columns ? 0 : row),
                tile.by_columns ? 1 : 0, tile.columns, found_.data() + row * tile.columns);
    for (int64_t i = 0; i < tile.outputs(); ++i)
      counter_.count(found_.data() + i * (tile.by_columns ? 1 : tile.columns),
                     tile.by_columns ? tile.columns : 1, tile.by_columns ? tile.rows : tile.columns,
                     cell_of(tile, i).counts);
  }

  // Every histogram of the tile reaches its largest |x|, and scales_ is theirs. False if one is not
  // finite.
  template <class T>
  bool make_room(const CellTile<T>& tile) {
    std::vector<T>& largest = std::get<std::vector<T>>(largest_);
    const auto& kernels = tile_kernels<T>();
    (tile.by_columns ? kernels.extreme_columns : kernels.extreme_rows)(tile, Term::Magnitude, 1,
                                                                       largest.data());
    for (int64_t i = 0; i < tile.outputs(); ++i) {
      const auto size = static_cast<double>(largest[static_cast<size_t>(i)]);
      if (!(size < kInfinite)) return false;
      cell_of(tile, i).reach(size);
    }
    for (int64_t i = 0; i < tile.outputs(); ++i)
      scales_[static_cast<size_t>(i)] = cell_of(tile, i).bins_per_unit;
    return true;
  }

  template <class T>
  void take_one_by_one(const CellTile<T>& tile) {
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t column = 0; column < tile.columns; ++column)
        cell_of(tile, tile.by_columns ? column : row)
            .note(static_cast<double>(tile.data[row * tile.stride + column]));
  }

  template <class T>
  Histogram& cell_of(const CellTile<T>& tile, int64_t output) {
    return cells_[static_cast<size_t>(tile.cell(output))];
  }

  void add_cell(const at::Tensor& rows, int64_t cell) {
    Histogram other = kept_histogram(rows, cell);
    Histogram& own = cells_[static_cast<size_t>(cell)];
    const int wanted = std::max(own.exponent, other.exponent);
    own.grow_to(wanted);
    other.grow_to(wanted);
    own.specials += other.specials;
    for (size_t bin = 0; bin < own.counts.size(); ++bin) own.counts[bin] += other.counts[bin];
  }

  int64_t bins_;
  HistogramQuestion question_;
  std::vector<Histogram> cells_;
  BinCounter counter_;
  // of the tile at hand
  std::tuple<std::vector<float>, std::vector<double>> largest_{kLongestTile, kLongestTile};
  std::vector<double> scales_ = std::vector<double>(kLongestTile);
  std::vector<int32_t> found_ = std::vector<int32_t>(kLargestTile);
};

}  // namespace

std::unique_ptr<Statistic> histogram_statistic(int64_t cells, int64_t bins,
                                               const HistogramQuestion& question) {
  return std::make_unique<HistogramStatistic>(cells, bins, question);
}

}  // namespace actsparse
