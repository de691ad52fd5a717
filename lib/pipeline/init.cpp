#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/nearest.h"
#include "config/preset.h"
#include "pipeline/init_data.h"
#include "pipeline/init_layers.h"
#include "pipeline/outputs.h"
#include "pipeline/pipeline.h"
#include "report/answer.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct FirstConfig {
  ordered_json config;
  InitialLayers layers;
};

Config parsed(const ordered_json& config, const fs::path& folder) {
  return parse_config(config.dump(), folder, "the config that was made");
}

ordered_json start_of(const InitRequest& request, const fs::path& folder) {
  const auto model = fs::proximate(fs::absolute(request.model), fs::absolute(folder));
  return {{"version", 1}, {"model", {{"path", model.generic_string()}}}};
}

// What the model does with the likeliest form of the data that it takes. If it takes none: why not
// the files as they are.
Inspection inspect_likely(const InitRequest& request, const fs::path& folder,
                          const RunOptions& options, ordered_json& config) {
  std::optional<Error> first;
  for (auto& data : likely_data(request.data, folder)) try {
      config["data"] = std::move(data);
      const Config tried = parsed(config, folder);
      return inspect_model(request.model, &tried, options);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Data) throw;
      if (!first) first = error;
    }
  throw *first;
}

bool can_be_aligned(const InitRequest& request, ordered_json config, const fs::path& folder,
                    const RunOptions& options, const std::vector<std::string>& layers) try {
  config["layers"] = ordered_json::array();
  for (const auto& layer : layers) config["layers"].push_back({{"name", layer}});
  return inspect_groups(request.model, parsed(config, folder), options).warnings.empty();
} catch (const Error& error) {
  if (error.kind() != ErrorKind::Model) throw;
  return false;
}

// Halves the layers until those that are in the way stand alone.
std::vector<std::string> unalignable(const InitRequest& request, const ordered_json& config,
                                     const fs::path& folder, const RunOptions& options,
                                     const std::vector<std::string>& layers) {
  if (layers.empty() || can_be_aligned(request, config, folder, options, layers)) return {};
  if (layers.size() == 1) return layers;
  const auto middle = layers.begin() + static_cast<std::ptrdiff_t>(layers.size() / 2);
  auto found = unalignable(request, config, folder, options, {layers.begin(), middle});
  const auto more = unalignable(request, config, folder, options, {middle, layers.end()});
  found.insert(found.end(), more.begin(), more.end());
  return found;
}

FirstConfig first_config(const InitRequest& request, const fs::path& folder,
                         const RunOptions& options) {
  ordered_json config = start_of(request, folder);
  const Inspection inspection = inspect_likely(request, folder, options, config);
  InitialLayers layers = initial_layers(inspection);
  if (layers.taken.empty())
    throw Error(ErrorKind::Model, request.model.string() +
                                      ": no convolution or Linear was called that could be masked; "
                                      "'actsparse inspect' shows its layers");
  config["defaults"] = channels_defaults();
  layers.alone = unalignable(request, config, folder, options, layers.taken);
  config["layers"] = layer_entries(layers, inspection);
  const bool has_few_batches = config["data"].contains("batches") && request.data.size() < 5;
  config["repair"] = has_few_batches ? "none" : "linear";  // it needs some to hold out
  config["search"] = {{"budget", {{"macs", 0.5}}}};
  config["output"] = {{"model", "masked.pt"},    {"compact", "small.pt"}, {"state", "state.pt"},
                      {"report", "report.json"}, {"html", "report.html"}, {"config", "found.json"},
                      {"curve", "curve.json"}};
  return {std::move(config), std::move(layers)};
}

void refuse_existing(const fs::path& file) {
  std::error_code ignored;
  if (fs::exists(file, ignored))
    throw Error(ErrorKind::Usage,
                file.string() + " is there already, and stays as it is; name another file with -o");
}

void print_made(const FirstConfig& made, const std::string& file, std::ostream& out) {
  out << fmt::format("masked layers: {}; left out: {}\n", made.layers.taken.size(),
                     list_text(made.layers.left));
  if (!made.layers.alone.empty())
    out << fmt::format("masked, but not removable: {}\n", list_text(made.layers.alone));
  out << fmt::format("data: {}\n", made.config["data"].dump());
  out << fmt::format(
      "config: {0}; now\n  actsparse run {0} -o out       half of the channels\n"
      "  actsparse search {0} -o out    half of the multiply-accumulates\n",
      file);
}

}  // namespace

Answer perform(const InitRequest& request, const RunOptions& options) {
  refuse_existing(request.config_out);
  const fs::path folder = fs::absolute(request.config_out).parent_path();
  const FirstConfig made = first_config(request, folder, options);
  dry_run(parsed(made.config, folder), options);  // it throws what a run would
  Outputs outputs;
  outputs.create(request.config_out).stream() << made.config.dump(2) << '\n';
  outputs.commit();
  const std::string file = request.config_out.string();
  return {[made] { return made.config; },
          [made, file](std::ostream& out) { print_made(made, file, out); }};
}

}  // namespace actsparse
