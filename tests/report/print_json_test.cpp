#include "report/sample.h"
#include "support/catch.h"

using namespace actsparse;

TEST_CASE("A report as JSON has every key, in a fixed order", "[report]") {
  CHECK(to_json(sample_report()).dump(1, ' ') == R"({
 "version": 1,
 "command": "run",
 "tool_version": "0.1.0",
 "libtorch_version": "1.13.0",
 "model": {
  "path": "m.pt",
  "sha256": "aa",
  "method": "forward",
  "mode": "eval"
 },
 "data": {
  "sha256": "bb",
  "batches": 3,
  "samples": 24
 },
 "config": {
  "sha256": "cc",
  "step_sha256": null
 },
 "functions": [
  {
   "file": "f.py",
   "sha256": "dd"
  }
 ],
 "layers": [
  {
   "name": "block.conv",
   "type": "Conv2d",
   "calls": 6,
   "mask_shape": [
    16,
    4,
    4
   ],
   "kept": 64,
   "total": 256,
   "sparsity_requested": 0.7,
   "sparsity_effective": 0.75,
   "warnings": []
  },
  {
   "name": "fc",
   "type": "Linear",
   "calls": 3,
   "mask_shape": [
    [
     1
    ],
    [
     1
    ]
   ],
   "kept": 0,
   "total": 2,
   "sparsity_requested": null,
   "sparsity_effective": 1.0,
   "warnings": [
    "the mask is all zero"
   ]
  },
  {
   "name": "",
   "type": "Net",
   "calls": 3,
   "mask_shape": null,
   "kept": null,
   "total": null,
   "sparsity_requested": 0.5,
   "sparsity_effective": null,
   "warnings": []
  }
 ],
 "warnings": [
  "layer 'aux': never called"
 ],
 "precision": {
  "requested": "fast",
  "ran": "fast",
  "max_difference": 2.5e-07,
  "layer": "fc",
  "reason": null
 },
 "verification": {
  "passed": true,
  "layers": 2,
  "calls": 9,
  "input": "calibration batch"
 },
 "outputs": {
  "model": "masked.pt",
  "state": "state.pt"
 },
 "timing": {
  "load_seconds": 0.25,
  "calibrate_seconds": 1.5,
  "total_seconds": 2.125,
  "batches": 3,
  "samples": 24,
  "ranks": 1
 }
})");
}

TEST_CASE("A report without layers, files and verification still has all keys", "[report]") {
  const auto document = to_json(Report{});
  CHECK(document["layers"].dump() == "[]");
  CHECK(document["outputs"].dump() == "{}");
  CHECK(document["verification"].is_null());
  CHECK(document.size() == to_json(sample_report()).size());
}
