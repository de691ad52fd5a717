#include "config/provenance.h"

#include "config/sample.h"

using namespace actsparse;

TEST_CASE("A provenance comes back from its JSON, unknown digests too", "[config]") {
  Provenance known{"0.1.0", "1.13.0", "m.pt", "aa", "encode", "train",
                   "bb",    3,        24,     "cc", "dd",     {{"f.py", "ee"}, {"g.py", "ff"}}};
  CHECK(to_json(provenance_from_json(to_json(known))) == to_json(known));
  CHECK(to_json(known)["functions"][1]["sha256"] == "ff");
  CHECK(to_json(known)["config"]["step_sha256"] == "dd");
  const Provenance unknown;
  CHECK(to_json(unknown)["data"]["sha256"].is_null());
  CHECK(to_json(provenance_from_json(to_json(unknown))) == to_json(unknown));
}

TEST_CASE("A document that lacks a part is no provenance", "[config]") {
  const auto whole = to_json(Provenance{});
  for (const auto& [key, value] : whole.items()) {
    auto document = whole;
    document.erase(key);
    INFO(key);
    CHECK_THROWS_AS(provenance_from_json(document), nlohmann::json::exception);
  }
}

TEST_CASE("The config's digest is of what changes the result", "[config]") {
  const std::string digest = config_digest(parse_sample());
  CHECK(digest.size() == 64);
  CHECK(config_digest(parse_sample({"output.state=s.pt", "run.checkpoint.batches=3"})) == digest);
  CHECK(config_digest(parse_sample({"evaluate.class_dim=1"})) == digest);
  CHECK(config_digest(parse_sample({"run.seed=1"})) != digest);
  CHECK(config_digest(parse_sample({"data.batch_size=4"})) != digest);
}
