#pragma once
// What a run did, in numbers: filled by the pipeline, printed as text or JSON (docs/files.md).
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "config/provenance.h"
#include "report/compact_report.h"
#include "sparsifier/compute_masks.h"
#include "sparsifier/mask_summary.h"

namespace actsparse {

struct LayerReport {
  std::string name;
  std::string type;
  int64_t calls = 0;
  bool has_features = false;
  std::optional<MaskSummary> mask;  ///< nothing before step()
  std::optional<double>
      requested;  ///< sparsity asked for, where the mask function has such a number
  std::vector<std::string> warnings;
};

struct VerificationReport {
  int64_t layers = 0;
  int64_t calls = 0;
  std::string input;  ///< what the written model was run on: "calibration batch" or "random values"
};

/// How the batches were run.
struct PrecisionReport {
  std::string requested = "exact", ran = "exact";  ///< "exact" or "fast"
  std::optional<double> max_difference;            ///< largest relative one; nothing: not compared
  std::string layer;                               ///< where it was
  std::string reason;                              ///< of falling back to "exact"
};

struct Timing {
  double load_seconds = 0;       ///< model, functions and data headers
  double calibrate_seconds = 0;  ///< the loop over the batches alone
  double total_seconds = 0;
  int64_t ranks = 1;  ///< processes that shared the batches; the seconds are rank 0's
};

/// What the whole run will take, by its first batch.
struct DryRun {
  int64_t batches = 0, samples = 0;  ///< of the whole data; samples 0 if not countable
  double estimated_seconds = 0;      ///< loading, and all batches like the first
  int64_t aggregate_bytes = 0;       ///< memory of the aggregates
  int64_t model_bytes = 0, state_bytes = 0, small_bytes = 0;  ///< of the files; 0: not asked for
};

struct Report {
  std::string command;
  Provenance origin;
  std::vector<LayerReport> layers;
  std::vector<std::string> warnings;         ///< those that belong to no layer that is left
  std::optional<PrecisionReport> precision;  ///< nothing if no batch was run
  std::optional<VerificationReport> verification;
  std::optional<CompactReport> compact;  ///< of the small model, if one was written
  std::optional<DryRun> dry_run;         ///< set if this was one
  std::vector<std::pair<std::string, std::string>>
      outputs;  ///< "model" -> name, relative to the output folder
  Timing timing;
};

/// One entry per record; `warnings` are spread over the layers they name.
std::vector<LayerReport> report_layers(const std::vector<LayerRecord>& records,
                                       const std::vector<LayerWarning>& warnings);

/// The document of docs/files.md: keys in a fixed order. Everything but "timing" depends on the
/// inputs alone.
nlohmann::ordered_json to_json(const Report& report);

/// The report that to_json() made this document of. Throws nlohmann::json::exception.
Report report_from_json(const nlohmann::ordered_json& document);

/// The same numbers for people.
void print_text(const Report& report, std::ostream& out);

/// Digests and versions, a line each.
void print_text(const Provenance& origin, std::ostream& out);

}  // namespace actsparse
