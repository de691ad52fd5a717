#include "report/line_chart.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace actsparse {
namespace {

constexpr double kLeft = 70, kTop = 40, kWidth = 520, kHeight = 360, kLegend = 320, kLine = 16;

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '&')
      safe += "&amp;";
    else if (letter == '<')
      safe += "&lt;";
    else if (letter == '>')
      safe += "&gt;";
    else if (letter == '"')
      safe += "&quot;";
    else if (static_cast<unsigned char>(letter) >= 0x20)
      safe += letter;
  }
  return safe;
}

std::string text_at(double x, double y, const std::string& text, const std::string& more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, more, escaped(text));
}

// Along the golden angle: neighbours differ however many there are.
std::string colour(size_t curve) {
  return fmt::format("hsl({:.0f},65%,42%)", std::fmod(static_cast<double>(curve) * 137.508, 360));
}

constexpr double kDecades =
    6;  // of a logarithmic axis: a loss of nothing but rounding shows no more

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // With some room where all values are one; from 0 to 1 where there is none.
  Range filled() const {
    if (low > high) return {0, 1};
    return low == high ? Range{low - 0.5, high + 0.5} : *this;
  }
  double share(double value) const { return (std::max(value, low) - low) / (high - low); }
};

// From axis values to the picture.
class Plot {
 public:
  explicit Plot(const LineChart& chart) : chart_(chart) {
    for (const auto& curve : chart.curves)
      for (const auto& [x, y] : curve.points)
        if (is_shown(x, y)) {
          xs_.take(x);
          ys_.take(scaled(y));
        }
    if (!chart.log_y && xs_.low <= xs_.high) ys_.take(0);
    xs_ = xs_.filled();
    if (chart.log_y) ys_.low = std::max(ys_.low, ys_.high - kDecades);
    ys_ = ys_.filled();
  }

  bool is_shown(double x, double y) const {
    return std::isfinite(x) && std::isfinite(y) && (!chart_.log_y || y > 0);
  }

  std::string line_of(const Curve& curve, size_t number) const {
    std::string points, dots;
    for (const auto& [x, y] : curve.points) {
      if (!is_shown(x, y)) continue;
      points += fmt::format("{:.1f},{:.1f} ", at_x(x), at_y(scaled(y)));
      dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\"/>", at_x(x),
                          at_y(scaled(y)), colour(number));
    }
    return fmt::format(
        "<g><title>{}</title><polyline points=\"{}\" fill=\"none\" stroke=\"{}\" "
        "stroke-width=\"1.5\"/>{}</g>\n",
        escaped(curve.name), points, colour(number), dots);
  }

  std::string axes() const {
    std::string lines;
    constexpr int kTicks = 5;
    for (int i = 0; i <= kTicks; ++i) {
      const double x = xs_.low + (xs_.high - xs_.low) * i / kTicks;
      const double y = ys_.low + (ys_.high - ys_.low) * i / kTicks;
      lines += fmt::format("<path d=\"M{0:.1f} {1:.1f}h{2:.1f}\" stroke=\"#ddd\"/>\n", kLeft,
                           at_y(y), kWidth);
      lines +=
          text_at(kLeft - 6, at_y(y) + 4, fmt::format("{:.2g}", chart_.log_y ? std::pow(10, y) : y),
                  "text-anchor=\"end\"");
      lines +=
          text_at(at_x(x), kTop + kHeight + 18, fmt::format("{:.3g}", x), "text-anchor=\"middle\"");
    }
    return lines;
  }

 private:
  double scaled(double y) const { return chart_.log_y ? std::log10(y) : y; }
  double at_x(double x) const { return kLeft + kWidth * xs_.share(x); }
  double at_y(double y) const { return kTop + kHeight * (1 - ys_.share(y)); }

  const LineChart& chart_;
  Range xs_, ys_;
};

}  // namespace

std::string svg_of(const LineChart& chart) {
  const double rows = kLine * static_cast<double>(chart.curves.size());
  const double width = kLeft + kWidth + kLegend;
  const double height = std::max(kTop + kHeight + 50, kTop + rows + 20);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      width, height);
  const Plot plot(chart);
  svg += text_at(kLeft, 22, chart.title, "font-size=\"14\"") + plot.axes();
  svg += text_at(kLeft + kWidth / 2, kTop + kHeight + 38, chart.x_label, "text-anchor=\"middle\"");
  svg += text_at(kLeft, kTop - 6, chart.y_label);
  for (size_t i = 0; i < chart.curves.size(); ++i) {
    const double y = kTop + 12 + kLine * static_cast<double>(i);
    svg += plot.line_of(chart.curves[i], i);
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}h14\" stroke=\"{}\" stroke-width=\"3\"/>\n",
                       kLeft + kWidth + 16, y - 4, colour(i));
    svg += text_at(kLeft + kWidth + 36, y, chart.curves[i].name);
  }
  return svg + "</svg>\n";
}

}  // namespace actsparse
