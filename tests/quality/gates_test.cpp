#include "quality/gates.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

namespace {

GateConfig gate(const std::string& metric) {
  return {metric, {}, {}, {}, "evaluate.gates." + metric};
}

Metric figure(const std::string& name, double value, const std::string& output = "") {
  Metric found;
  found.name = name;
  found.output = output;
  found.value = value;
  return found;
}

}  // namespace

TEST_CASE("A bound itself passes, what lies beyond does not", "[quality]") {
  auto both = gate("kl");
  both.min = 0.25;
  both.max = 0.5;
  for (const auto& [value, low, high] :
       {std::tuple{0.25, true, true}, {0.5, true, true}, {0.2, false, true}, {0.6, true, false}}) {
    const auto results = check_gates({both}, {figure("kl", value)});
    REQUIRE(results.size() == 2);
    CHECK(results[0].passed == low);
    CHECK(results[1].passed == high);
    CHECK(results[1].value == value);
    CHECK(results[1].limit == 0.5);
  }
}

TEST_CASE("max_drop bounds the drop, not the figure", "[quality]") {
  auto drop = gate("accuracy");
  drop.max_drop = 0.01;
  auto found = figure("accuracy", 0.2);
  found.drop = 0.005;
  CHECK(check_gates({drop}, {found})[0].passed);
  found.drop = 0.02;
  const auto failed = check_gates({drop}, {found})[0];
  CHECK(!failed.passed);
  CHECK(failed.kind == "max_drop");
  CHECK(failed.value == 0.02);
  found.drop = -0.02;
  CHECK(check_gates({drop}, {found})[0].passed);
}

TEST_CASE("NaN passes no gate, nor does a metric that is not there", "[quality]") {
  auto both = gate("kl");
  both.min = 0;
  both.max = 1;
  for (const auto& metrics :
       {std::vector<Metric>{figure("kl", std::nan(""))}, {figure("agreement", 0.5)}, {}}) {
    const auto results = check_gates({both}, metrics);
    REQUIRE(results.size() == 2);
    CHECK(!results[0].passed);
    CHECK(!results[1].passed);
  }
}

TEST_CASE("A gate holds for every output that has the metric", "[quality]") {
  auto most = gate("max_error");
  most.max = 1;
  const auto results =
      check_gates({most}, {figure("max_error", 0.5, "a"), figure("max_error", 2, "b")});
  REQUIRE(results.size() == 2);
  CHECK(results[0].passed);
  CHECK(!results[1].passed);
  CHECK(results[1].output == "b");
}

TEST_CASE("A gate's text says metric, value and limit", "[quality]") {
  CHECK(gate_text({"agreement", "", "min", 0.98, 0.912, false}) ==
        "agreement is 0.912, below its minimum of 0.98");
  CHECK(gate_text({"max_error", "b", "max", 1, 2.5, false}) ==
        "max_error of 'b' is 2.5, above its maximum of 1");
  CHECK(gate_text({"accuracy", "", "max_drop", 0.01, 0.02, false}) ==
        "the drop of accuracy is 0.02, above its maximum of 0.01");
  CHECK(gate_text({"kl", "", "max", 0.5, std::nan(""), false}) ==
        "kl is nan, not within its maximum of 0.5");
  CHECK(gate_text({"kl", "", "max", 0.5, 0.25, true}) == "kl is 0.25, within its maximum of 0.5");
}
