#include <algorithm>

#include "functions/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;
using nlohmann::json;

namespace {

const FunctionSource source = {"fns.py",
                               "def ema(acc: Tensor, x: Tensor, keep: float = 0.9) -> Tensor:\n"
                               "    return acc * keep + x * (1 - keep)\n"
                               "def my_mask(x: Tensor, k: int) -> Tensor:\n"
                               "    return x\n"
                               "def helper(k: int) -> int:\n"
                               "    return k + 1\n"};

FunctionTable with_source() {
  FunctionTable table;
  table.add_source(source);
  return table;
}

FunctionInfo info_of(const FunctionTable& table, const std::string& name, FunctionKind kind) {
  for (const auto& info : table.list())
    if (info.name == name && std::count(info.kinds.begin(), info.kinds.end(), kind) == 1)
      return info;
  FAIL("not listed: " << name);
  return {};
}

std::vector<std::string> names_of(const FunctionTable& table, FunctionKind kind) {
  std::vector<std::string> names;
  for (const auto& info : table.list())
    if (std::count(info.kinds.begin(), info.kinds.end(), kind) == 1) names.push_back(info.name);
  return names;
}

}  // namespace

TEST_CASE("every function of the design is listed", "[functions]") {
  const FunctionTable table;
  using Names = std::vector<std::string>;
  CHECK(names_of(table, FunctionKind::Aggregate) ==
        Names{"sum", "mean", "abs_sum", "abs_mean", "sq_sum", "rms", "max", "min", "abs_max",
              "nonzero", "var", "std", "histogram", "gram"});
  CHECK(names_of(table, FunctionKind::Reduce) == Names{"identity", "mean", "sum", "max", "min",
                                                       "abs_mean", "norm", "weighted",
                                                       "removal_error"});
  CHECK(names_of(table, FunctionKind::Mask) ==
        Names{"magnitude", "topk", "threshold", "quantile", "nm", "block", "random"});
  for (const auto& info : table.list()) {
    CHECK(info.source == "built-in");
    CHECK(!info.description.empty());
  }
}

TEST_CASE("parameters are listed with type, default and range", "[functions]") {
  const auto norm = info_of(FunctionTable(), "norm", FunctionKind::Reduce);
  REQUIRE(norm.parameters.size() == 3);
  CHECK(norm.parameters[0].name == "dim");
  CHECK(norm.parameters[0].required);
  CHECK(norm.parameters[2].type == "float");
  CHECK(norm.parameters[2].default_value == 2.0);
  CHECK(norm.parameters[2].allowed == "p >= 0");
}

TEST_CASE("a user's functions are listed with parameters from their signature", "[functions]") {
  const auto table = with_source();
  const auto mask = info_of(table, "my_mask", FunctionKind::Mask);
  const bool both =
      mask.kinds == std::vector<FunctionKind>{FunctionKind::Reduce, FunctionKind::Mask};
  CHECK(both);
  CHECK(mask.source == "fns.py");
  CHECK(mask.description == "my_mask(Tensor x, int k) -> Tensor");
  REQUIRE(mask.parameters.size() == 1);
  CHECK(mask.parameters[0].required);
  CHECK(mask.parameters[0].type == "int");
  const auto ema = info_of(table, "ema", FunctionKind::Aggregate);
  REQUIRE(ema.parameters.size() == 4);
  CHECK(ema.parameters[0].name == "keep");
  CHECK(ema.parameters[0].default_value == 0.9);
  CHECK(ema.parameters[1].name == "init");
  CHECK(ema.parameters[2].name == "associative");
  CHECK(ema.parameters[3].name == "merge_fn");
  const auto infos = table.list();
  CHECK(infos.back().name == "helper");
  CHECK(infos.back().kinds.empty());
}

TEST_CASE("kinds are called as in the config", "[functions]") {
  CHECK(std::string(to_string(FunctionKind::Aggregate)) == "aggregate_fn");
  CHECK(std::string(to_string(FunctionKind::Reduce)) == "reduce_fn");
  CHECK(std::string(to_string(FunctionKind::Mask)) == "mask_fn");
}

