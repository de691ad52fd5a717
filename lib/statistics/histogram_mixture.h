#pragma once
// Several histograms as one distribution.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace actsparse {

/// All elements that the cells of a histogram statistic have counted, |x| of each cell times a
/// factor of its own. Within a bin |x| is taken as spread evenly, as the statistic itself does.
class HistogramMixture {
 public:
  /// `rows`: what the statistic keeps, float64 [rows, cells]; `factors`: float64 [cells], finite,
  /// not negative. Throws Error(State) if `rows` cannot be a histogram's.
  HistogramMixture(const at::Tensor& rows, const at::Tensor& factors);

  /// Share of the elements that are at most `size`; NaN if there are none, or one is not finite.
  double share_up_to(double size) const;

  /// The smallest size up to which a share `q` of the elements lies, to the last bit of what
  /// share_up_to() tells; NaN likewise.
  double quantile(double q) const;

 private:
  struct Cell {
    double width = 0;           // of a bin, the factor in it; 0: all elements are 0
    std::vector<double> up_to;  // elements before each bin, and in all
    double count_up_to(double size) const;
  };

  double count_up_to(double size) const;
  double end() const;  // no element is larger

  std::vector<Cell> cells_;
  double total_ = 0;
  bool has_specials_ = false;
};

}  // namespace actsparse
