#include "data/bytes.h"

#include <sys/stat.h>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;

TEST_CASE("a byte source gives exactly the bytes asked for", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "x", "0123456789");
  const auto bytes = open_file(folder / "x", ErrorKind::Data);
  CHECK(bytes->size() == 10);
  std::string got(3, ' ');
  bytes->read_at(4, got.data(), 3);
  CHECK(got == "456");
  const auto error = error_of([&] { bytes->read_at(8, got.data(), 3); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "byte 10"));
}

TEST_CASE("a file that cannot be read says why", "[data]") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& name) {
    const Error error = error_of([&] { open_file(folder / name, ErrorKind::State); });
    CHECK(error.kind() == ErrorKind::State);
    CHECK(contains(error.what(), name));
    return std::string(error.what());
  };
  CHECK(contains(message("missing"), "does not exist"));
  std::filesystem::create_directory(folder / "folder");
  CHECK(contains(message("folder"), "is a folder"));
  write_file(folder / "empty", "");
  CHECK(contains(message("empty"), "is empty"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(contains(message("pipe"), "not a regular file"));
}

TEST_CASE("a spilled source holds the same bytes", "[data]") {
  const TemporaryFolder folder;
  const std::string content(3 << 20, 'x');
  write_file(folder / "x", content + "end");
  const auto original = open_file(folder / "x", ErrorKind::Data);
  const auto copy = spill(*original);
  CHECK(copy->size() == original->size());
  CHECK(copy->random_access());
  std::string got(4, ' ');
  copy->read_at(copy->size() - 4, got.data(), 4);
  CHECK(got == "xend");
}
