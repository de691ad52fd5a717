#include <algorithm>
#include <cmath>
#include <utility>

#include "statistics/exact_sums.h"
#include "statistics/grids.h"
#include "statistics/kept_rows.h"
#include "statistics/statistic.h"

namespace actsparse {
namespace {

class SumStatistic final : public Statistic {
 public:
  SumStatistic(int64_t cells, std::vector<Term> terms, Finish finish)
      : terms_(std::move(terms)), finish_(std::move(finish)), buffer_(3 * kLongestTile) {
    for (size_t i = 0; i < terms_.size(); ++i) sums_.emplace_back(cells);
  }

  std::unique_ptr<Statistic> fresh() const override {
    return sum_statistic(sums_.front().cells(), terms_, finish_);
  }
  void take(const CellTile<float>& tile) override { take_tile(tile); }
  void take(const CellTile<double>& tile) override { take_tile(tile); }

  // [as many rows as the term with the most parts has, for each term], cells
  at::Tensor rows() const override {
    std::vector<std::vector<std::vector<double>>> parts;
    size_t most = 0;
    for (const auto& sums : sums_) {
      parts.push_back(sums.canonical());
      most = std::max(most, parts.back().size());
    }
    at::Tensor rows = new_rows(static_cast<int64_t>(most * sums_.size()), sums_.front().cells());
    for (size_t term = 0; term < parts.size(); ++term)
      for (size_t i = 0; i < parts[term].size(); ++i)
        std::copy(parts[term][i].begin(), parts[term][i].end(),
                  row_of(rows, static_cast<int64_t>(term * most + i)));
    return rows;
  }

  void add(const at::Tensor& rows) override {
    const auto terms = static_cast<int64_t>(sums_.size());
    check_rows(rows, sums_.front().cells(), rows.size(0) > 0 && rows.size(0) % terms == 0);
    const int64_t each = rows.size(0) / terms;
    for (int64_t i = 0; i < rows.size(0); ++i) {
      ExactSums& sums = sums_[static_cast<size_t>(i / each)];
      const double* row = row_of(rows, i);
      for (int64_t cell = 0; cell < sums.cells(); ++cell) add_any(sums, cell, row[cell]);
    }
  }

  at::Tensor value(double elements) const override {
    const int64_t cells = sums_.front().cells();
    at::Tensor values = new_rows(1, cells).select(0, 0);
    auto* to = values.data_ptr<double>();
    std::vector<long double> sums(sums_.size());
    for (int64_t cell = 0; cell < cells; ++cell) {
      for (size_t i = 0; i < sums_.size(); ++i) sums[i] = sums_[i].value(cell);
      to[cell] = finish_(sums, elements);
    }
    return values;
  }

 private:
  static void add_any(ExactSums& sums, int64_t cell, double term) {
    if (std::isfinite(term))
      sums.add(cell, term);
    else
      sums.add_special(cell, term);
  }

  template <class T>
  void take_tile(const CellTile<T>& tile) {
    for (size_t i = 0; i < terms_.size(); ++i)
      if (!sum_at_once(tile, terms_[i], sums_[i])) sum_in_levels(tile, terms_[i], sums_[i]);
  }

  // The cheapest way: most tiles of most layers sum up without rounding. After one that does not,
  // the next ones are not tried: they tend to be alike.
  template <class T>
  bool sum_at_once(const CellTile<T>& tile, Term term, ExactSums& sums) {
    constexpr int kNotTried = 15;
    if (term == Term::Square || not_tried_ > 0) {
      not_tried_ = std::max(0, not_tried_ - 1);
      return false;
    }
    const auto& kernels = tile_kernels<T>();
    const auto sum = tile.by_columns ? kernels.sum_columns_once : kernels.sum_rows_once;
    const bool is_exact = sum(tile, term, buffer_.data());
    double zero = 0;  // NaN if any sum is not finite
    for (int64_t i = 0; i < tile.outputs(); ++i) zero += buffer_[static_cast<size_t>(i)] * 0;
    if (!is_exact || zero != 0) {
      not_tried_ = kNotTried;
      return false;
    }
    deposit(tile, buffer_.data(), sums);
    return true;
  }

  template <class T>
  void sum_in_levels(const CellTile<T>& tile, Term term, ExactSums& sums) {
    const auto& kernels = tile_kernels<T>();
    const int64_t added = tile.by_columns ? tile.rows : tile.columns;
    const auto grids = grids_for<T>(kernels.range(tile), term, added);
    if (!grids) return sum_one_by_one(tile, term, sums);
    (tile.by_columns ? kernels.sum_columns : kernels.sum_rows)(tile, term, *grids, buffer_.data());
    for (int level = 0; level < grids->levels; ++level)
      deposit(tile, buffer_.data() + level * tile.outputs(), sums);
  }

  template <class T>
  static void sum_one_by_one(const CellTile<T>& tile, Term term, ExactSums& sums) {
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t column = 0; column < tile.columns; ++column) {
        const double x = tile.data[row * tile.stride + column];
        add_any(sums, tile.cell(tile.by_columns ? column : row),
                term == Term::Square      ? x * x
                : term == Term::Magnitude ? std::fabs(x)
                                          : x);
      }
  }

  template <class T>
  static void deposit(const CellTile<T>& tile, double* terms, ExactSums& sums) {
    if (tile.by_columns) return sums.add_row(tile.first_cell, terms, tile.columns);
    for (int64_t row = 0; row < tile.rows; ++row) sums.add(tile.cell(row), terms[row]);
  }

  std::vector<Term> terms_;
  Finish finish_;
  std::vector<ExactSums> sums_;  // one per term
  std::vector<double> buffer_;
  int not_tried_ = 0;
};

}  // namespace

std::unique_ptr<Statistic> sum_statistic(int64_t cells, std::vector<Term> terms, Finish finish) {
  return std::make_unique<SumStatistic>(cells, std::move(terms), std::move(finish));
}

}  // namespace actsparse
