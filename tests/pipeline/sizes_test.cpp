// Models that take few sizes of input, or one: masked, aligned, compacted.
#include <ATen/ATen.h>

#include "compact/compare.h"
#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"
#include "support/networks.h"
#include "support/npy_writer.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

// y is what a Linear layer (a, 4 -> 8) makes of x; `body` goes from there to z, for b (8 -> 3).
Module around(const std::string& body, const std::string& arguments = "x: Tensor") {
  Module model = make_module("Around",
                             "def forward(self, " + arguments +
                                 ") -> Tensor:\n"
                                 "  y = torch.relu(self.a.forward(x))\n" +
                                 body + "  return self.b.forward(z)\n",
                             {{"a", linear_layer(4, 8)}, {"b", linear_layer(8, 3)}});
  model.eval();
  return model;
}

// Half of the channels of what enters b; the small model beside the masked one.
struct HalfOfChannels : Workplace {
  explicit HalfOfChannels(const Module& model) : Workplace(model, {"b"}) {
    json["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {-1}}};
    json["defaults"]["reduce_fn"] = "identity";
    json["output"]["compact"] = "small.pt";
  }

  void give(const std::vector<c10::IValue>& batches) {
    for (size_t i = 0; i < batches.size(); ++i)
      write_pt(folder / ("batch" + std::to_string(i) + ".pt"), batches[i]);
    json["data"] = {{"batches", "batch*.pt"}};
  }

  // In all three ways; what is said of the last.
  CompactReport check_all() {
    inspect_groups(*this / "model.pt", config(), {});
    for (const char* align : {"group", "none"}) {
      json["defaults"]["align"] = align;
      const Report report = run(config(), {});
      REQUIRE(report.compact);
      CHECK(report.compact->layers.at(0).removed == 4);
      CHECK(dry_run(config(), {}).dry_run->small_bytes > 0);
    }
    return compact({*this / "masked.pt", *this / "small.pt", {"forward", config().data, {}}}, {});
  }

  double difference(const std::vector<c10::IValue>& batch) const {
    return compare_outputs(load_model(folder / "masked.pt"), load_model(folder / "small.pt"), batch)
        .relative;
  }
};

bool warns_of(const CompactReport& report, const std::string& text) {
  for (const auto& warning : report.warnings)
    if (contains(warning, text)) return true;
  return false;
}

}  // namespace

TEST_CASE("a model of one batch size is aligned and compacted, and the report says so",
          "[pipeline]") {
  HalfOfChannels place(around("  z = y.view([4, 8])\n"));
  const auto report = place.check_all();
  CHECK(report.differences.size() == 1);
  CHECK(warns_of(report, "take one size of input only, [4, 4]"));
}

TEST_CASE("a model of frames in clips is compared on other numbers of clips", "[pipeline]") {
  HalfOfChannels place(around("  z = y.view([-1, 4, 8]).mean([1])\n"));
  place.json["data"]["batch_size"] = 8;
  const auto report = place.check_all();
  CHECK(report.differences.size() == 2);
  CHECK_FALSE(warns_of(report, "one size"));
  CHECK(place.difference({normal({12, 4}, 3)}) < 1e-5);
}

TEST_CASE("a model of pairs of samples is aligned and compacted", "[pipeline]") {
  HalfOfChannels place(around("  z = (y[::2] - y[1::2]) * 1.0\n"));
  const auto report = place.check_all();
  CHECK(place.difference({normal({10, 4}, 3)}) < 1e-5);
  CHECK_FALSE(warns_of(report, "one size"));
}

