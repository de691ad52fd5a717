// Model files as they come from other machines, other versions and other tools.
#include <ATen/ATen.h>

#include <fstream>

#include "e2e/scene.h"
#include "model/load_model.h"
#include "support/models.h"

using namespace actsparse;

namespace {

// The scene with two batches for a made model whose layer is 'fc'.
void take(Scene& scene, const std::string& file) {
  scene.take_model(made_file(file), "fc");
  scene.config["data"]["limit"] = 8;
}

std::function<void(Scene&)> taking(const std::string& file) {
  return [file](Scene& scene) { take(scene, file); };
}

void check_runs(const std::string& file, const Arguments& more = {}) {
  INFO(file);
  Scene scene;
  take(scene, file);
  const auto result = scene.run(more);
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "verified: 1 layer"));
}

torch::jit::Module bare_module(const std::string& name,
                               const std::shared_ptr<torch::jit::CompilationUnit>& unit) {
  const auto type = c10::ClassType::create("__torch__." + name, unit, /*is_module=*/true);
  unit->register_type(type);
  return torch::jit::Module(c10::ivalue::Object::create(c10::StrongTypePtr(unit, type), 0));
}

// Every module that PyTorch makes today has the attribute.
torch::jit::Module without_training() {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  auto root = bare_module("Root", unit), layer = bare_module("Layer", unit);
  layer.define("def forward(self, x: Tensor) -> Tensor:\n  return x + 1\n");
  root.register_module("layer", layer);
  root.define("def forward(self, x: Tensor) -> Tensor:\n  return self.layer.forward(x)\n");
  return root;
}

}  // namespace

TEST_CASE("A model saved on a GPU is mapped to the chosen device", "[e2e]") {
  REQUIRE(contains(read_file(made_file("cuda.pt")), "cuda:0"));
  check_runs("cuda.pt");
}

TEST_CASE("A file of an old format version, and one saved for mobile, run as any other", "[e2e]") {
  check_runs("old.pt");
  check_runs("mobile.ptl");
}

TEST_CASE("A model without the attribute 'training' runs in either mode", "[e2e]") {
  for (const char* mode : {"eval", "train"}) {
    Scene scene;
    {
      std::ofstream file(scene.folder / "bare.pt", std::ios::binary);
      write_model(without_training(), file);
    }
    const auto model = load_model(scene.folder / "bare.pt");
    REQUIRE_FALSE(model.hasattr("training"));
    scene.take_model("bare.pt", "layer");
    scene.config["model"]["mode"] = mode;
    const auto result = scene.run();
    INFO(result.err);
    CHECK(result.exit_code == 0);
  }
}

TEST_CASE("A submodule of an interface's type is masked, and those in a list and a dict", "[e2e]") {
  Scene scene;
  scene.take_model(made_file("interface.pt"), "");
  scene.config["layers"] = {{{"type", "Double"}}};
  const auto result = scene.run({"--json"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const auto report = only_json(result.out);
  CHECK(report["layers"].size() == 4);
  CHECK(report["verification"]["layers"] == 4);
  CHECK(report["verification"]["calls"] == 4);
  const at::Tensor x = normal({3, 4}, 1);
  CHECK_FALSE(bit_equal(run_forward(load_model(scene.folder / "masked.pt"), x), x * 16));
}

TEST_CASE("Scripted hooks are kept: the layer sees what its pre-hook gives, masked", "[e2e]") {
  Scene scene;
  scene.take_model(made_file("hooked.pt"), "inner");
  const auto result = scene.run();
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const auto masked = load_model(scene.folder / "masked.pt");
  const at::Tensor x = normal({3, 4}, 1);
  const at::Tensor mask = masked.attr("inner").toModule().attr("activation_mask").toTensor();
  CHECK(at::sum(mask).item<float>() == 2);
  CHECK(bit_equal(run_forward(masked, x), ((x + 1) * mask) * 2 * 10));
}

TEST_CASE("Model files that hold no TorchScript that can be read are refused", "[e2e]") {
  check_all_refused({
      {"newer version", taking("newer.pt"), 4, {"newer.pt", "saved by a newer PyTorch"}},
      {"flatbuffer", taking("flatbuffer.ptl"), 4, {"flatbuffer", "torch.jit.save"}},
      {"operator",
       taking("plugin.pt"),
       4,
       {"plugin.pt", "needs the operator 'plugin::twice'", "--load-library"}},
      {"class",
       taking("plugin_class.pt"),
       4,
       {"needs the custom class 'plugin.Scale'", "--load-library"}},
  });
}

TEST_CASE("--load-library brings a model's own operators and classes", "[e2e]") {
  check_runs("plugin.pt", {"--load-library", plugin_library()});
  check_runs("plugin_class.pt", {"--load-library", plugin_library()});
}

TEST_CASE("--load-library with no such library is a wrong command line", "[e2e]") {
  Scene scene;
  check_run_refused(scene, 2, {"--load-library none.so", "No such file"},
                    {"--load-library", "none.so"});
  scene.write("text.so", "no library");
  check_run_refused(scene, 2, {"--load-library ./text.so"}, {"--load-library", "./text.so"});
}

TEST_CASE("inspect says that a frozen model has no layers, and what to do", "[e2e]") {
  Scene scene;
  const auto result = scene.actsparse({"inspect", made_file("frozen.pt")});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "warning: the model has no layers but its root"));
  CHECK(contains(result.out, "before freezing"));
}
