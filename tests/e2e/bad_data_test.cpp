#include "e2e/scene.h"

using namespace actsparse;

namespace {

std::function<void(Scene&)> data_bytes(const std::string& bytes) {
  return [bytes](Scene& scene) {
    scene.config["data"]["inputs"][0]["path"] = "x.npy";
    scene.write("x.npy", bytes);
  };
}

std::string zeros(size_t bytes) { return std::string(bytes, '\0'); }

// A second input of the digits' config.
std::function<void(Scene&)> another_input(const nlohmann::json& input) {
  return [input](Scene& scene) {
    scene.config["data"]["inputs"].push_back(input);
    scene.write("four.npy", npy_file("(4, 1, 8, 8)", zeros(1024)));
  };
}

}  // namespace

TEST_CASE("A data file that is missing or damaged is refused before the model runs", "[e2e]") {
  const auto missing = [](Scene& scene) { scene.config["data"]["inputs"][0]["path"] = "x.npy"; };
  check_all_refused({
      {"missing", missing, 5, {"x.npy", "does not exist"}},
      {"truncated",
       data_bytes(npy_file("(4, 1, 8, 8)", zeros(100))),
       5,
       {"x.npy", "is cut off", "needs 1024 bytes", "there are 100"}},
      {"lying header",
       data_bytes(npy_file("(4000000000, 4000000000, 8, 8)", zeros(100))),
       5,
       {"x.npy", "impossible shape"}},
      {"no .npy", data_bytes("1, 2, 3, 4, 5, 6, 7\n"), 5, {"x.npy", "is not a .npy file"}},
  });
}

TEST_CASE("Data that does not fit the model names the batch and what the model wants", "[e2e]") {
  check_all_refused({
      {"shape",
       data_bytes(npy_file("(4, 3, 8, 8)", zeros(3072))),
       5,
       {"batch 1 (x.npy)", "fails on this data", "[4, 3, 8, 8]"}},
      {"dtype",
       data_bytes(npy_file("(4, 1, 8, 8)", zeros(2048), "<i8")),
       5,
       {"batch 1 (x.npy)", "fails on this data", "input 'images' is int64 [4, 1, 8, 8]",
        "\"dtype\": \"float32\" beside its \"path\" in data.inputs"}},
      {"one input too many",
       another_input({{"value", 3}}),
       5,
       {"2 inputs", "forward(images: Tensor)"}},
      {"different sample counts",
       another_input({{"path", "four.npy"}}),
       5,
       {"512", "four.npy holds 4"}},
      {"fails at its third batch",
       [](Scene& scene) { scene.take_model(made_file("choosy.pt"), "fc"); },
       5,
       {"batch 3", "enough is enough"}},
  });
}

TEST_CASE("A smaller last batch is refused with both remedies, and either helps", "[e2e]") {
  Scene scene;
  scene.config["data"]["batch_size"] = 100;
  check_run_refused(scene, 5, {"12 samples", "data.drop_last", "data.batch_size that divides 512"});
  const auto dropped = scene.run({"--set", "data.drop_last=true", "--json"});
  REQUIRE(dropped.exit_code == 0);
  CHECK(only_json(dropped.out)["data"]["samples"] == 500);
}
