#include "model/own_types.h"

#include "model/layer_tree.h"
#include "model/load_model.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

std::vector<std::string> all_layers(const Module& model) {
  std::vector<std::string> names;
  for (const auto& layer : list_layers(model)) names.push_back(layer.name);
  return names;
}

at::Tensor output_of_clone(const Module& model, const at::Tensor& x, bool through_file) {
  const Module clone = clone_with_own_types(model, all_layers(model));
  return run_forward(through_file ? reloaded(clone) : clone, x);
}

// The clone with types of their own everywhere computes the same, also after saving and loading,
// and making and running it leaves the model as it was. (No clone may live while the model is
// saved: pickles of shared parameters differ.)
void check_clone(const Module& model, const at::Tensor& x) {
  const std::string graphs = all_graphs(model), bytes = saved(model);
  const at::Tensor expected = run_forward(reloaded(model), x);
  CHECK(bit_equal(output_of_clone(model, x, false), expected));
  CHECK(bit_equal(output_of_clone(model, x, true), expected));
  CHECK(all_graphs(model) == graphs);
  const bool same_file = saved(model) == bytes;
  CHECK(same_file);
}

}  // namespace

TEST_CASE("layers that share a type have types of their own in the clone", "[model]") {
  const Module model = chain();
  const auto a = find_layer(model, "a"), b = find_layer(model, "b");
  REQUIRE(a.type() == b.type());
  const Module clone = clone_with_own_types(model, {"b"});
  CHECK(find_layer(clone, "b").type() != b.type());
  CHECK(clone.type() != model.type());
  CHECK(find_layer(clone, "a").type() == a.type());  // not asked for: shared as before
  CHECK(find_layer(model, "b").type() == b.type());
}

TEST_CASE("every module on the path to a layer gets its own type", "[model]") {
  const Module model = nested();
  REQUIRE(find_layer(model, "block1").type() == find_layer(model, "block2").type());
  const Module clone = clone_with_own_types(model, {"block2.fc"});
  CHECK(find_layer(clone, "block2").type() != find_layer(model, "block2").type());
  CHECK(find_layer(clone, "block2.fc").type() != find_layer(model, "block2.fc").type());
  CHECK(find_layer(clone, "block1").type() == find_layer(model, "block1").type());
}

TEST_CASE("clones of all test models compute the same and leave the model alone", "[model]") {
  const at::Tensor x = normal({2, 3}, 1);
  for (const Module& model : {chain(), residual(), repeated(), nested(), aliased(), keyword_call(),
                              list_argument(), counting(), forking(), sharing()})
    check_clone(model, x);
}

TEST_CASE("a module that is handed over has its own type wherever it goes", "[model]") {
  const Module model = sharing();
  const at::Tensor x = normal({2, 3}, 1);
  const at::Tensor expected = run_forward(model, x);
  for (const char* layer : {"a.act", "a.fc", "b.fc", "last.inner.fc", "last.inner", "a", "last"}) {
    INFO(layer);
    const Module clone = clone_with_own_types(model, {layer});
    CHECK(bit_equal(run_forward(clone, x), expected));
    CHECK(bit_equal(run_forward(reloaded(clone), x), expected));
  }
  const Module clone = clone_with_own_types(model, {"a.act"});
  const auto type_name = find_layer(clone, "a.act").type()->annotation_str();
  for (const char* taker : {"b", "last", "last.inner"})
    CHECK(find_layer(clone, taker)
              .get_method("forward")
              .function()
              .getSchema()
              .arguments()[1]
              .type()
              ->annotation_str() == type_name);
}

TEST_CASE("clones of the sample models compute the same and leave the model alone", "[model]") {
  for (const char* name :
       {"digits_cnn.pt", "digits_cnn_traced.pt", "digits_resnet.pt", "digits_lstm.pt"}) {
    INFO(name);
    Module model = load_model(source_dir() / "sample_models" / name);
    model.eval();
    check_clone(model, normal({4, 1, 8, 8}, 2));
  }
}

