#pragma once
// What compacting a model did, in numbers: printed as text or JSON (docs/compact.md).
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compact/difference.h"
#include "compact/masked_channels.h"
#include "report/evaluation_report.h"
#include "report/table.h"

namespace actsparse {

struct BeforeAfter {
  int64_t before = 0, after = 0;
};

/// Median seconds of a call, the three models run in turn, each frozen and optimized as
/// torch.jit.freeze does.
struct Latency {
  double unmasked = 0, masked = 0, small = 0;
  int64_t rounds = 0, threads = 0, batch_size = 0;
};

struct CompactReport {
  std::vector<MaskedChannels> layers;
  BeforeAfter parameters, macs,
      bytes;  ///< macs of one sample, of all input if it has no number of them
  std::vector<Difference> differences;  ///< one per input the written file was compared on
  double tolerance = 0;                 ///< for the relative difference
  Latency latency;
  std::vector<std::string> warnings;
  double total_seconds = 0;
};

/// "; kept most often: 12 read by 'conv3', 4 model output" of the masks' channels that are kept,
/// over all layers; empty if there are none.
std::string most_kept(const std::vector<MaskedChannels>& layers);

/// That the small model is not faster than the masked one: apart from the report's warnings, which
/// depend on the inputs alone.
std::vector<std::string> timing_warnings(const CompactReport& report);

/// As a section of another report: all but the times, which are apart.
nlohmann::ordered_json to_json(const CompactReport& report);
nlohmann::ordered_json compact_timing_json(const CompactReport& report);
/// Each throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, CompactReport& report);
void compact_timing_from_json(const nlohmann::ordered_json& part, CompactReport& report);

Rows rows(const CompactReport& report);

/// What the command 'compact' has to say.
struct CompactResult : CompactReport {
  std::string masked, small;  ///< file names
  EvaluationReport evaluation;
};
nlohmann::ordered_json to_json(const CompactResult& result);
Rows rows(const CompactResult& result);

}  // namespace actsparse
