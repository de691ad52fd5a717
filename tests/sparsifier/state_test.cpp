// Items 35-37 of the reference's behaviour, and the defects about its state_dict.
#include <ATen/core/Dict.h>

#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

const at::Tensor x = normal({4, 6, 3}, 1);

ActivationSparsifier two_layers() {
  auto sparsifier = sparsifier_of(nested());
  sparsifier.register_layer("block1.fc");
  auto overrides = features_of({5, 0}, -2);
  overrides.sparse_config = settings({{"sparse_config", {{"sparsity_level", 0.7}}}}).sparse_config;
  sparsifier.register_layer("block2.fc", overrides);
  return sparsifier;
}

enum class Moment { Registered, Aggregated, Stepped, Squashed };

ActivationSparsifier at_moment(Moment moment) {
  auto sparsifier = two_layers();
  if (moment >= Moment::Aggregated) forward(sparsifier, x);
  if (moment >= Moment::Stepped) sparsifier.step();
  if (moment >= Moment::Squashed) sparsifier.squash_mask();
  return sparsifier;
}

constexpr Moment moments[] = {Moment::Registered, Moment::Aggregated, Moment::Stepped,
                              Moment::Squashed};

ActivationSparsifier fresh_from(const StateDict& state) {
  ActivationSparsifier sparsifier(nested());
  sparsifier.load_state_dict(state);
  return sparsifier;
}

c10::impl::GenericDict part(const ActivationSparsifier& sparsifier, const char* name) {
  return to_ivalue(sparsifier.state_dict()).toGenericDict().at(name).toGenericDict();
}

bool has_data(const ActivationSparsifier& sparsifier) {
  return part(sparsifier, "data_groups").at("block1.fc").toGenericDict().contains("data");
}

}  // namespace

TEST_CASE("35: the state has the reference's keys, and data while aggregating", "[sparsifier]") {
  const auto document = to_ivalue(two_layers().state_dict()).toGenericDict();
  std::vector<std::string> keys;
  for (const auto& entry : document) keys.push_back(entry.key().toStringRef());
  CHECK(keys == std::vector<std::string>{"state", "data_groups", "defaults", "meta"});
  for (const auto& entry : document.at("data_groups").toGenericDict()) {
    CHECK_FALSE(entry.value().toGenericDict().contains("hook"));
    CHECK_FALSE(entry.value().toGenericDict().contains("layer"));
  }
  CHECK_FALSE(has_data(at_moment(Moment::Registered)));
  CHECK(has_data(at_moment(Moment::Aggregated)));
  CHECK_FALSE(has_data(at_moment(Moment::Stepped)));
}

TEST_CASE("35: a calibration is continued from its state, bit for bit", "[sparsifier]") {
  const at::Tensor y = normal({4, 6, 3}, 2);
  auto whole = two_layers();
  forward(whole, x);
  forward(whole, y);
  auto resumed = fresh_from(through_file(at_moment(Moment::Aggregated).state_dict()));
  forward(resumed, y);
  check_equal(resumed.state_dict(), whole.state_dict());
  whole.step();
  resumed.step();
  check_equal(resumed.state_dict(), whole.state_dict());
}

TEST_CASE("36: masks are stored as sparse parts, None stays None", "[sparsifier]") {
  const auto entry = [](Moment moment, const char* layer) {
    return part(at_moment(moment), "state").at(layer).toGenericDict().at("mask");
  };
  CHECK(entry(Moment::Registered, "block1.fc").isNone());
  const auto mask = entry(Moment::Stepped, "block1.fc").toGenericDict();
  CHECK(mask.at("indices").toTensor().sizes().vec() == std::vector<int64_t>{2, 9});
  CHECK(mask.at("values").toTensor().numel() == 9);
  CHECK(mask.at("size").toListRef().size() == 2);
  CHECK(entry(Moment::Stepped, "block2.fc").toListRef().size() == 2);
}

TEST_CASE("37: a state goes to a file and into a fresh sparsifier at every moment",
          "[sparsifier]") {
  for (const Moment moment : moments) {
    INFO("moment " << static_cast<int>(moment));
    auto original = at_moment(moment);
    auto restored = fresh_from(through_file(original.state_dict()));
    check_equal(restored.state_dict(), original.state_dict());
    // Hooks too: it goes on as the original does.
    const at::Tensor y = normal({4, 6, 3}, 3);
    CHECK(bit_equal(forward(restored, y), forward(original, y)));
    check_equal(restored.state_dict(), original.state_dict());
  }
}

