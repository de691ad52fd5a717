#include "compact/input_gates.h"

#include <ATen/ops/scalar_tensor.h>

#include "compact/mask_weights.h"
#include "compact/nets.h"
#include "compact/without_masks.h"
#include "model/layer_tree.h"
#include "support/catch.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;

namespace {

const ThresholdGate kGate{at::scalar_tensor(0.3F)};

at::Tensor half_of_8() { return mask(8, {0, 3, 5, 6}, 0); }

bool is_of_gate(const MaskedChannels& entry, const std::string& layer) {
  return entry.layer == layer && entry.looks_at_input && entry.total == 8 && entry.masked == 0 &&
         entry.removed == 0 && entry.kept.empty();
}

}  // namespace

TEST_CASE("a gate that looks at its input removes nothing and is told", "[compact]") {
  const auto gated = apply_masks(small_cnn(), {{{"fc"}, {}, kGate}});
  for (const bool keep_modules : {false, true}) {
    const auto small = compacted(gated, {3, 6, 6}, {1e-5, "off", keep_modules});
    REQUIRE(small.masks.size() == 1);
    CHECK(is_of_gate(small.masks[0], "fc"));
    CHECK(small.macs_after == small.macs_before);
  }
}

TEST_CASE("channels that masks remove go from a gate's factors, too", "[compact]") {
  ThresholdGate gate = kGate;
  gate.factors = normal({8}, 3).abs();
  const auto gated =
      apply_masks(apply_masks(small_cnn(), {{{"fc"}, {}, gate}}), {{{"fc"}, half_of_8()}});
  for (const bool keep_modules : {false, true}) {
    const auto small = compacted(gated, {3, 6, 6}, {1e-5, "off", keep_modules});
    REQUIRE(small.masks.size() == 2);
    CHECK(small.masks[0].masked == 4);
    CHECK(is_of_gate(small.masks[1], "fc"));
    CHECK(shapes(small.module).at("fc.activation_threshold").empty());
  }
}

TEST_CASE("without its masks and gates a model is what it was", "[compact]") {
  const auto gated = apply_masks(small_cnn(), {{{"fc"}, {}, kGate}, {{"conv2"}, mask(8, {1}, 2)}});
  const auto x = normal({2, 3, 6, 6}, 1);
  CHECK(bit_equal(run_forward(without_masks(gated).model, x), run_forward(small_cnn(), x)));
}

TEST_CASE("no weight can hold a gate", "[compact]") {
  const auto folded = mask_weights(small_cnn(), {{{"fc"}, {}, kGate}});
  CHECK(folded.folded.empty());
  REQUIRE(folded.left.size() == 1);
  CHECK(folded.reasons[0].second == "its gate looks at the input");
}
