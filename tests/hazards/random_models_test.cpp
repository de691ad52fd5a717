// Random models through the whole flow: observed, masked, compacted, and the answers stay.
#include "hazards/random_models.h"

#include <cstdlib>

#include "compact/compact.h"
#include "compact/compare.h"
#include "hazards/flow.h"
#include "model/own_types.h"
#include "model/run_method.h"
#include "model/verify_masks.h"
#include "sparsifier/activation_sparsifier.h"
#include "sparsifier/helpers.h"
#include "sparsifier/mask_buffer.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/values.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

Arguments rows(int64_t samples, uint64_t seed) {
  return {normal({samples, 8}, seed).to(at::kDouble)};
}

uint64_t asked(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// The channels of every layer that is called, masked at half.
struct Masked {
  Module module;
  std::vector<MaskSite> sites;
};

LayerSettings along(int64_t axis) {
  return settings({{"aggregate_fn", {{"name", "abs_mean"}, {"except_dim", {axis}}}}});
}

Masked mask_model(const RandomModel& model, const std::string& align) {
  ActivationSparsifier sparsifier({model.module, model.method}, {},
                                  settings({{"reduce_fn", "identity"},
                                            {"mask_fn", "magnitude"},
                                            {"sparse_config", {{"sparsity_level", 0.5}}},
                                            {"align", align}}));
  for (const auto& layer : model.layers) sparsifier.register_layer(layer.name, along(layer.axis));
  for (const uint64_t seed : {1, 2}) {
    Module plain = clone_with_own_types(model.module, {});
    const auto batch = rows(4, seed);
    REQUIRE(same_values(sparsifier.forward(batch), run_method(plain, model.method, batch)));
  }
  for (const auto& layer : sparsifier.layers())
    if (layer.calls == 0) sparsifier.unregister_layer(layer.site.layer);
  if (align != "none") sparsifier.find_channels({rows(2, 1), rows(3, 2)});
  sparsifier.step();
  Masked masked{reloaded(sparsifier.squash_mask()), {}};
  for (const auto& layer : sparsifier.layers()) masked.sites.push_back(mask_site(layer).value());
  return masked;
}

// Layers in loops and branches choose for themselves, so a model that has some is not aligned.
Masked mask_model(const RandomModel& model) {
  try {
    return mask_model(model, "group");
  } catch (const Error& error) {
    REQUIRE(contains(error.what(), "cannot be aligned"));
    return mask_model(model, "none");
  }
}

}  // namespace

// More of them, or others: ACTSPARSE_MODELS=10000 ACTSPARSE_FIRST_MODEL=1 OMP_NUM_THREADS=1
// build/release/tests/actsparse_tests "random models*"
TEST_CASE("random models give the same answers when they are observed, masked and compacted",
          "[hazards]") {
  int64_t channels = 0, removed = 0;
  const uint64_t first = asked("ACTSPARSE_FIRST_MODEL", 1);
  for (uint64_t seed = first; seed < first + asked("ACTSPARSE_MODELS", 100); ++seed) {
    const RandomModel model = random_model(seed);
    CAPTURE(seed, model.method, model.source);
    const Masked masked = seed % 2 == 0 ? mask_model(model, "none") : mask_model(model);
    if (masked.sites.empty()) continue;
    const Session session(masked.module, model.method);
    const auto verified = verify_masks(session, masked.sites, rows(4, 3));
    CHECK(verified.layers == static_cast<int64_t>(masked.sites.size()));
    for (const bool keeps_modules : {true, false}) {
      CAPTURE(keeps_modules);
      const auto small = compact(session, {rows(2, 1), rows(3, 2)}, {1e-5, "off", keeps_modules});
      for (const auto& mask : small.masks) {
        channels += mask.masked;
        removed += mask.removed;
      }
      const Module again = reloaded(small.module);
      for (const int64_t samples : {1, 2, 5})
        REQUIRE(compare_outputs(session, again, rows(samples, samples)).relative < 1e-9);
    }
  }
  CHECK(removed > channels / 10);
}
