#pragma once
// A picture of curves, as SVG.
#include <string>
#include <utility>
#include <vector>

namespace actsparse {

struct Curve {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< x, y; those that are not finite are left out
};

struct LineChart {
  std::string title, x_label, y_label;
  bool log_y = false;  ///< values of 0 and less are then left out, small ones drawn as a millionth
                       ///< of the highest
  std::vector<Curve> curves;
};

/// A document of its own, with a legend; texts are escaped. The same chart gives the same bytes.
std::string svg_of(const LineChart& chart);

}  // namespace actsparse
