#include "e2e/scene.h"

using namespace actsparse;

namespace {

// The mask function f of a functions file.
std::function<void(Scene&)> mask_function(const std::string& signature, const std::string& body) {
  return [=](Scene& scene) {
    scene.write("f.py", "def f(" + signature + ") -> Tensor:\n    " + body + "\n");
    scene.config["functions"] = {"f.py"};
    scene.config["defaults"]["mask_fn"] = "f";
    scene.config["defaults"].erase("sparse_config");
    scene.config["layers"] = {{{"name", "conv1"}}};
  };
}

}  // namespace

TEST_CASE("A user function that cannot serve is refused with file, line or layer", "[e2e]") {
  check_all_refused({
      {"no such file",
       [](Scene& scene) { scene.config["functions"] = {"f.py"}; },
       6,
       {"f.py", "cannot be read"}},
      {"does not compile",
       mask_function("x: Tensor", "return y"),
       6,
       {"f.py, line 2", "does not compile", "undefined value y"}},
      {"wrong signature",
       mask_function("x: int", "return torch.ones([x])"),
       6,
       {"f.py", "'f' cannot serve as mask_fn", "f(int x)", "def f(x: Tensor"}},
      {"reads a file",
       mask_function("x: Tensor", "return torch.from_file('/etc/passwd', False, 1)"),
       6,
       {"f.py", "'f' calls from_file", "may compute only"}},
      {"writes a file",
       mask_function("x: Tensor", "if x.dim() > 1:\n        torch.save(x, 'x')\n    return x"),
       6,
       {"f.py", "'f' calls save"}},
      {"throws",
       mask_function("x: Tensor", "assert False, 'no mask today'\n    return x"),
       6,
       {"layer 'conv1'", "f:", "no mask today"}},
      {"wrong shape",
       mask_function("x: Tensor", "return torch.ones([3, 5])"),
       6,
       {"layer 'conv1'", "[3, 5]", "[32, 1, 8, 8]", "broadcast"}},
      {"NaN", mask_function("x: Tensor", "return x / 0.0 * 0.0"), 6, {"layer 'conv1'", "NaN"}},
      {"unknown parameter",
       [](Scene& scene) {
         mask_function("x: Tensor, level: float", "return x")(scene);
         scene.config["layers"][0]["sparse_config"] = {{"levle", 0.5}};
       },
       3,
       {"layers.0.sparse_config", "levle", "level"}},
  });
}

TEST_CASE("An aggregate function that throws is named with the layer and the batch", "[e2e]") {
  Scene scene;
  scene.write(
      "f.py",
      "def f(acc: Tensor, x: Tensor) -> Tensor:\n    assert False, 'no sum'\n    return x\n");
  scene.config["functions"] = {"f.py"};
  scene.config["layers"][1]["aggregate_fn"] = "f";
  check_run_refused(scene, 6, {"batch 1", "layer 'conv2'", "f:", "no sum"});
}

TEST_CASE("What a user function prints is no part of the results", "[e2e]") {
  Scene scene;
  mask_function("x: Tensor", "print('hello')\n    return (x > 0).to(x.dtype)")(scene);
  const auto result = scene.run({"--json"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(only_json(result.out)["command"] == "run");
  CHECK(contains(result.err, "hello"));
}
