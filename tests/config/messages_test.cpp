#include "config/messages.h"

#include "support/catch.h"
#include "support/error_of.h"

namespace actsparse {

using nlohmann::json;

TEST_CASE("describe names type and value", "[config]") {
  CHECK(describe(nullptr) == "null");
  CHECK(describe(true) == "the boolean true");
  CHECK(describe(-3) == "the number -3");
  CHECK(describe(0.5) == "the number 0.5");
  CHECK(describe("a\nb") == "the string \"a\\nb\"");
  CHECK(describe(json::array({1, "a"})) == "the list [1,\"a\"]");
  CHECK(describe(json::object()) == "the object {}");
}

TEST_CASE("describe cuts long values, never inside a character", "[config]") {
  CHECK(describe(std::string(100, 'a')) == "the string \"" + std::string(59, 'a') + "...");
  std::string umlauts;
  for (int i = 0; i < 50; ++i) umlauts += "\xc3\xa4";
  CHECK(describe(umlauts) == "the string \"" + umlauts.substr(0, 58) + "...");
}

TEST_CASE("describe and paths survive bytes that are not UTF-8", "[config]") {
  CHECK(describe("\xff") == "the string \"\xef\xbf\xbd\"");
  CHECK(child_path("a", "\xff\n") == "a.\xef\xbf\xbd\\n");
}

TEST_CASE("paths are in the notation of --set", "[config]") {
  CHECK(child_path("", "model") == "model");
  CHECK(child_path(child_path("layers", 3), "name") == "layers.3.name");
  CHECK(child_path("a", std::string(100, 'k')) == "a." + std::string(59, 'k') + "...");
}

TEST_CASE("reject says where, what was found and what is allowed", "[config]") {
  const auto message = [](const std::string& label, const std::string& path) {
    const Error error = error_of([&] { reject(label, path, "A", "B", "; hint"); });
    CHECK(error.kind() == ErrorKind::Config);
    return std::string(error.what());
  };
  CHECK(message("c.json", "a.b") == "c.json: a.b: found A, allowed B; hint");
  CHECK(message("", "") == "the top level: found A, allowed B; hint");
}

}  // namespace actsparse