TEST_CASE("an unknown function is told with path and the nearest name", "[functions]") {
  const FunctionTable table;
  const Error error =
      error_of([&] { table.mask(named("magnitud", {}, "layers.2.mask_fn"), {}, "s"); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(error.what() ==
        std::string("layers.2.mask_fn: found 'magnitud', allowed 'magnitude', 'topk', 'threshold', "
                    "'quantile', 'nm', 'block', 'random'; did you mean 'magnitude'?"));
  CHECK(contains(error_of([&] { table.reduce(named("mea", {}, "")); }).what(),
                 "reduce_fn: found 'mea', allowed 'identity'"));
  CHECK(contains(error_of([] { with_source().aggregate(named("emma")); }).what(),
                 "'gram', 'ema'; did you mean 'ema'"));
}

TEST_CASE("a built-in function of another kind is refused as such", "[functions]") {
  const FunctionTable table;
  const auto text = [](const Error& error) {
    CHECK(error.kind() == ErrorKind::Config);
    return std::string(error.what());
  };
  CHECK(contains(text(error_of([&] { table.mask(named("mean"), json::object(), "s"); })),
                 "defaults.fn: found 'mean' (a built-in aggregate_fn and reduce_fn), allowed"));
  CHECK(contains(text(error_of([&] { table.reduce(named("topk")); })), "(a built-in mask_fn)"));
}

TEST_CASE("a name can be taken once only", "[functions]") {
  const auto refused = [](const std::string& name) {
    auto table = with_source();
    const auto before = table.list().size();
    const Error error = error_of([&] {
      table.add_source({"more.py", "def fine(x: Tensor) -> Tensor:\n    return x\ndef " + name +
                                       "(x: Tensor) -> Tensor:\n    return x\n"});
    });
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(table.list().size() == before);  // nothing of the file was taken
    CHECK(table.sources().size() == 1);
    return std::string(error.what());
  };
  CHECK(refused("topk") == "more.py: the name 'topk' is taken by a built-in function; rename it");
  CHECK(refused("my_mask") == "more.py: the name 'my_mask' is taken by fns.py; rename it");
  CHECK(contains(refused("histogram"), "is taken by a built-in function"));
}

TEST_CASE("sources are kept whole, and copies of a table share functions", "[functions]") {
  FunctionTable copy;
  {
    const auto table = with_source();
    copy = table;
  }
  REQUIRE(copy.sources().size() == 1);
  CHECK(copy.sources()[0].text == source.text);
  CHECK(copy.sources()[0].label == "fns.py");
  const auto mask = copy.mask(named("my_mask"), {{"k", 1}}, "s");
  copy = FunctionTable();
  CHECK(flat(mask(tensor_of({4}))) == std::vector<double>{4});
}

TEST_CASE("aggregates of one function are independent", "[functions]") {
  const auto make = FunctionTable().aggregate(named("sum"));
  const auto one = make(), two = make();
  one->update(tensor_of({1}));
  two->update(tensor_of({5, 6}));
  CHECK(flat(one->value()) == std::vector<double>{1});
  CHECK(flat(two->value()) == std::vector<double>{5, 6});
}

TEST_CASE("a functions file is read whole, or told as written", "[functions]") {
  const TemporaryFolder folder;
  write_file(folder / "fns.py", source.text);
  const auto read = read_function_source({folder / "fns.py", "sub/fns.py"});
  CHECK(read.label == "sub/fns.py");
  CHECK(read.text == source.text);
  for (const auto& path : {folder / "none.py", folder.path()}) {
    const Error error = error_of([&] { read_function_source({path, "sub/none.py"}); });
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(contains(error.what(), "sub/none.py: the functions file cannot be read"));
  }
}

TEST_CASE("docs/functions.md names every function, and its example runs", "[functions]") {
  const auto text = read_file(source_dir() / "docs" / "functions.md");
  for (const auto& info : FunctionTable().list()) {
    INFO(info.name);
    CHECK(contains(text, "`" + info.name + "`"));
    for (const auto& parameter : info.parameters) {
      INFO(parameter.name);
      CHECK(contains(text, parameter.name));
    }
  }
  const std::string opening = "```python\n";
  const auto begin = text.find(opening) + opening.size();
  FunctionTable table;
  table.add_source({"my_fns.py", text.substr(begin, text.find("```", begin) - begin)});
  const auto aggregate = table.aggregate(named("decayed", {{"keep", 0.99}, {"init", "first"}}))();
  for (const unsigned seed : {1U, 2U}) aggregate->update(random_tensor({4, 3, 2, 2}, seed));
  const auto channels = table.reduce(named("per_channel"))(aggregate->value());
  CHECK(channels.sizes() == at::IntArrayRef({3, 1, 1}));
  CHECK(table.mask(named("above_mean"), {{"factor", 1.5}}, "s")(channels).sizes() ==
        channels.sizes());
}
