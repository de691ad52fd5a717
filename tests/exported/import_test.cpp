// Models that PyTorch 2.6 and 2.14 exported (make_archives.py), against what they gave there.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <map>
#include <set>

#include "exported/edit_archive.h"
#include "exported/expected.h"
#include "model/layer_tree.h"
#include "model/load_model.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

// What is refused, and the words that say why. Everything else is equal.
const std::map<std::string, std::string> refused_models = {
    {"autocast", "autocast"},
    {"loop", "while_loop cannot be taken"},
    {"tiny_train.decomposed", "_native_batch_norm_legit_functional"},
};

// Only LibTorch 1.13 lacks its operator.
bool is_taken_by_newer(const std::string& name) {
  const auto symbol = c10::Symbol::fromQualString("aten::_native_batch_norm_legit_functional");
  return name == "tiny_train.decomposed" && !torch::jit::getAllOperatorsFor(symbol).empty();
}

// bfloat16 has 8 bits; decomposed programs add a bias in it.
double tolerance_of(const std::string& name) { return name.rfind("half", 0) == 0 ? 1e-2 : 1e-6; }

std::string refusal(const fs::path& path) {
  const Error error = error_of([&] { load_model(path); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), path.string()));
  CHECK_FALSE(contains(error.what(), "\n"));
  return error.what();
}

void check_archive_of(const fs::path& path) {
  const std::string name = path.stem().string();
  CAPTURE(path.string());
  const auto refused = refused_models.find(name);
  if (refused != refused_models.end() && !is_taken_by_newer(name)) {
    CHECK(contains(refusal(path), refused->second));
    return;
  }
  Comparison found;
  CHECK_NOTHROW(found = compare_with_expected(path.string(),
                                              fs::path(path).replace_extension("expected.pt")));
  CHECK(found.difference <= tolerance_of(name));
}

std::map<std::string, torch::jit::Module> modules_of(const torch::jit::Module& model) {
  std::map<std::string, torch::jit::Module> modules;
  for (const auto& named : model.named_modules()) modules.emplace(named.name, named.value);
  return modules;
}

size_t methods_of(const torch::jit::Module& module) { return module.get_methods().size(); }

}  // namespace

TEST_CASE("exported models give what they gave in PyTorch, or are refused by name", "[exported]") {
  size_t count = 0;
  for (const std::string version : {"2.6", "2.14"})
    for (const auto& entry : fs::directory_iterator(archive_named(version + "/x").parent_path())) {
      if (entry.path().extension() != ".pt2") continue;
      check_archive_of(entry.path());
      ++count;
    }
  CHECK(count > 60);
}

