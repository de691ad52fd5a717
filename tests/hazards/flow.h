#pragma once
// A model through the whole flow, with the checks that hold for every model.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/call_methods.h"
#include "sparsifier/state_dict.h"
#include "support/catch.h"
#include "support/models.h"

namespace actsparse {

using Arguments = std::vector<c10::IValue>;

/// forward(x): x * 2, without parameters.
torch::jit::Module twice();

struct Flow {
  torch::jit::Module masked;        ///< saved and loaded again
  std::vector<LayerRecord> layers;  ///< after step
  const at::Tensor& mask(size_t layer = 0) const;
};

/// Registers `sites`, runs `batches`, steps, squashes, saves, loads. Checks that the observed
/// outputs are the plain model's, that the model is as it was, and that in the loaded file every
/// call of every layer sees input * mask. `changes` go over sum, mean over dim 0, magnitude at
/// half.
Flow flow(const torch::jit::Module& model, const std::vector<Site>& sites,
          const std::vector<Arguments>& batches,
          const nlohmann::json& changes = nlohmann::json::object(),
          const std::string& method = "forward");

/// What flow() throws. Its kind must be `kind`.
std::string refusal(ErrorKind kind, const torch::jit::Module& model, const std::vector<Site>& sites,
                    const std::vector<Arguments>& batches,
                    const nlohmann::json& changes = nlohmann::json::object());

}  // namespace actsparse
