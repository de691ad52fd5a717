// Layers whose gates look at their input: from registration to state files.
#include <ATen/ATen.h>

#include "functions/dynamic_masks.h"
#include "model/apply_masks.h"
#include "model/layer_tree.h"
#include "sparsifier/choose.h"
#include "sparsifier/compute_masks.h"
#include "sparsifier/helpers.h"
#include "sparsifier/mask_buffer.h"
#include "sparsifier/mask_summary.h"
#include "sparsifier/merge_states.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/networks.h"
#include "support/process.h"

using namespace actsparse;
using nlohmann::json;

namespace {

json dynamic(double q, const json& reduce = "identity") {
  return {{"aggregate_fn", {{"name", "histogram"}, {"except_dim", {-1}}}},
          {"reduce_fn", reduce},
          {"mask_fn", "quantile"},
          {"sparse_config", {{"q", q}, {"dynamic", true}}}};
}

const json by_weights = {{"name", "weighted"}, {"norm", 2}};

ActivationSparsifier has_seen(double q, const json& reduce, uint64_t seed = 1) {
  auto sparsifier = sparsifier_of(linear_layer(4, 3), dynamic(q, reduce));
  sparsifier.register_layer("");
  forward(sparsifier, normal({50, 4}, seed));
  return sparsifier;
}

const ThresholdGate& gate_of(const LayerRecord& record) {
  return std::get<ThresholdGate>(record.gate.value());
}

void check_equal_gates(const ThresholdGate& a, const ThresholdGate& b) {
  CHECK(bit_equal(a.threshold, b.threshold));
  CHECK(a.factors.defined() == b.factors.defined());
  if (a.factors.defined()) CHECK(bit_equal(a.factors, b.factors));
  CHECK(a.dropped == b.dropped);
}

int64_t version_of(const StateDict& state) {
  return to_ivalue(state).toGenericDict().at("meta").toGenericDict().at("format_version").toInt();
}

}  // namespace

TEST_CASE("a dynamic layer is stepped to a gate, and its masked model lets pass what it says",
          "[sparsifier]") {
  auto sparsifier = has_seen(0.5, by_weights);
  CHECK(sparsifier.step().empty());
  const LayerRecord record = record_of(sparsifier, "");
  const ThresholdGate& gate = gate_of(record);
  CHECK(gate.dropped.value() == Approx(0.5).margin(1e-5));
  CHECK_FALSE(summarize_mask(record));
  const at::Tensor x = normal({7, 4}, 3);
  const at::Tensor passes = x * (x.abs() * gate.factors > gate.threshold);
  CHECK(
      bit_equal(run_forward(sparsifier.squash_mask(), x), run_forward(linear_layer(4, 3), passes)));
  CHECK(bit_equal(forward(sparsifier, x), run_forward(linear_layer(4, 3), passes)));
  CHECK(contains(error_of([&] { sparsifier.get_mask(""); }).what(), "looks at the input"));
}

TEST_CASE("states of dynamic layers come back, and another q is chosen from one", "[sparsifier]") {
  for (const json& reduce : {json("identity"), by_weights}) {
    auto sparsifier = has_seen(0.3, reduce);
    const StateDict fresh = through_file(sparsifier.state_dict());
    CHECK(version_of(fresh) == (reduce == by_weights ? 3 : 1));
    auto layers = fresh.layers;
    layers[0].settings.sparse_config["q"] = 0.7;
    compute_masks(layers, {}, 0);  // without the model
    auto other = has_seen(0.7, reduce);
    other.step();
    check_equal_gates(gate_of(layers[0]), gate_of(record_of(other, "")));
    const StateDict stepped = other.state_dict();
    CHECK(version_of(stepped) == 3);
    check_equal_gates(gate_of(through_file(stepped).layers[0]), gate_of(stepped.layers[0]));
    CHECK(state_bytes(through_file(stepped)) == state_bytes(stepped));
  }
}

TEST_CASE("merged and resumed calibrations give the gate of one run", "[sparsifier]") {
  const auto part = [](uint64_t seed, int64_t batch) {
    StateDict state = has_seen(0.4, by_weights, seed).state_dict();
    state.meta.total_batches = 2;
    state.meta.batches = 1;
    state.meta.coverage = {{batch, 1, 1}};
    return through_file(state);
  };
  auto whole = has_seen(0.4, by_weights, 1);
  forward(whole, normal({50, 4}, 2));
  whole.step();
  auto merged = merge_states({{"two", part(2, 1)}, {"one", part(1, 0)}}).state;
  compute_masks(merged.layers, {}, 0);
  check_equal_gates(gate_of(merged.layers[0]), gate_of(record_of(whole, "")));
  auto resumed = sparsifier_of(linear_layer(4, 3));
  resumed.load_state_dict(part(1, 0));
  forward(resumed, normal({50, 4}, 2));
  resumed.step();
  check_equal_gates(gate_of(record_of(resumed, "")), gate_of(record_of(whole, "")));
}

TEST_CASE("Python's torch.load reads a gate with its defaults", "[sparsifier]") {
  auto sparsifier = has_seen(0.4, by_weights);
  sparsifier.step();
  const TemporaryFolder folder;
  write_file(folder / "state.pt", state_bytes(sparsifier.state_dict()));
  const std::string script =
      "import torch\n"
      "entry = torch.load('state.pt')['state']['']\n"
      "gate = entry['gate']\n"
      "print(entry['mask'], gate['threshold'].shape, gate['factors'].shape, gate['dropped'])\n";
  const auto python = run_process({"/usr/bin/python3", "-c", script}, folder.path());
  INFO(python.err);
  REQUIRE(python.exit_code == 0);
  CHECK(contains(python.out, "None torch.Size([]) torch.Size([4]) 0.4"));
}

TEST_CASE("damaged gates in state files are refused", "[sparsifier]") {
  auto sparsifier = has_seen(0.4, by_weights);
  sparsifier.step();
  const auto refused = [&](const char* key, const c10::IValue& value) {
    auto document = to_ivalue(sparsifier.state_dict()).toGenericDict();
    auto entry = document.at("state").toGenericDict().at("").toGenericDict();
    entry.at("gate").toGenericDict().insert_or_assign(key, value);
    const Error error = error_of([&] { state_from_ivalue(document); });
    CHECK(error.kind() == ErrorKind::State);
  };
  refused("threshold", 0.5);
  refused("threshold", at::ones({2}));
  refused("threshold", at::scalar_tensor(0.5, at::kDouble));
  refused("factors", at::ones({3}));
  refused("factors", at::ones({4}, at::kLong));
}

TEST_CASE("what a dynamic layer lacks is told", "[sparsifier]") {
  CHECK(error_of([] {
          auto sparsifier = sparsifier_of(linear_layer(4, 3), dynamic(0.4));
          sparsifier.register_layer("", settings({{"align", "group"}}));
        }).kind() == ErrorKind::Config);
  auto layers = has_seen(0.4, "identity").state_dict().layers;
  layers[0].settings.reduce_fn = FunctionConfig{"weighted", {}, ""};
  const Error error = error_of([&] { compute_masks(layers, {}, 0); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "norms of the layer's weights"));
  CHECK(layers[0].accumulators.size() == 1);
}

TEST_CASE("a gate that passes all or nothing is a warning", "[sparsifier]") {
  for (const auto& [q, what] :
       {std::pair(0.0, "all that was"), std::pair(1.0, "nothing that was")}) {
    auto sparsifier = has_seen(q, "identity");
    const auto warnings = sparsifier.step();
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings[0].text, what));
  }
}
