#pragma once
// Sparsifiers, settings and records for the tests of this room.
#include <ATen/TensorOperators.h>

#include <string>
#include <vector>

#include "sparsifier/activation_sparsifier.h"
#include "support/models.h"

namespace actsparse {

/// sum, mean over dim 0, magnitude at half: with `changes` merged in.
nlohmann::json usual(const nlohmann::json& changes = nlohmann::json::object());
LayerSettings settings(const nlohmann::json& json);
/// usual() as the defaults.
ActivationSparsifier sparsifier_of(const torch::jit::Module& model,
                                   const nlohmann::json& changes = nlohmann::json::object());

/// Settings that register features of dimension 1.
LayerSettings features_of(const std::vector<int64_t>& features, int64_t feature_dim = 1);

at::Tensor forward(ActivationSparsifier& sparsifier, const at::Tensor& x);
at::Tensor mask_of(const ActivationSparsifier& sparsifier, const std::string& layer);
std::vector<at::Tensor> masks_of(const ActivationSparsifier& sparsifier, const std::string& layer);
/// The raw aggregate of `layer`.
at::Tensor data_of(const ActivationSparsifier& sparsifier, const std::string& layer);
LayerRecord record_of(const ActivationSparsifier& sparsifier, const std::string& layer);

/// A layer "a" without features that has aggregated `data` in `calls` calls.
LayerRecord aggregated(const at::Tensor& data, int64_t calls = 1,
                       const nlohmann::json& changes = nlohmann::json::object());
/// What a state file gives back.
StateDict through_file(const StateDict& state);
/// Same layers, settings, hook states, masks and data, bit for bit.
void check_equal(const StateDict& a, const StateDict& b);

}  // namespace actsparse