TEST_CASE("37: loading needs the layers of the state, and else changes nothing", "[sparsifier]") {
  ActivationSparsifier sparsifier(chain());
  sparsifier.register_layer("a", settings(usual()));
  const StateDict before = sparsifier.state_dict();
  const Error error =
      error_of([&] { sparsifier.load_state_dict(at_moment(Moment::Stepped).state_dict()); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "'block1.fc'"));
  check_equal(sparsifier.state_dict(), before);
}

TEST_CASE("D17: functions are stored by name, users' functions by source", "[sparsifier]") {
  FunctionTable functions;
  functions.add_source(
      {"f.py", "def above(x: Tensor, t: float = 0.1) -> Tensor:\n  return x > t\n"});
  const json own =
      usual({{"mask_fn", {{"name", "above"}, {"t", 0.2}}}, {"sparse_config", nullptr}});
  ActivationSparsifier sparsifier(nested(), functions, settings(own));
  sparsifier.register_layer("block1.fc");
  forward(sparsifier, x);
  const auto group = part(sparsifier, "data_groups").at("block1.fc").toGenericDict();
  CHECK(group.at("aggregate_fn").toStringRef() == "sum");
  CHECK(group.at("mask_fn").toGenericDict().at("name").toStringRef() == "above");
  auto restored = fresh_from(through_file(sparsifier.state_dict()));  // without the source
  sparsifier.step();
  restored.step();
  CHECK(bit_equal(mask_of(restored, "block1.fc"), (x.mean({0}) > 0.2).to(at::kFloat)));
  check_equal(restored.state_dict(), sparsifier.state_dict());
}

TEST_CASE("D18: the whole sparsifier goes through a file and back", "[sparsifier]") {
  auto sparsifier = at_moment(Moment::Stepped);
  auto restored = fresh_from(through_file(sparsifier.state_dict()));
  CHECK(
      bit_equal(run_forward(restored.squash_mask(), x), run_forward(sparsifier.squash_mask(), x)));
  CHECK(restored.to_string() == sparsifier.to_string());
}

TEST_CASE("D19: loading a state into the sparsifier it comes from leaves one hook",
          "[sparsifier]") {
  auto sparsifier = at_moment(Moment::Aggregated);
  sparsifier.load_state_dict(sparsifier.state_dict());
  forward(sparsifier, x);
  CHECK(record_of(sparsifier, "block1.fc").calls == 2);
  CHECK(bit_equal(data_of(sparsifier, "block1.fc"), x + x));
}

TEST_CASE("D19: a sparsifier with user functions can load its own state", "[sparsifier]") {
  FunctionTable functions;
  functions.add_source({"f.py", "def above(x: Tensor) -> Tensor:\n  return x > 0\n"});
  ActivationSparsifier sparsifier(
      nested(), functions, settings(usual({{"mask_fn", "above"}, {"sparse_config", nullptr}})));
  sparsifier.register_layer("block1.fc");
  sparsifier.load_state_dict(sparsifier.state_dict());
  CHECK(sparsifier.functions().sources().size() == 1);
  forward(sparsifier, x);
  CHECK_NOTHROW(sparsifier.step());
}

TEST_CASE("D19: a state is a snapshot: neither side changes the other", "[sparsifier]") {
  auto sparsifier = at_moment(Moment::Aggregated);
  const StateDict state = sparsifier.state_dict();
  auto restored = fresh_from(state);
  forward(sparsifier, x);
  forward(restored, x);
  restored.step();
  CHECK(bit_equal(std::get<at::Tensor>(*state.layers[0].data()), x));
  CHECK(state.layers[0].calls == 1);
  StateDict changed = sparsifier.state_dict();
  changed.defaults.sparse_config["sparsity_level"] = 0.9;
  CHECK(to_json(sparsifier.state_dict().defaults)["sparse_config"]["sparsity_level"] == 0.5);
}

TEST_CASE("D19: loading replaces the layers and defaults there were", "[sparsifier]") {
  ActivationSparsifier sparsifier(nested(), {}, settings(usual({{"aggregate_fn", "abs_sum"}})));
  sparsifier.register_layer("block1");
  const auto loaded = at_moment(Moment::Aggregated).state_dict();
  sparsifier.load_state_dict(loaded);
  check_equal(sparsifier.state_dict(), loaded);
  sparsifier.register_layer("block1");  // with the loaded defaults
  CHECK(record_of(sparsifier, "block1").settings.aggregate_fn->name == "sum");
}
