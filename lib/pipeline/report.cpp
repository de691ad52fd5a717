#include <algorithm>

#include "base/error.h"
#include "page/read_reports.h"
#include "page/report_parts.h"
#include "page/write_page.h"
#include "pipeline/requests.h"
#include "report/answer.h"
#include "report/state_figures.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

bool has_masks(const StateDict& state) {
  return std::any_of(state.layers.begin(), state.layers.end(),
                     [](const auto& layer) { return layer.gate.has_value(); });
}

// A step with another config makes other masks of the same calibration.
bool is_of(const StateDict& state, const ReportJson& report) {
  const ReportJson& origin = provenance_part(report);
  const auto same = [&](std::initializer_list<const char*> path, const std::string& digest) {
    return text(origin, path) == digest;
  };
  return same({"model", "sha256"}, state.meta.model_digest) &&
         same({"config", "sha256"}, state.meta.config_digest) &&
         (!has_masks(state) || same({"config", "step_sha256"}, state.meta.step_config_digest));
}

// The layers of a report's states.
struct StateLayers {
  std::vector<LayerRecord> seen, masked;

  void take(const StateDict& state) { (has_masks(state) ? masked : seen) = state.layers; }
};

void draw_states(const std::vector<fs::path>& states, std::vector<PageReport>& reports) {
  std::vector<StateLayers> layers(reports.size());
  for (const auto& path : states) {
    const StateDict state = read_state(path);
    bool is_known = false;
    for (size_t i = 0; i < reports.size(); ++i) {
      if (!is_of(state, reports[i].document)) continue;
      layers[i].take(state);
      is_known = true;
    }
    if (!is_known)
      throw Error(ErrorKind::State, path.string() +
                                        ": is the state of another job: none of the reports has "
                                        "its model and config (by their SHA-256)");
  }
  for (size_t i = 0; i < reports.size(); ++i)
    reports[i].figures = layer_figures(layers[i].seen, layers[i].masked);
}

}  // namespace

Answer perform(const ReportRequest& request) {
  std::vector<fs::path> inputs = request.reports;
  inputs.insert(inputs.end(), request.states.begin(), request.states.end());
  check_page(request.page_out, inputs);
  auto reports = read_page_reports(request.reports);
  draw_states(request.states, reports);
  return write_page(reports, request.page_out);
}

}  // namespace actsparse
