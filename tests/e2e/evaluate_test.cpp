// What masks cost, from the command line.
#include <ATen/ops/zeros.h>

#include "e2e/scene.h"
#include "support/npy_writer.h"

using namespace actsparse;
using nlohmann::json;

namespace {

/// A scene that is judged on held-out digits.
class JudgedScene : public Scene {
 public:
  JudgedScene() {
    config["evaluate"] = {{"data", {{"inputs", {{{"path", sample("digits_heldout.npy")}}}}}},
                          {"labels", {{"path", sample("digits_heldout_labels.npy")}}}};
  }
  json evaluate(Arguments more = {"masked.pt"}) {
    Arguments arguments = {"evaluate", "-c", "config.json", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = actsparse(arguments);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return only_json(result.out);
  }
};

}  // namespace

TEST_CASE("evaluate prints one document: metrics with intervals, of the baseline too", "[e2e]") {
  JudgedScene scene;
  REQUIRE(scene.run().exit_code == 0);
  const json document = scene.evaluate();
  CHECK(document["version"] == 1);
  CHECK(document["samples"] == 360);
  CHECK(document["baseline"]["model"] == "digits_cnn.pt");
  const json baseline = document["baseline"]["metrics"]["accuracy"];
  const json masked = document["candidates"][0]["metrics"]["accuracy"];
  CHECK(baseline["value"].get<double>() > 0.99);
  CHECK(masked["value"].get<double>() < baseline["value"].get<double>());
  CHECK(masked["low"] < masked["value"]);
  CHECK(masked["n"] == 360);
  CHECK(masked["drop"]["value"].get<double>() ==
        Approx(baseline["value"].get<double>() - masked["value"].get<double>()));
  CHECK(document["candidates"][0]["passed"] == true);
  CHECK(scene.evaluate({})["candidates"] == document["candidates"]);  // what run has written
}

TEST_CASE("a gate that fails is exit code 8, and the report is printed all the same", "[e2e]") {
  JudgedScene scene;
  scene.config["evaluate"]["gates"] = {{"accuracy", {{"max_drop", 0.001}}}};
  scene.write("masked.pt", "an earlier masked.pt");
  const auto result = scene.run({"--json"});
  check_refused(result, 8, {"masked.pt", "accuracy", "0.001", "written: state.pt, report.json"});
  CHECK(only_json(result.out)["evaluation"]["candidates"][0]["passed"] == false);
  CHECK(scene.read("masked.pt") == "an earlier masked.pt");
  CHECK(scene.read("state.pt") != "an earlier state.pt");
  CHECK(json::parse(scene.read("report.json"))["outputs"].contains("state"));
  scene.config["evaluate"]["gates"]["accuracy"]["max_drop"] = 0.5;
  REQUIRE(scene.run().exit_code == 0);
  CHECK(scene.read("masked.pt") != "an earlier masked.pt");
}

TEST_CASE("shards of evaluate are merged to the same figures", "[e2e]") {
  JudgedScene scene;
  REQUIRE(scene.run().exit_code == 0);
  const json whole = scene.evaluate();
  for (const std::string shard : {"1", "2"})
    scene.evaluate({"masked.pt", "--shard", shard + "/2", "--state", "part" + shard + ".pt"});
  const auto merged =
      scene.actsparse({"merge", "part2.pt", "part1.pt", "--state", "whole.pt", "--json"});
  REQUIRE(merged.exit_code == 0);
  CHECK(only_json(merged.out)["candidates"] == whole["candidates"]);
}

TEST_CASE("an evaluation that cannot be made is refused in its own terms", "[e2e]") {
  JudgedScene scene;
  REQUIRE(scene.run().exit_code == 0);
  const auto refused = [&](int exit_code, const Arguments& fragments, const Arguments& set = {}) {
    Arguments arguments = {"evaluate", "-c", "config.json", "masked.pt"};
    for (const auto& one : set) arguments.insert(arguments.end(), {"--set", one});
    check_refused(scene.actsparse(arguments), exit_code, fragments);
  };
  refused(3, {"evaluate.gates.recall", "recall"}, {"evaluate.gates.recall.min=1"});
  refused(3, {"kl"}, {"evaluate.metrics=[\"accuracy\"]", "evaluate.gates.kl.max=1"});
  refused(3, {"evaluate.output", "logits"}, {"evaluate.output=logits"});
  refused(5, {"labels.npy"}, {"evaluate.labels.path=labels.npy"});
  scene.write("labels.npy", npy_bytes(at::zeros({7}, at::kLong)));
  refused(5, {"360", "7"}, {"evaluate.labels.path=labels.npy"});
  scene.config["evaluate"]["data"]["inputs"][0]["path"] = sample("digits_rows_heldout.npz");
  scene.config["evaluate"]["data"]["inputs"][0]["member"] = "rows";
  scene.config["evaluate"].erase("labels");
  CHECK(scene.actsparse({"evaluate", "-c", "config.json", "masked.pt"}).exit_code == 5);
}

TEST_CASE("evaluate needs a candidate that is a model with the method", "[e2e]") {
  JudgedScene scene;
  std::filesystem::remove(scene.folder / "masked.pt");
  check_refused(scene.actsparse({"evaluate", "-c", "config.json"}), 2, {"actsparse run"});
  scene.write("text.pt", "hello");
  check_refused(scene.actsparse({"evaluate", "-c", "config.json", "text.pt"}), 4, {"text.pt"});
  check_refused(scene.actsparse({"evaluate", "-c", "config.json", sample("digits_attention.pt")}),
                8, {"digits_attention.pt", "fails where the baseline does not"});
}

TEST_CASE("what --fold prints as verified is what was verified", "[e2e]") {
  Scene scene;
  scene.config["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {1}}};
  scene.config["defaults"]["reduce_fn"] = "identity";
  scene.config["layers"] = {{{"name", "conv2"}}, {{"name", "bn2"}}};
  REQUIRE(scene.run().exit_code == 0);
  const Arguments apply = {"apply", sample("digits_cnn.pt"), "--state", "state.pt", "-o", "x.pt"};
  const auto plain = scene.actsparse(apply);
  CHECK(contains(plain.out, "verified: 2 layers see input * mask bit for bit (2 calls"));
  Arguments fold = apply;
  fold.emplace_back("--fold");
  const auto folded = scene.actsparse(fold);
  REQUIRE(folded.exit_code == 0);
  CHECK(contains(folded.out, "verified: 1 layer sees input * mask bit for bit (1 call"));
  CHECK(contains(folded.out, "verified: with 1 masks in the weights the outputs differ by"));
  CHECK(contains(folded.out, "keeps its multiplication"));
}
