#include "base/error.h"
#include "model/load_model.h"
#include "pipeline/stages.h"
#include "sparsifier/mask_buffer.h"

namespace actsparse {

VerificationReport write_masked(Outputs& outputs, const std::filesystem::path& path,
                                const torch::jit::Module& masked, const StateDict& state,
                                const std::vector<c10::IValue>& batch,
                                const std::string& batch_name, const std::string& device) {
  AtomicFile& file = outputs.create(path);
  write_model(masked, file.stream());
  file.close();
  std::vector<MaskSite> sites;
  for (const auto& layer : state.layers)
    if (auto site = mask_site(layer)) sites.push_back(std::move(*site));
  const auto reloaded = load_model(file.temporary(), device);
  const auto result =
      verify_masks(reloaded, state.meta.method, state.meta.mode == "train", sites, batch);
  return {result.layers, result.calls, batch_name};
}

}  // namespace actsparse
