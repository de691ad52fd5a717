#include "pipeline/helpers.h"

#include <algorithm>

#include "support/models.h"

namespace actsparse {
namespace fs = std::filesystem;

Workplace::Workplace()
    : json({{"version", 1},
            {"model", {{"path", "model.pt"}}},
            {"defaults",
             {{"aggregate_fn", "sum"},
              {"reduce_fn", {{"name", "mean"}, {"dim", {0}}}},
              {"mask_fn", "magnitude"},
              {"sparse_config", {{"sparsity_level", 0.5}}}}},
            {"layers", {{{"name", "conv1"}}, {{"name", "fc"}}}},
            {"output",
             {{"model", "masked.pt"}, {"state", "state.pt"}, {"report", "report.json"}}}}) {
  const auto samples = source_dir() / "sample_models";
  fs::copy_file(samples / "digits_cnn.pt", folder / "model.pt");
  json["data"] = {{"inputs", {{{"path", (samples / "digits_calibration.npy").string()}}}},
                  {"batch_size", 32},
                  {"limit", 64}};
}

Workplace::Workplace(const torch::jit::Module& model, const std::vector<std::string>& layers)
    : Workplace() {
  model.save((folder / "model.pt").string());
  json["data"] = {{"inputs", {{{"random", {{"shape", {8, 4}}, {"seed", 1}}}}}}, {"batch_size", 4}};
  json["layers"] = nlohmann::json::array();
  for (const auto& name : layers) json["layers"].push_back({{"name", name}});
}

Config Workplace::config() const { return parse_config(json.dump(), folder.path(), "test"); }

std::vector<std::string> Workplace::names() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

torch::jit::Module with_dropout() {
  return make_module("WithDropout",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.fc.forward(torch.dropout(x, 0.5, self.training))\n",
                     {{"fc", scale(2)}});
}

}  // namespace actsparse
