#include "data/zip.h"

#include "data/batch_source.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

// Makes the directory's last entry claim that it unpacks to `size` bytes.
std::string with_claimed_size(std::string archive, uint32_t size) {
  const size_t entry = archive.rfind("PK\x01\x02");
  REQUIRE(entry != std::string::npos);
  for (size_t i = 0; i < 4; ++i, size >>= 8)
    archive[entry + 24 + i] = static_cast<char>(size & 255);
  return archive;
}

std::string archive_of(const TemporaryFolder& folder, const ZipContents& contents) {
  write_zip(folder / "x.zip", contents);
  return read_file(folder / "x.zip");
}

Error refusal(const TemporaryFolder& folder, const std::string& bytes) {
  write_file(folder / "x.zip", bytes);
  return error_of([&] { ZipArchive(folder / "x.zip", ErrorKind::Data).entries(); });
}

}  // namespace

TEST_CASE("The entries of an archive, with their sizes", "[data]") {
  const TemporaryFolder folder;
  write_zip(folder / "x.zip",
            {{"a", "hello"}, {"empty", ""}, {"zeros", std::string(100000, '\0')}});
  const ZipArchive archive(folder / "x.zip", ErrorKind::Data);
  REQUIRE(archive.entries().size() == 3);
  CHECK(archive.entries()[0].size == 5);
  CHECK(archive.entries()[1].size == 0);
  CHECK(archive.entries()[2].size == 100000);
}

TEST_CASE("An entry that claims more than its bytes can hold is refused by name", "[data]") {
  const TemporaryFolder folder;
  const std::string archive = archive_of(folder, {{"inner.npy", "hello"}});
  for (const uint32_t size : {6U, 4000000000U}) {
    const Error error = refusal(folder, with_claimed_size(archive, size));
    CHECK(error.kind() == ErrorKind::Data);
    CHECK(contains(error.what(), "x.zip"));
    CHECK(contains(error.what(), "its entry 'inner.npy' claims a size that cannot be"));
  }
}

TEST_CASE("States with lying sizes are refused before memory is taken", "[data]") {
  const TemporaryFolder folder;
  const std::string archive =
      archive_of(folder, {{"x/version", "3\n"}, {"x/data.pkl", "\x80\x02N."}});
  write_file(folder / "x.pt", with_claimed_size(archive, 4000000000U));
  const Error error = error_of([&] { read_pickle((folder / "x.pt").string(), ErrorKind::State); });
  CHECK(error.kind() == ErrorKind::State);
}
