#include "config/overrides.h"

#include "config/sample.h"
#include "support/error_of.h"

namespace actsparse {
namespace {

using nlohmann::json;

json changed(json value, const std::string& change) {
  apply_override(value, parse_override(change), "c.json");
  return value;
}

std::string rejected(const json& value, const std::string& change) {
  const Error error = error_of([&] { changed(value, change); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

}  // namespace

TEST_CASE("--set is split at the first equals sign", "[config]") {
  const auto change = parse_override("a.0.b=x=y");
  CHECK(change.path == "a.0.b");
  CHECK(change.value == "x=y");
  CHECK(parse_override("a=").value.empty());
}

TEST_CASE("a malformed --set is a usage error", "[config]") {
  for (const char* text : {"", "a", "=1", "a..b=1", ".a=1", "a.=1"}) {
    CAPTURE(text);
    const Error error = error_of([&] { parse_override(text); });
    CHECK(error.kind() == ErrorKind::Usage);
    CHECK(contains(error.what(), std::string("--set ") + text + ": "));
  }
}

TEST_CASE("a value is JSON, else a bare string", "[config]") {
  CHECK(changed(json::object(), "a=0.7")["a"] == 0.7);
  CHECK(changed(json::object(), "a=null")["a"].is_null());
  CHECK(changed(json::object(), "a=[0, 1]")["a"] == json({0, 1}));
  CHECK(changed(json::object(), "a={\"b\": 1}")["a"]["b"] == 1);
  CHECK(changed(json::object(), "a=\"7\"")["a"] == "7");
  CHECK(changed(json::object(), "a=topk")["a"] == "topk");
  CHECK(changed(json::object(), "a=")["a"] == "");
  CHECK(changed(json::object(), "a=NaN")["a"] == "NaN");
}

TEST_CASE("objects on the way are made, lists and old values kept", "[config]") {
  CHECK(changed({{"a", 1}}, "b.c.d=2") == json({{"a", 1}, {"b", {{"c", {{"d", 2}}}}}}));
  CHECK(changed({{"a", {1, {{"b", 2}, {"c", 3}}}}}, "a.1.b=5") ==
        json({{"a", {1, {{"b", 5}, {"c", 3}}}}}));
  CHECK(changed({{"0", 1}}, "0=2") == json({{"0", 2}}));
}

TEST_CASE("a path that leads nowhere is a config error", "[config]") {
  const json value = {{"list", {1, 2}}, {"empty", json::array()}, {"x", 3}, {"n", nullptr}};
  CHECK(rejected(value, "list.2=0") ==
        "c.json: --set: list.2: found no such item, allowed an index from 0 to 1");
  for (const char* index : {"-1", "+1", "x", "1x", "99999999999999999999", "- 1"})
    CHECK(contains(rejected(value, std::string("list.") + index + "=0"), "found no such item"));
  CHECK(contains(rejected(value, "empty.0=0"), "allowed nothing: the list is empty"));
  CHECK(rejected(value, "x.y=0") ==
        "c.json: --set: x: found the number 3, allowed an object or a list, to set 'y' in it");
  CHECK(contains(rejected(value, "n.y=0"), "n: found null, allowed an object or a list"));
  CHECK(contains(rejected(json::array(), "a=0"), "--set: a: found no such item"));
  CHECK(contains(rejected(3, "a=0"), "--set: the top level: found the number 3"));
}

TEST_CASE("a path of --set that would exhaust the stack is refused", "[config]") {
  std::string path = "a";
  for (int i = 0; i < 64; ++i) path += ".a";
  CHECK(contains(rejected(json::object(), path + "=0"), "a path of 65 parts, allowed at most 64"));
}

TEST_CASE("a value of --set is read as strictly as the config", "[config]") {
  CHECK(contains(rejected(json::object(), "a={\"b\":1,\"b\":2}"), "b: found the key twice"));
  CHECK(contains(rejected(json::object(), "a=\xff"), "a: found text that is not UTF-8"));
  CHECK(contains(rejected(json::object(), "a.\xff=1"), "found a path that is not UTF-8"));
}

TEST_CASE("overrides are validated like the config, and stand in effective", "[config]") {
  const Config config = parse_sample({"run.seed=5", "layers.0.name=fc", "layers.0.name=fc2"});
  CHECK(config.run.seed == 5);
  CHECK(config.layers.at(0).name == "fc2");
  CHECK(config.effective["run"]["seed"] == 5);
  CHECK(config.effective["layers"][0]["name"] == "fc2");
  CHECK(contains(rejection({"run.sed=5"}), "run.sed: found an unknown key"));
}

TEST_CASE("relative paths of files to read are rewritten for the config's folder", "[config]") {
  const auto moved = [](const std::string& change) {
    json value = {{"data", {{"inputs", {{{"path", "x"}}}}}}, {"functions", {"f.py"}}};
    apply_override(value, parse_override(change), "", "/job/here", "/job/configs");
    return value;
  };
  CHECK(moved("model.path=m.pt")["model"]["path"] == "../here/m.pt");
  CHECK(moved("model.path=/m.pt")["model"]["path"] == "/m.pt");
  CHECK(moved("model={\"path\": \"m.pt\"}")["model"]["path"] == "../here/m.pt");
  CHECK(moved("data.inputs.0.path=y.npy")["data"]["inputs"][0]["path"] == "../here/y.npy");
  CHECK(moved("data.batches=[\"*.pt\"]")["data"]["batches"][0] == "../here/*.pt");
  CHECK(moved("functions.0=g.py")["functions"][0] == "../here/g.py");
  CHECK(moved("output.model=m.pt")["output"]["model"] == "m.pt");
  CHECK(moved("run.checkpoint.path=c")["run"]["checkpoint"]["path"] == "c");
  CHECK(moved("defaults.mask_fn.path=p")["defaults"]["mask_fn"]["path"] == "p");
}

}  // namespace actsparse
