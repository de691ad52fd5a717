#include "hazards/flow.h"

#include "model/own_types.h"
#include "model/run_method.h"
#include "model/verify_masks.h"
#include "sparsifier/activation_sparsifier.h"
#include "sparsifier/helpers.h"
#include "sparsifier/mask_buffer.h"
#include "support/error_of.h"
#include "support/values.h"

namespace actsparse {
namespace {

using torch::jit::Module;

void check_observed(ActivationSparsifier& sparsifier, Module plain, const std::string& method,
                    const Arguments& batch) {
  const auto expected = run_method(plain, method, batch);
  const auto observed = sparsifier.forward(batch);  // what it throws must come out
  CHECK(same_values(observed, expected));
}

void check_masked(const Flow& flow, const std::string& method, const Arguments& batch) {
  std::vector<MaskSite> sites;
  int64_t calls = 0;
  for (const auto& layer : flow.layers) {
    sites.push_back(mask_site(layer).value());
    calls += layer.calls;
  }
  const auto verified = verify_masks({flow.masked, method}, sites, batch);
  CHECK(verified.layers == static_cast<int64_t>(sites.size()));
  CHECK(calls > 0);
}

}  // namespace

Module twice() {
  return make_module("Twice", "def forward(self, x: Tensor) -> Tensor:\n  return x * 2\n");
}

const at::Tensor& Flow::mask(size_t layer) const {
  return std::get<at::Tensor>(mask_of(layers.at(layer).gate.value()));
}

Flow flow(const Module& model, const std::vector<Site>& sites,
          const std::vector<Arguments>& batches, const nlohmann::json& changes,
          const std::string& method) {
  const std::string before = all_graphs(model);
  ActivationSparsifier sparsifier({model, method}, {}, settings(usual(changes)));
  for (const auto& site : sites) sparsifier.register_layer(site.layer, {}, site.input);
  const Module plain = clone_with_own_types(model, {});
  for (const auto& batch : batches) check_observed(sparsifier, plain, method, batch);
  sparsifier.step();
  Flow result{reloaded(sparsifier.squash_mask()), sparsifier.layers()};
  CHECK(all_graphs(model) == before);
  check_masked(result, method, batches.back());
  return result;
}

std::string refusal(ErrorKind kind, const Module& model, const std::vector<Site>& sites,
                    const std::vector<Arguments>& batches, const nlohmann::json& changes) {
  const Error error = error_of([&] { flow(model, sites, batches, changes); });
  CHECK(error.kind() == kind);
  return error.what();
}

}  // namespace actsparse
