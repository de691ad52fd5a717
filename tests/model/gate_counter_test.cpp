#include "model/gate_counter.h"

#include <ATen/ops/scalar_tensor.h>

#include "model/apply_masks.h"
#include "model/own_types.h"
#include "model/run_method.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

const ThresholdGate kCountedGate{at::scalar_tensor(3.0F)};

struct Counted {
  explicit Counted(const Module& gated)
      : model(clone_with_own_types(gated, modules_with_gates(gated))), counter(model) {}

  std::vector<GateCount> after(const at::Tensor& x) {
    output = run_method(model, "forward", {x}).toTensor();
    return counter.take();
  }

  Module model;
  GateCounter counter;
  at::Tensor output;
};

void check_count(const GateCount& count, const std::string& layer, int64_t zeros,
                 int64_t elements) {
  CHECK(count.layer == layer);
  CHECK(count.zeros == zeros);
  CHECK(count.elements == elements);
}

}  // namespace

TEST_CASE("zeros that enter a gated layer are counted, the answers stay", "[model]") {
  const Module gated = reloaded(apply_masks(chain(), {{{"b"}, {}, kCountedGate}}));
  CHECK(modules_with_gates(gated) == std::vector<std::string>{"b"});
  CHECK(modules_with_gates(chain()).empty());
  Counted counted(gated);
  const at::Tensor x = tensor1d({1, -1, 4});  // 2, 0 (relu), 8 enter b
  const auto counts = counted.after(x);
  REQUIRE(counts.size() == 1);
  check_count(counts[0], "b", 2, 3);
  CHECK(bit_equal(counted.output, run_forward(gated, x)));
  check_count(counted.after(tensor1d({4, 4}))[0], "b", 0, 2);
  CHECK_FALSE(contains(all_graphs(gated), "actsparse"));
}

TEST_CASE("all calls of a layer count, and layers of one type apart", "[model]") {
  Counted repeated_calls(apply_masks(repeated(), {{{"a"}, {}, kCountedGate}}));
  const auto counts = repeated_calls.after(tensor1d({1, 4}));
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].elements == 8);
  Counted two(apply_masks(nested(),
                          {{{"block1.fc"}, {}, kCountedGate}, {{"block2.fc"}, {}, kCountedGate}}));
  const auto apart = two.after(tensor1d({1, 4}));
  REQUIRE(apart.size() == 2);
  check_count(apart[0], "block1.fc", 1, 2);
  check_count(apart[1], "block2.fc", 1, 2);
}

TEST_CASE("a mask beside the gate counts too, whichever came first", "[model]") {
  const at::Tensor mask = tensor1d({1, 0, 1});
  const Module mask_first = apply_masks(chain(), {{{"b"}, mask}});
  for (const Module& both :
       {apply_masks(mask_first, {{{"b"}, {}, kCountedGate}}),
        apply_masks(apply_masks(chain(), {{{"b"}, {}, kCountedGate}}), {{{"b"}, mask}})}) {
    Counted counted(both);
    const auto counts = counted.after(tensor1d({1, 4, 4}));
    REQUIRE(counts.size() == 1);
    check_count(counts[0], "b", 2, 3);
  }
}
