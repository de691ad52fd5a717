#pragma once
// A report with one layer of every sort.
#include "report/report.h"

namespace actsparse {

inline Report sample_report() {
  Report report;
  report.command = "run";
  report.origin = {"0.1.0", "1.13.0", "m.pt", "aa", "forward", "eval",
                   "bb",    3,        24,     "cc", "",        {{"f.py", "dd"}}};
  LayerReport whole{"block.conv", "Conv2d", 6, false, MaskSummary{{{16, 4, 4}}, 64, 256}, 0.7, {}};
  LayerReport features{
      "fc", "Linear", 3, true, MaskSummary{{{1}, {1}}, 0, 2}, {}, {"the mask is all zero"}};
  LayerReport root{"", "Net", 3, false, {}, 0.5, {}};
  report.layers = {whole, features, root};
  report.warnings = {"layer 'aux': never called"};
  report.precision = PrecisionReport{{2.5e-7, "fc", ""}, "fast", "fast"};
  report.verification = VerificationReport{2, 9, "calibration batch"};
  report.outputs = {{"model", "masked.pt"}, {"state", "state.pt"}};
  report.timing = {0.25, 1.5, 2.125};
  return report;
}

inline CompactReport sample_compact() {
  CompactReport report;
  report.layers = {{"fc", 8, 4, 3, 0, 1, {{1, "read by 'conv'"}}}, {"", 8, 4, 0, 4, 0, {{4, "x"}}}};
  report.parameters = {100, 25};
  report.macs = {1000, 250};
  report.bytes = {400, 100};
  report.differences = {{2e-7, 1e-6, true, "[2, 3]"}};
  report.tolerance = 1e-5;
  report.latency = {0.4, 0.5, 0.1, 15, 1, 2};
  report.total_seconds = 2.5;
  return report;
}

}  // namespace actsparse
