#include "model/run_method.h"

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

Module method_with(const std::string& arguments, const std::string& body) {
  return make_module("Model", "def forward(self" + arguments + "):\n" + body + "\n");
}

c10::IValue run(Module model, const std::vector<c10::IValue>& arguments) {
  return run_method(model, "forward", arguments);
}

Error failure(const Module& model, const std::vector<c10::IValue>& arguments) {
  const Error error = error_of([&] { run(model, arguments); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK_FALSE(contains(error.what(), "\n"));
  return error;
}

}  // namespace

TEST_CASE("a method runs without autograd", "[model]") {
  Module model = scale(2);
  model.attr("weight").toTensor().requires_grad_(true);
  const at::Tensor output = run_method(model, "forward", {tensor1d({1, 2})}).toTensor();
  CHECK(bit_equal(output, tensor1d({2, 4})));
  CHECK_FALSE(output.requires_grad());
}

TEST_CASE("constants are fitted to what the method wants", "[model]") {
  const Module rate = method_with(", rate: float", "  return rate / 2");
  CHECK(run(rate, {int64_t{3}}).toDouble() == 1.5);
  const Module optional =
      method_with(", rate: Optional[float]", "  return -1. if rate is None else rate");
  CHECK(run(optional, {c10::IValue()}).toDouble() == -1);
  CHECK(run(optional, {int64_t{3}}).toDouble() == 3);
  const Module list = method_with(", sizes: List[float]", "  return sizes[0] + sizes[1]");
  CHECK(run(list, {c10::IValue(std::vector<int64_t>{1, 2})}).toDouble() == 3);
  CHECK(run(list, {c10::IValue(std::vector<double>{0.5, 2})}).toDouble() == 2.5);
}

namespace {

c10::IValue any_list(const std::vector<c10::IValue>& elements) {
  c10::impl::GenericList list(c10::AnyType::get());
  for (const auto& element : elements) list.push_back(element);
  return list;
}

c10::IValue any_dict(const std::string& key, const c10::IValue& value) {
  c10::impl::GenericDict dict(c10::AnyType::get(), c10::AnyType::get());
  dict.insert(key, value);
  return dict;
}

}  // namespace

TEST_CASE("lists and dicts of files become those of the method", "[model]") {
  const c10::IValue x = tensor1d({1, 2}), y = tensor1d({3});
  const Module list = method_with(", xs: List[Tensor]", "  return xs[0] + xs[1]");
  CHECK(bit_equal(run(list, {any_list({x, y})}).toTensor(), tensor1d({4, 5})));
  const Module none = method_with(", xs: List[Tensor]", "  return len(xs)");
  CHECK(run(none, {any_list({})}).toInt() == 0);
  const Module dict = method_with(", d: Dict[str, Tensor]", "  return d['k']");
  CHECK(bit_equal(run(dict, {any_dict("k", x)}).toTensor(), x.toTensor()));
  const Module nested = method_with(", d: Optional[List[Dict[str, List[float]]]]",
                                    "  assert d is not None\n  return d[0]['k'][0]");
  CHECK(run(nested, {any_list({any_dict("k", any_list({1, 2}))})}).toDouble() == 1.0);
  const Module tuple = method_with(", t: Tuple[float, List[Tensor]]", "  return t[0] + t[1][0]");
  CHECK(bit_equal(
      run(tuple, {c10::ivalue::Tuple::create({c10::IValue(1), any_list({x})})}).toTensor(),
      tensor1d({2, 3})));
}

TEST_CASE("a list with an element of the wrong type is refused", "[model]") {
  const Module list = method_with(", xs: List[Tensor]", "  return xs[0]");
  const Error error = failure(list, {any_list({tensor1d({1}), c10::IValue("text")})});
  CHECK(contains(error.what(), "input 0 is List[Any], but the model wants forward(xs: List["));
  const Module tuple = method_with(", t: Tuple[int, int]", "  return t[0]");
  CHECK(contains(failure(tuple, {c10::ivalue::Tuple::create({c10::IValue(1)})}).what(),
                 "input 0 is Tuple[int]"));
}

TEST_CASE("tensors make up the one list or tuple that a method takes", "[model]") {
  const c10::IValue x = tensor1d({1, 2}), y = tensor1d({3});
  const Module list = method_with(", xs: List[Tensor]", "  return torch.cat(xs)");
  CHECK(bit_equal(run(list, {x, y}).toTensor(), tensor1d({1, 2, 3})));
  CHECK(bit_equal(run(list, {y}).toTensor(), tensor1d({3})));
  const Module more =
      method_with(", xs: Optional[List[Tensor]], k: Optional[List[Tensor]] = None",
                  "  assert xs is not None\n  assert k is None\n  return torch.cat(xs)");
  CHECK(bit_equal(run(more, {x, y}).toTensor(), tensor1d({1, 2, 3})));
  const Module pair = method_with(", p: Tuple[Tensor, Tensor]", "  return p[0] + p[1]");
  CHECK(bit_equal(run(pair, {x, y}).toTensor(), tensor1d({4, 5})));
}

TEST_CASE("tensors are arguments wherever they can be", "[model]") {
  const c10::IValue x = tensor1d({1, 2}), y = tensor1d({3});
  const Module second = method_with(", x: Tensor, xs: Optional[List[Tensor]] = None", "  return x");
  CHECK(bit_equal(run(second, {x}).toTensor(), tensor1d({1, 2})));
  const Module both = method_with(", xs: List[Tensor], y: Tensor", "  return torch.cat(xs) + y");
  CHECK(contains(failure(both, {x, y}).what(), "input 0 is Tensor, but the model wants forward("));
  const Module pair = method_with(", p: Tuple[Tensor, Tensor]", "  return p[0]");
  CHECK(contains(failure(pair, {x, y, x}).what(), "the data has 3 inputs"));
  const Module numbers = method_with(", xs: List[float]", "  return xs[0]");
  CHECK(contains(failure(numbers, {x}).what(), "input 0 is Tensor"));
}

TEST_CASE("a number becomes a scalar tensor of its own dtype", "[model]") {
  const Module model = method_with(", x: Tensor", "  return x");
  const auto dtype_of = [&](const c10::IValue& value) {
    const at::Tensor tensor = run(model, {value}).toTensor();
    CHECK(tensor.dim() == 0);
    CHECK(tensor.item<double>() == 1);
    return tensor.scalar_type();
  };
  CHECK(dtype_of(int64_t{1}) == at::kLong);
  CHECK(dtype_of(1.0) == at::kFloat);
  CHECK(dtype_of(true) == at::kBool);
}

TEST_CASE("arguments with a default may be left out", "[model]") {
  const Module model = method_with(", x: Tensor, k: int = 3", "  return x * k");
  CHECK(bit_equal(run(model, {tensor1d({2})}).toTensor(), tensor1d({6})));
  CHECK(bit_equal(run(model, {tensor1d({2}), int64_t{5}}).toTensor(), tensor1d({10})));
}

TEST_CASE("too few and too many inputs are named with what the model wants", "[model]") {
  const Module model = method_with(", x: Tensor, rate: float, k: int = 3", "  return x * k");
  const auto few = failure(model, {tensor1d({1})});
  CHECK(contains(few.what(), "the data has 1 inputs"));
  CHECK(contains(few.what(), "forward(x: Tensor, rate: float, k: int)"));
  CHECK(contains(failure(model, {tensor1d({1}), 1.0, int64_t{1}, int64_t{1}}).what(),
                 "the data has 4 inputs"));
}

TEST_CASE("an input of the wrong type is named", "[model]") {
  const Module model = method_with(", x: Tensor, rate: float", "  return x * rate");
  const auto error = failure(model, {tensor1d({1}), c10::IValue("fast")});
  CHECK(contains(error.what(), "input 1 is str"));
  CHECK(contains(error.what(), "rate: float"));
  CHECK(contains(failure(model, {c10::IValue(), 1.0}).what(), "input 0 is None"));
  CHECK(contains(failure(model, {tensor1d({1}), tensor1d({1})}).what(), "input 1 is Tensor"));
}

TEST_CASE("a model that rejects its data says why in one sentence", "[model]") {
  const Module model = method_with(", x: Tensor", "  return torch.matmul(x, torch.ones([5, 5]))");
  const auto error = failure(model, {normal({2, 3}, 1)});
  CHECK(contains(error.what(), "the model fails on this data: "));
  CHECK(contains(error.what(), "2x3 and 5x5"));
  CHECK(contains(error.details(), "Traceback of TorchScript"));
}

TEST_CASE("a failed assert of the model comes out", "[model]") {
  const Module model =
      method_with(", x: Tensor", "  assert x.dim() == 3, \"needs 3 dims\"\n  return x");
  CHECK(contains(failure(model, {tensor1d({1})}).what(), "needs 3 dims"));
}

TEST_CASE("the cause is the last exception of a traceback", "[model]") {
  const std::string lines =
      "The following operation failed in the interpreter.\nTraceback of it:\n";
  CHECK(torchscript_cause(lines + "RuntimeError: sizes differ\n") == "sizes differ");
  CHECK(torchscript_cause(lines + "RuntimeError: outer\nbuiltins.ValueError: inner\n") ==
        "builtins.ValueError: inner");
  CHECK(torchscript_cause("something else\nmore") == "something else");
  CHECK(torchscript_cause(lines + "RuntimeError: AssertionError: \n") == "AssertionError");
}