TEST_CASE("an imported model is written and read as any other", "[exported]") {
  for (const std::string name :
       {"2.14/tiny", "2.6/tiny", "2.14/nested", "2.14/many", "2.14/sizes", "2.14/cond"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    const fs::path again = folder / "again.pt";
    std::ofstream file(again, std::ios::binary);
    write_model(load_model(archive_named(name)), file);
    file.close();
    const auto expected = fs::path(archive_named(name)).replace_extension("expected.pt");
    CHECK(compare_with_expected(again.string(), expected.string()).difference <= 1e-6);
  }
}

TEST_CASE("modules have their names, classes, tensors and methods", "[exported]") {
  for (const std::string version : {"2.6", "2.14"}) {
    CAPTURE(version);
    const auto model = load_model(archive_named(version + "/tiny"));
    const auto modules = modules_of(model);
    CHECK(contains(model.type()->name()->qualifiedName(), "__torch__.models."));
    CHECK(model.type()->name()->name() == "Tiny");
    CHECK(modules.at("conv").type()->name()->name() == "Conv2d");
    CHECK(modules.at("norm").type()->name()->name() == "BatchNorm2d");
    CHECK(modules.at("conv").named_parameters(false).size() == 2);
    CHECK(modules.at("norm").named_buffers(false).size() == 3);
    CHECK(modules.at("fc").get_method("forward").function().getSchema().arguments().size() == 2);
    CHECK(model.get_method("forward").function().getSchema().arguments()[1].name() == "x");
    CHECK_FALSE(model.attr("training").toBool());
  }
}

TEST_CASE("each call of a layer is a method of it", "[exported]") {
  const auto modules = modules_of(load_model(archive_named("2.14/twice")));
  CHECK(methods_of(modules.at("fc")) + methods_of(modules.at("alias")) == 3);
  CHECK(methods_of(modules.at("fc")) >= 2);
}

TEST_CASE("tied weights are one tensor", "[exported]") {
  for (const std::string name : {"2.14/tied", "2.14/tied.decomposed", "2.6/tied"}) {
    CAPTURE(name);
    const auto modules = modules_of(load_model(archive_named(name)));
    CHECK(modules.at("embed").attr("weight").toTensor().is_same(
        modules.at("head").attr("weight").toTensor()));
  }
}

TEST_CASE("a buffer that is written to is the module's", "[exported]") {
  auto model = load_model(archive_named("2.14/counter"));
  const auto x = at::zeros({2, 4});
  const auto first = model.forward({x}).toTensor(), second = model.forward({x}).toTensor();
  CHECK((second - first).allclose(at::ones({2, 4})));
  CHECK(model.attr("calls").toTensor().item<double>() == 2);
}

TEST_CASE("layers inside torch.cond are uses of their weights", "[exported]") {
  const auto model = load_model(archive_named("2.14/cond"));
  CHECK(modules_of(model).at("yes").get_methods().empty());
  auto runs = model;
  const auto yes = runs.forward({at::ones({2, 4})}), no = runs.forward({-at::ones({2, 4})});
  CHECK_FALSE(yes.toTensor().equal(no.toTensor()));
}

TEST_CASE("arguments that the export fixed are none of the method's", "[exported]") {
  const auto model = load_model(archive_named("2.14/fixed_arguments"));
  CHECK(model.get_method("forward").function().getSchema().arguments().size() == 2);
}

TEST_CASE("another major version of the schema is refused", "[exported]") {
  const TemporaryFolder folder;
  edit_program(folder / "x.pt2",
               [](nlohmann::json& program) { program["schema_version"]["major"] = 9; });
  CHECK(contains(refusal(folder / "x.pt2"), "its schema is version 9"));
  edit_program(folder / "y.pt2", [](nlohmann::json& program) {
    program["schema_version"]["minor"] = 999;
    program["torch_version"] = "3.1";
    program["something_new"] = {1, 2};
  });
  CHECK_NOTHROW(load_model(folder / "y.pt2"));
}

TEST_CASE("operators that are not known are named", "[exported]") {
  const TemporaryFolder folder;
  const auto with_target = [&](const std::string& target) {
    edit_program(folder / "x.pt2", [&](nlohmann::json& program) {
      program["graph_module"]["graph"]["nodes"][0]["target"] = target;
    });
    return refusal(folder / "x.pt2");
  };
  for (const std::string target :
       {"torch.ops.aten.conv2d.padding_of_tomorrow", "torch.ops.quantized_decomposed.add.default",
        "torch.ops.higher_order.flex_attention", "my_module.my_function", "torch.ops", ""}) {
    CAPTURE(target);
    CHECK(contains(with_target(target), "the operator " + target + " cannot be taken"));
  }
}

TEST_CASE("kinds of inputs and outputs that are not taken are named", "[exported]") {
  const TemporaryFolder folder;
  const auto edited = [&](const std::function<void(nlohmann::json&)>& edit) {
    edit_program(folder / "x.pt2", edit);
    return refusal(folder / "x.pt2");
  };
  CHECK(contains(edited([](nlohmann::json& program) {
                   auto& specs = program["graph_module"]["signature"]["input_specs"];
                   specs[0] = {{"token", {{"arg", {{"name", "t"}}}}}};
                 }),
                 "an input of the kind 'token'"));
  CHECK(contains(edited([](nlohmann::json& program) {
                   auto& specs = program["graph_module"]["signature"]["output_specs"];
                   specs[0] = {{"loss_output", {{"arg", {{"name", "t"}}}}}};
                 }),
                 "an output of the kind 'loss_output'"));
  CHECK(contains(edited([](nlohmann::json& program) {
                   auto& call = program["graph_module"]["module_call_graph"][0]["signature"];
                   call["out_spec"] =
                       R"([1, {"type": "mine.Output", "context": "x", "children_spec": []}])";
                 }),
                 "the class 'mine.Output'"));
}

}  // namespace actsparse
