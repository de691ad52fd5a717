#pragma once
// What the page's script draws: data, and the places that wait for the pictures.
#include <string>
#include <utility>
#include <vector>

#include "page/layer_figures.h"
#include "page/report_json.h"

namespace actsparse {

/// Points that belong together.
struct ChartSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< x, y; what is not finite is left out
  bool is_line = true;                            ///< else points alone
  bool is_marked = false;                         ///< stands out
};

struct Chart {
  std::string title, x_label, y_label;
  bool log_y = false;  ///< values of 0 and less are then left out
  bool x_percent = false, y_percent = false;
  std::vector<ChartSeries> series;
};

/// All charts of one page, by number.
class Charts {
 public:
  /// Each returns the HTML of the place; empty if there is nothing to be drawn.
  std::string add(const Chart& chart);
  std::string add(const std::string& title, const ActivationHistogram& histogram);
  /// A row of cells, without a frame.
  std::string add(const ChannelMap& map);

  const ReportJson& data() const { return data_; }

 private:
  std::string place(const std::string& title, const std::string& kind, ReportJson drawing);

  ReportJson data_ = ReportJson::array();
};

}  // namespace actsparse
