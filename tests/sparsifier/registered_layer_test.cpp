#include "sparsifier/registered_layer.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

LayerRecord empty_record() {
  LayerRecord record;
  record.site.layer = "enc.fc";
  record.settings = merge({}, settings(usual()));
  return record;
}

}  // namespace

TEST_CASE("a record knows calls, shape and dtype of what was observed", "[sparsifier]") {
  RegisteredLayer layer(empty_record(), {});
  CHECK_FALSE(layer.record().data());
  CHECK_FALSE(layer.record().input_dtype);
  layer.observe(normal({2, 3}, 1));
  layer.observe(normal({2, 3}, 2));
  const LayerRecord record = layer.record();
  CHECK(record.calls == 2);
  CHECK(record.input_shape == std::vector<int64_t>{2, 3});
  CHECK(record.input_dtype == at::kFloat);
  CHECK(bit_equal(std::get<at::Tensor>(*record.data()), normal({2, 3}, 1) + normal({2, 3}, 2)));
}

TEST_CASE("a record taken earlier does not change with later calls", "[sparsifier]") {
  RegisteredLayer layer(empty_record(), {});
  layer.observe(tensor1d({1}));
  const LayerRecord early = layer.record();
  layer.observe(tensor1d({1}));
  CHECK(bit_equal(std::get<at::Tensor>(*early.data()), tensor1d({1})));
}

TEST_CASE("errors name layer and call", "[sparsifier]") {
  RegisteredLayer layer(empty_record(), {});
  layer.observe(normal({2, 3}, 1));
  const Error shape = error_of([&] { layer.observe(normal({2, 4}, 1)); });
  CHECK(shape.kind() == ErrorKind::Data);
  CHECK(contains(shape.what(), "layer 'enc.fc', call 2: "));
  CHECK(layer.record().calls == 1);
  const Error undefined = error_of([&] { layer.observe(at::Tensor()); });
  CHECK(undefined.kind() == ErrorKind::Model);
  CHECK(contains(undefined.what(), "undefined tensor"));
  const Error sparse = error_of([&] { layer.observe(normal({2, 3}, 1).to_sparse()); });
  CHECK(sparse.kind() == ErrorKind::Model);
  CHECK(contains(sparse.what(), "register a layer before it"));
}

TEST_CASE("reset_data starts anew and keeps settings, mask and hook state", "[sparsifier]") {
  RegisteredLayer layer(empty_record(), {});
  layer.observe(tensor1d({1, 2}));
  layer.set_gate(ConstantMask{tensor1d({1, 0})});
  layer.set_hook_state(HookState::None);
  layer.reset_data();
  CHECK_FALSE(layer.record().data());
  CHECK(bit_equal(std::get<at::Tensor>(mask_of(layer.record().gate.value())), tensor1d({1, 0})));
  CHECK(layer.record().hook_state == HookState::None);
  layer.observe(normal({4}, 1));  // another shape is fine now
  CHECK(layer.record().calls == 1);
}

TEST_CASE("a layer goes on from the data of its record", "[sparsifier]") {
  LayerRecord record = empty_record();
  record.accumulators[kAggregate] = at::full({2}, 5.0);
  record.calls = 3;
  RegisteredLayer layer(record, {});
  layer.observe(tensor1d({1, 2}));
  CHECK(layer.record().calls == 4);
  CHECK(bit_equal(std::get<at::Tensor>(*layer.record().data()), tensor1d({6, 7})));
  record.calls = 0;
  CHECK(error_of([&] { RegisteredLayer(record, {}); }).kind() == ErrorKind::State);
}

TEST_CASE("functions are looked up at once", "[sparsifier]") {
  LayerRecord record = empty_record();
  record.settings.reduce_fn->name = "meen";
  const Error error = error_of([&] { RegisteredLayer(record, {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "did you mean 'mean'"));
}

TEST_CASE("an empty tensor is no evidence, and is counted apart", "[sparsifier]") {
  RegisteredLayer layer(empty_record(), {});
  layer.observe(at::empty({0, 3}));
  CHECK(layer.record().calls == 0);
  CHECK_FALSE(layer.record().data());
  CHECK_FALSE(layer.record().input_dtype);
  layer.observe(normal({2, 3}, 1));
  layer.observe(at::empty({0, 3}));
  const LayerRecord record = layer.record();
  CHECK(record.calls == 1);
  CHECK(record.empty_calls == 2);
  CHECK(record.input_shape == std::vector<int64_t>{2, 3});
  CHECK(bit_equal(std::get<at::Tensor>(*record.data()), normal({2, 3}, 1)));
  StateDict state;
  state.layers = {record};
  CHECK(through_file(state).layers.at(0).empty_calls == 2);
}