TEST_CASE("an instance under two names stays one instance in the clone", "[model]") {
  const Module model = aliased();
  const Module clone = clone_with_own_types(model, {"b"});
  CHECK(find_layer(clone, "a") == find_layer(clone, "b"));
  CHECK_FALSE(find_layer(clone, "a") == find_layer(model, "a"));
}

TEST_CASE("the clone shares parameters and copies buffers", "[model]") {
  Module model = chain();
  model.register_buffer("mean", tensor1d({1, 2}));
  const Module clone = clone_with_own_types(model, {"a"});
  const auto weight = [](const Module& m) { return find_layer(m, "a").attr("weight").toTensor(); };
  CHECK(weight(clone).data_ptr() == weight(model).data_ptr());
  const at::Tensor copy = clone.attr("mean").toTensor(), original = model.attr("mean").toTensor();
  CHECK(copy.data_ptr() != original.data_ptr());
  CHECK(bit_equal(copy, original));
}

TEST_CASE("a forward that writes its own attributes changes the clone alone", "[model]") {
  Module model = counting();
  Module clone = clone_with_own_types(model, {"counter"});
  run_forward(clone, tensor1d({5}));
  run_forward(clone, tensor1d({7}));
  const auto counter = find_layer(clone, "counter"), untouched = find_layer(model, "counter");
  CHECK(bit_equal(counter.attr("calls").toTensor(), tensor1d({2})));
  CHECK(bit_equal(counter.attr("total").toTensor(), tensor1d({12})));
  CHECK(counter.attr("number").toInt() == 2);
  CHECK(bit_equal(untouched.attr("calls").toTensor(), tensor1d({0})));
  CHECK(bit_equal(untouched.attr("total").toTensor(), tensor1d({0})));
  CHECK(untouched.attr("number").toInt() == 0);
}

TEST_CASE("a tensor under two buffer names stays one tensor in the clone", "[model]") {
  Module model = chain();
  const at::Tensor shared = tensor1d({1});
  model.register_buffer("first", shared);
  model.register_buffer("second", shared);
  const Module clone = clone_with_own_types(model, {""});
  CHECK(clone.attr("first").toTensor().is_same(clone.attr("second").toTensor()));
  CHECK_FALSE(clone.attr("first").toTensor().is_same(shared));
}

TEST_CASE("properties and constants of a type are copied", "[model]") {
  const Module model = chain();
  model.type()->addConstant("limit", c10::IValue(int64_t{6}));
  const Module clone = clone_with_own_types(model, {"a"});
  CHECK(clone.type()->getConstant("limit").toInt() == 6);
}

TEST_CASE("cloning for an unknown layer names the nearest", "[model]") {
  const Error error = error_of([] { clone_with_own_types(nested(), {"blok1.fc"}); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "'block1.fc'"));
}

TEST_CASE("a list of parameters, as an LSTM has, stays one of the same tensors", "[model]") {
  Module model("__torch__.Recurrent");
  model.register_parameter("weight", normal({2, 2}, 1), false);
  model.register_buffer("state", normal({2}, 2));
  const c10::List<at::Tensor> list(
      {model.attr("weight").toTensor(), model.attr("state").toTensor()});
  model.register_attribute("_flat_weights", c10::ListType::ofTensors(), list);
  model.define(
      "def forward(self, x):\n  return x @ self._flat_weights[0] + self._flat_weights[1]\n");
  for (const Module& clone :
       {clone_with_own_types(model, {}), reloaded(clone_with_own_types(model, {}))}) {
    const auto copied = clone.attr("_flat_weights").toTensorVector();
    CHECK(copied.at(0).is_same(clone.attr("weight").toTensor()));
    CHECK(copied.at(1).is_same(clone.attr("state").toTensor()));
  }
  const auto clone = clone_with_own_types(model, {});
  CHECK(clone.attr("weight").toTensor().is_same(model.attr("weight").toTensor()));
  CHECK_FALSE(clone.attr("state").toTensor().is_same(model.attr("state").toTensor()));
}
