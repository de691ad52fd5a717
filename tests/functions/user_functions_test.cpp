#include "functions/user_functions.h"

#include <c10/core/InferenceMode.h>

#include "functions/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;
using Values = std::vector<double>;

namespace {

FunctionTable table_with(const std::string& text) {
  FunctionTable table;
  table.add_source({"my_fns.py", text});
  return table;
}

Error compile_error(const std::string& text) {
  const Error error = error_of([&] { table_with(text); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(!contains(error.what(), "\n"));
  return error;
}

at::Tensor user_mask(const std::string& text, const json& config, const at::Tensor& x) {
  return table_with(text).mask(named("f"), config, "layers.0.sparse_config")(x);
}

std::unique_ptr<Aggregate> user_aggregate(const std::string& text,
                                          const json& parameters = json::object()) {
  return table_with(text).aggregate(named("f", parameters))();
}

// What running `text`'s f(x) throws.
Error run_error(const std::string& text, const at::Tensor& x = tensor_of({1, 2})) {
  const Error error = error_of([&] { user_mask(text, json::object(), x); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(!contains(error.what(), "\n"));
  return error;
}

const char* above = R"(
def f(x: Tensor, level: float = 0.5) -> Tensor:
    """Keeps what is above level."""
    return (x.abs() > level).to(x.dtype)
)";

}  // namespace

TEST_CASE("a user's function serves as mask_fn and as reduce_fn", "[functions]") {
  const auto x = tensor_of({0.4, -0.6, 2});
  CHECK(flat(user_mask(above, json::object(), x)) == Values{0, 1, 1});
  CHECK(flat(user_mask(above, {{"level", 1}}, x)) == Values{0, 0, 1});
  const auto reduce = table_with(above).reduce(named("f", {{"level", 0.0}}));
  CHECK(flat(reduce(x)) == Values{1, 1, 1});
}

TEST_CASE("every parameter type reaches the function, defaults too", "[functions]") {
  const auto table = table_with(R"(
def f(x: Tensor, a: int, b: bool, c: str, d: List[int], e: List[float], g: int = -2,
      h: float = -0.5, i: str = "no", j: List[int] = [7, 8]) -> Tensor:
    scale = 1.0 if b else 0.0
    extra = 100.0 if c == "yes" and i == "no" else 0.0
    return x * scale + a + d[0] * 10 + e[1] + extra + g + h + j[1] * 1000
)");
  const json values = {{"a", 1}, {"b", true}, {"c", "yes"}, {"d", {2, 3}}, {"e", {0, 0.25}}};
  const auto x = tensor_of({0.5});
  CHECK(flat(table.mask(named("f"), values, "s")(x)) ==
        Values{0.5 + 1 + 20 + 0.25 + 100 - 2 - 0.5 + 8000});
  json more = values;
  more["g"] = 4;
  more["j"] = {0, 0};
  CHECK(flat(table.mask(named("f"), more, "s")(x)) == Values{0.5 + 1 + 20 + 0.25 + 100 + 4 - 0.5});
}

TEST_CASE("a list parameter is the same at every call, whatever is done to it", "[functions]") {
  const auto mask = table_with(R"(
def f(x: Tensor, dims: List[int]) -> Tensor:
    dims.append(0)
    return x * len(dims)
)")
                        .mask(named("f"), {{"dims", {1, 2}}}, "s");
  CHECK(flat(mask(tensor_of({1}))) == Values{3});
  CHECK(flat(mask(tensor_of({1}))) == Values{3});
}

TEST_CASE("a user's parameters are checked before the run", "[functions]") {
  const auto message = [](const json& config) {
    const Error error = error_of([&] { user_mask(above, config, tensor_of({1})); });
    CHECK(error.kind() == ErrorKind::Config);
    return std::string(error.what());
  };
  CHECK(message({{"level", "high"}}) ==
        "layers.0.sparse_config.level: found \"high\", allowed float, e.g. 0.5");
  CHECK(message({{"levels", 1}}) ==
        "layers.0.sparse_config.levels: found an unknown parameter of mask_fn 'f', allowed "
        "'level'; did you mean 'level'?");
  const std::string text = "def f(x: Tensor, k: int) -> Tensor:\n    return x\n";
  CHECK(error_of([&] { user_mask(text, json::object(), tensor_of({1})); }).what() ==
        std::string("layers.0.sparse_config: mask_fn 'f' needs the parameter 'k' (int), e.g. "
                    "{\"k\":1}"));
  CHECK(contains(error_of([&] {
                   user_mask(text, {{"k", 1.5}}, tensor_of({1}));
                 }).what(),
                 "found 1.5, allowed int"));
}

TEST_CASE("a user's aggregate starts from zeros, or from the first input", "[functions]") {
  const std::string ema = R"(
def f(acc: Tensor, x: Tensor, keep: float = 0.5) -> Tensor:
    return acc * keep + x * (1 - keep)
)";
  const auto zeros = user_aggregate(ema), first = user_aggregate(ema, {{"init", "first"}}),
             slow = user_aggregate(ema, {{"keep", 0.75}});
  for (const auto& aggregate : {zeros.get(), first.get(), slow.get()})
    for (const double x : {8, 4}) aggregate->update(tensor_of({x}));
  CHECK(flat(zeros->value()) == Values{4});
  CHECK(flat(first->value()) == Values{6});
  CHECK(flat(slow->value()) == Values{2.5});
  CHECK(first->calls() == 2);
}

TEST_CASE("a user's add is the built-in sum, bit for bit", "[functions]") {
  const auto user =
      user_aggregate("def f(acc: Tensor, x: Tensor) -> Tensor:\n    return acc + x\n");
  const auto builtin = aggregate_of("sum");
  for (unsigned seed = 0; seed < 5; ++seed)
    for (const auto& aggregate : {user.get(), builtin.get()})
      aggregate->update(random_tensor({4, 33}, seed));
  CHECK(same_bits(user->value(), builtin->value()));
}

TEST_CASE("a user's aggregate may have a shape and a dim parameter of its own", "[functions]") {
  const auto per_feature = user_aggregate(
      "def f(acc: Tensor, x: Tensor, dim: int) -> Tensor:\n    return acc.sum(dim) + x.sum(dim)\n",
      {{"dim", 0}});
  per_feature->update(tensor_of({1, 2, 3, 4}, {2, 2}));
  CHECK(flat(per_feature->value()) == Values{4, 6});
}

TEST_CASE("a user's aggregate must keep the shape it first returned", "[functions]") {
  const auto growing =
      user_aggregate("def f(acc: Tensor, x: Tensor) -> Tensor:\n    return torch.cat([acc, x])\n");
  growing->update(tensor_of({1, 2}));
  CHECK(flat(growing->value()) == Values{0, 0, 1, 2});
  const Error error = error_of([&] { growing->update(tensor_of({3, 4})); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(error.what() ==
        std::string("f: it returned shape [6] after [4]; its result must keep its shape"));
  CHECK(flat(growing->value()) == Values{0, 0, 1, 2});
}

TEST_CASE("a user's aggregate refuses inputs of another shape", "[functions]") {
  const auto add = user_aggregate("def f(acc: Tensor, x: Tensor) -> Tensor:\n    return acc + x\n");
  add->update(random_tensor({16, 3}, 1));
  const Error error = error_of([&] { add->update(random_tensor({1, 3}, 2)); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "input of shape [1, 3] after [16, 3]: an elementwise aggregate"));
}

TEST_CASE("a user's aggregate may write to acc but never holds the input", "[functions]") {
  const auto in_place =
      user_aggregate("def f(acc: Tensor, x: Tensor) -> Tensor:\n    return acc.add_(x)\n");
  in_place->update(tensor_of({1}));
  const auto held = in_place->data();
  in_place->update(tensor_of({2}));
  CHECK(flat(in_place->value()) == Values{3});
  CHECK(flat(held) == Values{1});

  const auto last = user_aggregate("def f(acc: Tensor, x: Tensor) -> Tensor:\n    return x\n");
  const auto x = tensor_of({5});
  last->update(x);
  x.fill_(100);
  CHECK(flat(last->value()) == Values{5});
}

TEST_CASE("a function that writes to its input is refused", "[functions]") {
  const std::string told = "f: it writes to its input in place; let it work on a copy";
  CHECK(contains(run_error("def f(x: Tensor) -> Tensor:\n    return x.mul_(2)\n").what(), told));
  CHECK(contains(run_error("def f(x: Tensor) -> Tensor:\n    x[0] = 1\n    return x\n").what(),
                 told));
  const auto aggregate =
      user_aggregate("def f(acc: Tensor, x: Tensor) -> Tensor:\n    return x.add_(acc)\n");
  CHECK(contains(error_of([&] { aggregate->update(tensor_of({1})); }).what(), told));
}

TEST_CASE("a metric that writes to either of its inputs is refused", "[functions]") {
  const auto table = table_with(
      "def f(output: Tensor, labels: Tensor) -> Tensor:\n  return output.exp_()\n"
      "def g(baseline: Tensor, candidate: Tensor) -> Tensor:\n  return candidate.sub_(baseline)\n");
  for (const char* name : {"f", "g"}) {
    const auto metric = table.metric({name, {}, ""}).value();
    const Error error = error_of([&] { metric(tensor_of({1}), tensor_of({1})); });
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(contains(error.what(), "writes to its input in place"));
  }
}

TEST_CASE("user functions run in inference mode too", "[functions]") {
  const c10::InferenceMode mode;
  CHECK(flat(user_mask(above, json::object(), tensor_of({0.4, 2}))) == Values{0, 1});
}

TEST_CASE("no graph is kept by user functions", "[functions]") {
  const auto x = tensor_of({1, 2}).requires_grad_();
  CHECK(!user_mask("def f(x: Tensor) -> Tensor:\n    return x * 2\n", {}, x).requires_grad());
}

TEST_CASE("functions of one source may call each other", "[functions]") {
  const auto table = table_with(R"(
def half(x: Tensor) -> Tensor:
    return x / 2

def f(x: Tensor) -> Tensor:
    return half(x) + 1
)");
  CHECK(flat(table.mask(named("f"), json::object(), "s")(tensor_of({4}))) == Values{3});
  CHECK(flat(table.reduce(named("half"))(tensor_of({4}))) == Values{2});
}

TEST_CASE("what does not compile is told with file, line and the compiler's words", "[functions]") {
  const auto unknown = compile_error("def f(x: Tensor) -> Tensor:\n    return torch.foo(x)\n");
  CHECK(unknown.what() ==
        std::string("my_fns.py, line 2: does not compile: Unknown builtin op: aten::foo."));
  CHECK(contains(unknown.details(), "<--- HERE"));
  CHECK(contains(compile_error("def f(x: Tensor) -> Tensor:\n    return y\n").what(),
                 "my_fns.py, line 2: does not compile: undefined value y"));
  CHECK(contains(compile_error("def f(x: Tensor) -> Tensor:\n    return 3\n").what(),
                 "annotated as having type Tensor but is actually of type int"));
  CHECK(contains(compile_error("\ndef f(x: Tensr) -> Tensor:\n    return x\n").what(),
                 "my_fns.py, line 2: does not compile: Unknown type name 'Tensr'"));
  CHECK(compile_error("import torch\ndef f(x: Tensor) -> Tensor:\n    return x\n").what() ==
        std::string("my_fns.py, line 1: does not compile: expected def but found 'import'; a "
                    "functions file holds functions and comments only, no imports"));
  CHECK(compile_error("def f(x: Tensor) -> Tensor:\n    raise ValueError(\"no\")\n").what() ==
        std::string("my_fns.py, line 2: does not compile: undefined value ValueError; write assert "
                    "instead of raise"));
  CHECK(contains(compile_error("def f(x):\n    return x\ndef f(x):\n    return x\n").what(),
                 "my_fns.py: does not compile: method 'f' already defined"));
}

TEST_CASE("a source without functions is refused", "[functions]") {
  CHECK(contains(compile_error("# later\n").what(), "my_fns.py: holds no function; write one as"));
}

TEST_CASE("parameters may not have names that the config uses", "[functions]") {
  CHECK(compile_error("def f(x: Tensor, name: str) -> Tensor:\n    return x\n").what() ==
        std::string("my_fns.py: a parameter of f is called 'name', which the config uses itself; "
                    "give it another name"));
  const std::string init = "(acc: Tensor, x: Tensor, init: str) -> Tensor:\n    return x\n";
  CHECK(contains(compile_error("def f" + init).what(), "a parameter of f is called 'init'"));
}

TEST_CASE("a signature that does not serve is told with the wanted one", "[functions]") {
  const auto refused = [](const std::string& signature, FunctionKind kind) {
    const auto table = table_with("def f(" + signature);
    const Error error = error_of([&] {
      if (kind == FunctionKind::Aggregate) table.aggregate(named("f"));
      if (kind == FunctionKind::Reduce) table.reduce(named("f"));
      if (kind == FunctionKind::Mask) table.mask(named("f"), json::object(), "s");
    });
    CHECK(error.kind() == ErrorKind::Function);
    return std::string(error.what());
  };
  CHECK(refused("acc: Tensor, x: Tensor) -> Tensor:\n    return x\n", FunctionKind::Mask) ==
        "my_fns.py: 'f' cannot serve as mask_fn: found the signature f(Tensor acc, Tensor x) -> "
        "Tensor, needed def f(x: Tensor, parameters of type int, float, bool, str, List[int] or "
        "List[float]) -> Tensor");
  CHECK(contains(refused("x: Tensor) -> Tensor:\n    return x\n", FunctionKind::Aggregate),
                 "'f' cannot serve as aggregate_fn: found the signature f(Tensor x) -> Tensor, "
                 "needed def f(acc: Tensor, x: Tensor, parameters"));
  const std::string none = "cannot serve as reduce_fn";
  CHECK(contains(refused("x: Tensor) -> int:\n    return 3\n", FunctionKind::Reduce), none));
  CHECK(contains(refused("k: int) -> Tensor:\n    return torch.ones([k])\n", FunctionKind::Reduce),
                 none));
  CHECK(contains(refused("x: Tensor, k: Optional[int] = None) -> Tensor:\n    return x\n",
                         FunctionKind::Reduce),
                 none));
  CHECK(contains(
      refused("x: Tensor, k: int, y: Tensor) -> Tensor:\n    return x\n", FunctionKind::Reduce),
      none));
  CHECK(contains(refused("a: Tensor, b: Tensor, c: Tensor) -> Tensor:\n    return a\n",
                         FunctionKind::Aggregate),
                 "cannot serve as aggregate_fn"));
}

TEST_CASE("what a user's function throws is told by its cause", "[functions]") {
  const auto failed = run_error("def f(x: Tensor) -> Tensor:\n    return x.view(17)\n");
  CHECK(failed.what() == std::string("f: shape '[17]' is invalid for input of size 2"));
  CHECK(contains(failed.details(), "Traceback of TorchScript"));
  const auto asserted = run_error(
      "def f(x: Tensor) -> Tensor:\n    assert x.dim() == 3, \"3-d only\"\n    return x\n");
  CHECK(asserted.what() == std::string("f: AssertionError: 3-d only"));
  const auto silent =
      run_error("def f(x: Tensor) -> Tensor:\n    assert x.dim() == 3\n    return x\n");
  CHECK(silent.what() == std::string("f: AssertionError"));
  const auto aggregate =
      user_aggregate("def f(acc: Tensor, x: Tensor) -> Tensor:\n    return x.view(17)\n");
  CHECK(error_of([&] { aggregate->update(tensor_of({1})); }).what() ==
        std::string("f: shape '[17]' is invalid for input of size 1"));
}
