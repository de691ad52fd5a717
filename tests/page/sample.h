#pragma once
// Reports as commands write them, cut short.
#include <string>

#include "page/page.h"

namespace actsparse {

inline ReportJson sample_layer(const std::string& name) {
  return {{"name", name},
          {"type", "Conv2d"},
          {"calls", 16},
          {"mask_shape", {16, 4, 4}},
          {"kept", 154},
          {"total", 256},
          {"sparsity_requested", 0.4},
          {"sparsity_effective", 0.3984375},
          {"warnings", ReportJson::array()}};
}

inline ReportJson sample_evaluation() {
  return ReportJson::parse(R"({
    "baseline": {"model": "net.pt", "metrics": {"accuracy": {"value": 0.99, "low": 0.98, "high": 0.995, "n": 360}}},
    "candidates": [{"model": "net.masked.pt", "passed": false, "warnings": ["few samples"],
      "metrics": {"accuracy": {"value": 0.92, "low": 0.88, "high": 0.94, "n": 360, "drop": {"value": 0.07, "low": 0.04, "high": 0.1}},
                  "kl": {"value": "inf", "low": null, "high": null, "n": 360}},
      "gates": [{"metric": "accuracy", "output": "", "kind": "max_drop", "limit": 0.01, "value": 0.07, "passed": false}]}],
    "data": {"of": "evaluate.data", "sha256": "ee", "one_batch_only": false},
    "batches": 4, "samples": 360, "warnings": []})");
}

inline ReportJson sample_run(size_t layers = 2) {
  ReportJson report = ReportJson::parse(R"({
    "version": 1, "command": "run", "tool_version": "0.1.0", "libtorch_version": "1.13.0",
    "model": {"path": "net.pt", "sha256": "aa", "method": "forward", "mode": "eval"},
    "data": {"sha256": "bb", "batches": 16, "samples": 512},
    "config": {"sha256": "cc", "step_sha256": null}, "functions": [{"file": "f.py", "sha256": "dd"}],
    "layers": [], "warnings": ["layer 'aux': never called"],
    "precision": {"requested": "fast", "ran": "exact", "reason": "too far"},
    "verification": {"passed": true, "layers": 2, "calls": 2, "input": "calibration batch"},
    "outputs": {"model": "net.masked.pt"},
    "timing": {"load_seconds": 0.2, "calibrate_seconds": 0.1, "total_seconds": 2.5, "batches": 16, "samples": 512, "ranks": 1}})");
  for (size_t i = 0; i < layers; ++i)
    report["layers"].push_back(sample_layer("block." + std::to_string(i) + ".conv"));
  report["evaluation"] = sample_evaluation();
  return report;
}

inline ReportJson sample_compact() {
  return ReportJson::parse(R"({
    "version": 1, "command": "compact", "model": "net.masked.pt",
    "layers": [{"name": "fc", "channels": 8, "masked": 4, "removed": 3, "kept": [{"channels": 1, "because": "read by 'conv'"}]}],
    "parameters": {"before": 1000, "after": 250}, "macs": {"before": 84224, "after": 42112},
    "file_bytes": {"before": 46294, "after": 36700},
    "equality": {"passed": true, "tolerance": 1e-5, "inputs": [{"input": "[2, 3]", "relative": 0.0}]},
    "warnings": [], "outputs": {"model": "small.pt"},
    "timing": {"unmasked_seconds": 0.004, "masked_seconds": 0.005, "small_seconds": 0.001, "total_seconds": 1.0, "warnings": ["not faster"]}})");
}

inline ReportJson sample_sensitivity(size_t groups = 2) {
  ReportJson report = {{"version", 1},   {"command", "sensitivity"},
                       {"metric", "kl"}, {"data", "search.data"},
                       {"samples", 360}, {"groups", ReportJson::array()}};
  for (size_t i = 0; i < groups; ++i) {
    ReportJson group = {{"layers", {"g" + std::to_string(i)}}, {"points", ReportJson::array()}};
    for (const double level : {0.125, 0.25, 0.5, 0.75})
      group["points"].push_back(
          {{"level", level},
           {"macs", 1 - level / 2},
           {"metrics", {{"kl", {{"value", level * level * static_cast<double>(i + 1)}}}}}});
    report["groups"].push_back(group);
  }
  report["not_tried"] = {{{"layer", "head"}, {"reason", "no level"}}};
  return report;
}

inline ReportJson sample_search() {
  ReportJson report = ReportJson::parse(R"({
    "version": 1, "command": "search", "budget": {"macs": 0.4, "holds": ["accuracy >= 0.98"]}, "metric": "kl",
    "groups": [["conv1", "conv2"], ["fc"]],
    "points": [{"levels": [0.375, 0.5], "macs": 0.35, "parameters": 0.37, "predicted": {"kl": 0.006},
                "measured": {"kl": 0.005, "agreement": 1.0}, "note": "allocated by loss^1", "meets": true, "chosen": true},
               {"levels": [0.5, 0.5], "macs": 0.33, "parameters": null, "predicted": {"kl": 0.007}, "measured": null,
                "note": "allocated by loss^0.5", "meets": true, "chosen": false}],
    "frontier": [{"macs": 1.0, "predicted": 0.0}, {"macs": 0.5, "predicted": 0.003}],
    "met": false, "unmet": "accuracy is 0.97", "outputs": {}, "warnings": [], "timing": {"total_seconds": 3.0}})");
  report["check"] = sample_evaluation();
  report["sensitivity"] = sample_sensitivity();
  return report;
}

/// Of the page the part that people see: without styles, scripts and data.
inline std::string body_of(const std::string& page) {
  const size_t begin = page.find("<main>"), end = page.find("</main>");
  return page.substr(begin, end - begin);
}

}  // namespace actsparse
