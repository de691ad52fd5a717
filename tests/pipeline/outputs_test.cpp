#include "pipeline/outputs.h"

#include "pipeline/load_written.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;

namespace {

size_t files_in(const TemporaryFolder& folder) {
  const std::filesystem::directory_iterator begin(folder.path()), end;
  return static_cast<size_t>(std::distance(begin, end));
}

}  // namespace

TEST_CASE("Outputs appear together at commit", "[pipeline]") {
  const TemporaryFolder folder;
  write_file(folder / "b", "old");
  Outputs outputs;
  outputs.create(folder / "a").stream() << "first";
  outputs.create(folder / "b").stream() << "second";
  CHECK_FALSE(std::filesystem::exists(folder / "a"));
  CHECK(read_file(folder / "b") == "old");
  outputs.commit();
  CHECK(read_file(folder / "a") == "first");
  CHECK(read_file(folder / "b") == "second");
  CHECK(files_in(folder) == 2);
}

TEST_CASE("Outputs without commit leave nothing, and what was there", "[pipeline]") {
  const TemporaryFolder folder;
  write_file(folder / "b", "old");
  {
    Outputs outputs;
    outputs.create(folder / "a").stream() << "first";
    outputs.create(folder / "b").stream() << "second";
  }
  CHECK(files_in(folder) == 1);
  CHECK(read_file(folder / "b") == "old");
}

TEST_CASE("One output that cannot be finished keeps all others back", "[pipeline]") {
  const TemporaryFolder folder;
  Outputs outputs;
  outputs.create(folder / "a").stream() << "first";
  outputs.create(folder / "b").stream().setstate(std::ios::badbit);  // as a full disk would
  CHECK(error_of([&] { outputs.commit(); }).kind() == ErrorKind::Output);
  CHECK_FALSE(std::filesystem::exists(folder / "a"));
}

TEST_CASE("reserve finds an output that cannot be written and leaves nothing", "[pipeline]") {
  const TemporaryFolder folder;
  const Outputs outputs;
  outputs.reserve("");  // not written
  outputs.reserve(folder / "a");
  CHECK(error_of([&] { outputs.reserve(folder / "no/a"); }).kind() == ErrorKind::Output);
  CHECK(error_of([&] { outputs.reserve(folder.path()); }).kind() == ErrorKind::Output);
  CHECK(files_in(folder) == 0);
}

TEST_CASE("A model that cannot be loaded from its file is named as the file is to be",
          "[pipeline]") {
  const TemporaryFolder folder;
  Outputs outputs;
  AtomicFile& file = outputs.create(folder / "small.pt");
  file.write([](std::ostream& out) { out << "no model"; });
  file.close();
  const std::string message = error_of([&] { load_written(file, "cpu"); }).what();
  CHECK(contains(message, "small.pt: "));
  CHECK_FALSE(contains(message, ".tmp"));
  CHECK_FALSE(contains(message, folder.path().string()));
}