TEST_CASE("a graph net, whose edges name nodes, is compared on the data's other graphs",
          "[pipeline]") {
  HalfOfChannels place(
      around("  z = torch.zeros_like(y).index_add(0, edges[1], y.index_select(0, edges[0]))\n",
             "x: Tensor, edges: Tensor"));
  const auto graph = [](int64_t nodes, int64_t edges) {
    return c10::ivalue::Tuple::create(normal({nodes, 4}, nodes),
                                      at::arange(2 * edges).remainder(nodes).view({2, edges}));
  };
  place.give({graph(5, 9), graph(6, 4), graph(7, 9)});
  place.json["defaults"]["align"] = "group";
  const Report report = run(place.config(), {});
  REQUIRE(report.compact);
  const auto batch = graph(11, 20)->elements().vec();
  CHECK(place.difference(batch) < 1e-5);
}

TEST_CASE("a model without a dimension of samples is masked, aligned and compacted", "[pipeline]") {
  HalfOfChannels place(around("  z = y\n"));
  place.give({normal({4}, 1), normal({4}, 2), normal({4}, 3)});
  place.check_all();
  place.json["layers"] = {{{"name", "a"}}, {{"name", "b"}}};
  const Report report = run(place.config(), {});
  CHECK(report.layers.at(0).mask->kept == 2);
}

TEST_CASE("a mask of the size of one input without samples is no mask of a batch", "[pipeline]") {
  HalfOfChannels place(around("  z = y\n"));
  place.give({normal({4}, 1), normal({4}, 2)});
  place.json["layers"] = {{{"name", "a"}}, {{"name", "b"}}};
  place.json["output"].erase("compact");
  calibrate(place.config(), place / "c.pt", {});
  step(place / "c.pt", nullptr, place / "s.pt");
  apply({place / "model.pt", place / "s.pt", place / "applied.pt"}, {});
  run(place.config(), {});
  CHECK(place.read("applied.pt") == place.read("masked.pt"));
}

TEST_CASE("a mask that keeps the samples of the one batch size a model takes is a warning",
          "[pipeline]") {
  HalfOfChannels place(around("  z = y.view([4, 8])\n"));
  place.json["defaults"]["aggregate_fn"] = "sum";
  place.json["output"].erase("compact");
  const Report report = run(place.config(), {});
  REQUIRE(report.layers.at(0).warnings.size() == 1);
  CHECK(contains(report.layers[0].warnings[0], "size 4 in dimension 0"));
  HalfOfChannels any(around("  z = y\n"));
  any.json["defaults"]["aggregate_fn"] = "sum";
  CHECK(error_of([&] { run(any.config(), {}); }).kind() == ErrorKind::Function);
}

// The number of steps, which the data never changes, stands in the sizes that the code computes.
TEST_CASE("a small model takes other lengths, though the data has only one", "[pipeline]") {
  HalfOfChannels place(
      around("  n, t = y.size(0), y.size(1)\n"
             "  z = y.reshape(n, t * y.size(2)).view(n, t, 8)\n"));
  place.json["data"]["inputs"][0]["random"]["shape"] = {8, 6, 4};
  run(place.config(), {});
  CHECK(place.difference({normal({3, 6, 4}, 3)}) < 1e-5);
  CHECK(place.difference({normal({2, 9, 4}, 3)}) < 1e-5);
}

TEST_CASE("samples of batches of one are told apart by further batches", "[pipeline]") {
  HalfOfChannels place(around("  z = y\n"));
  place.json["data"]["batch_size"] = 1;
  const auto several = place.check_all();
  CHECK_FALSE(warns_of(several, "almost no signal"));
  for (const auto& difference : several.differences) CHECK(difference.over_variation < 1e-3);
  place.json["data"]["limit"] = 1;
  const auto one = place.check_all();
  CHECK_FALSE(warns_of(one, "almost no signal"));
  for (const auto& difference : one.differences) CHECK(difference.over_variation == 0);
}

TEST_CASE("a model of one sample, whose masks leave no signal, is told of over further batches",
          "[pipeline]") {
  HalfOfChannels place(around("  z = y.view([1, 8]) * 0\n"));
  place.json["data"]["batch_size"] = 1;
  CHECK(warns_of(place.check_all(), "almost no signal"));
}
