#include <fstream>

#include "base/error.h"
#include "data/torch_archive.h"
#include "pipeline/pipeline.h"
#include "report/answer.h"
#include "report/provenance_rows.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

bool is_json(const fs::path& path) {
  char first = 0;
  return (std::ifstream(path) >> first) && first == '{';
}

// Anything else that cannot be read is best told as a model.
bool is_state(const fs::path& path) try {
  return TorchArchive(path.string(), ErrorKind::State).pickle().find("data_groups") !=
         std::string::npos;
} catch (const Error&) {
  return false;
}

Report read_report(const fs::path& path) try {
  std::ifstream file(path);
  return report_from_json(nlohmann::ordered_json::parse(file));
} catch (const nlohmann::json::exception& cause) {
  throw Error(ErrorKind::State, path.string() + ": is JSON, but no report of actsparse " +
                                    "(output.report, --json): " + cause.what());
}

Report report_of_state(const fs::path& path) {
  const StateDict state = read_state(path);
  Report report;
  report.command = "inspect";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, {});
  return report;
}

Answer with_origin(Report report) {
  const auto shared = std::make_shared<const Report>(std::move(report));
  return {[shared] { return to_json(*shared); },
          [shared](std::ostream& out) {
            print_text(shared->origin, out);
            print_text(*shared, out);
          }};
}

}  // namespace

std::variant<Inspection, Report> inspect(const fs::path& file, const Config* config,
                                         const RunOptions& options) {
  const bool is_report = is_json(file);
  if (!is_report && !is_state(file)) return inspect_model(file, config, options);
  if (config != nullptr)
    throw Error(ErrorKind::Usage, file.string() + ": a config goes with a model, not with a " +
                                      (is_report ? "report" : "state"));
  return is_report ? read_report(file) : report_of_state(file);
}

Answer perform(const InspectRequest& request, const RunOptions& options) {
  if (request.groups) return inspect_groups(request.file, request.config.value(), options);
  auto found = inspect(request.file, request.config ? &*request.config : nullptr, options);
  if (auto* report = std::get_if<Report>(&found)) return with_origin(std::move(*report));
  return std::get<Inspection>(std::move(found));
}

}  // namespace actsparse
