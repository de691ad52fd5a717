#include "sparsifier/choose.h"

#include "sparsifier/compute_masks.h"
#include "sparsifier/helpers.h"
#include "sparsifier/louder_function.h"
#include "sparsifier/merge_states.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

nlohmann::json loud() {
  return {{"aggregate_fn", {{"name", "mean"}, {"except_dim", {-1}}}}, {"reduce_fn", "louder"}};
}

Policy with_level(const std::vector<LayerRecord>& layers, double level) {
  Policy policy = policy_of(layers, {}, 0);
  for (auto& layer : policy.layers) layer.sparse_config = {{"sparsity_level", level}};
  return policy;
}

at::Tensor mask_of(const Choice& choice, size_t layer = 0) {
  return std::get<at::Tensor>(actsparse::mask_of(choice.gates.at(layer)));
}

}  // namespace

TEST_CASE("ten sparsities are chosen from one state, which stays as it was", "[sparsifier]") {
  const std::vector<LayerRecord> layers = {aggregated(normal({1, 10}, 1))};
  const Statistics statistics = statistics_of(layers);
  const at::Tensor before = std::get<at::Tensor>(*statistics[0].data()).clone();
  for (int tenth = 0; tenth < 10; ++tenth) {
    const auto choice = choose(statistics, with_level(layers, tenth / 10.0));
    CHECK(mask_of(choice).sum().item<float>() == static_cast<float>(10 - tenth));
  }
  CHECK(bit_equal(std::get<at::Tensor>(*statistics[0].data()), before));
}

TEST_CASE("what choose finds is what a step gives", "[sparsifier]") {
  std::vector<LayerRecord> layers = {aggregated(normal({3, 8}, 1), 3)};
  const auto choice = choose(statistics_of(layers), policy_of(layers, {}, 0));
  compute_masks(layers, {}, 0);
  CHECK(bit_equal(mask_of(choice), std::get<at::Tensor>(actsparse::mask_of(*layers[0].gate))));
}

TEST_CASE("a score is given the statistics and the weight that it needs", "[sparsifier]") {
  const auto louder = register_louder();
  auto sparsifier = sparsifier_of(chain(), loud());
  sparsifier.register_layer("a");
  forward(sparsifier, at::tensor({1.0F, 2.0F, 3.0F, -8.0F}).view({2, 2}));
  const LayerRecord record = record_of(sparsifier, "a");
  REQUIRE(record.accumulators.count("largest") == 1);
  // means 2 and -3, largest 3 and 8, weight 2: 12 and 48.
  const Weights weights = {{"a", {at::full({1}, 2.0)}}};
  const auto choice = choose({record}, policy_of({record}, {}, 0), &weights);
  CHECK(bit_equal(mask_of(choice).flatten(), at::tensor({0.0F, 1.0F})));
  sparsifier.step();
  CHECK(bit_equal(actsparse::mask_of(sparsifier, "a").flatten(), at::tensor({0.0F, 1.0F})));
}

TEST_CASE("what a score lacks is told with what to do", "[sparsifier]") {
  const auto louder = register_louder();
  auto sparsifier = sparsifier_of(chain(), loud());
  sparsifier.register_layer("a");
  forward(sparsifier, normal({2, 3}, 1));
  LayerRecord record = record_of(sparsifier, "a");
  const auto refused = [&](const Weights* weights) {
    return error_of([&] { choose({record}, policy_of({record}, {}, 0), weights); });
  };
  CHECK(contains(refused(nullptr).what(), "which a state does not hold"));
  const Weights none;
  CHECK(contains(refused(&none).what(), "has none"));
  record.accumulators.erase("largest");
  CHECK(refused(&none).kind() == ErrorKind::State);
  CHECK(contains(refused(&none).what(), "'largest'"));
}

TEST_CASE("named accumulators go through state files, checkpoints and merges", "[sparsifier]") {
  const auto louder = register_louder();
  const auto calibrated = [](uint64_t seed, int64_t batch) {
    auto sparsifier = sparsifier_of(chain(), loud());
    sparsifier.register_layer("a");
    forward(sparsifier, normal({2, 3}, seed));
    StateDict state = sparsifier.state_dict();
    state.meta.total_batches = 2;
    state.meta.batches = 1;
    state.meta.coverage = {{batch, 1, 1}};
    return state;
  };
  const StateDict first = calibrated(1, 0), second = calibrated(2, 1);
  check_equal(through_file(first), first);
  const auto merged = merge_states({{"one", first}, {"two", second}}).state;
  auto whole = sparsifier_of(chain(), loud());
  whole.register_layer("a");
  forward(whole, normal({2, 3}, 1));
  forward(whole, normal({2, 3}, 2));
  check_equal(merged, whole.state_dict());
  auto resumed = sparsifier_of(chain());
  resumed.load_state_dict(through_file(first));
  forward(resumed, normal({2, 3}, 2));
  check_equal(resumed.state_dict(), whole.state_dict());
}

TEST_CASE("states without named accumulators are of the old format", "[sparsifier]") {
  const auto louder = register_louder();
  auto plain = sparsifier_of(chain());
  plain.register_layer("a");
  auto louder_too = sparsifier_of(chain(), loud());
  louder_too.register_layer("a");
  for (auto* sparsifier : {&plain, &louder_too}) forward(*sparsifier, normal({2, 3}, 1));
  const auto version = [](const ActivationSparsifier& sparsifier) {
    return to_ivalue(sparsifier.state_dict())
        .toGenericDict()
        .at("meta")
        .toGenericDict()
        .at("format_version");
  };
  CHECK(version(plain).toInt() == 1);
  CHECK(version(louder_too).toInt() == 2);
}
