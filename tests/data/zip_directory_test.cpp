#include "data/zip_directory.h"

#include <ATen/core/ivalue.h>  // before Catch2: LibTorch's logging defines CHECK too

#include <exception>
#include <random>

#include "base/error.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

std::string number(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i, value >>= 8) bytes += static_cast<char>(value & 255);
  return bytes;
}

// One stored entry "a" holding "hello"; sizes, offset and directory only in the zip64 fields.
std::string zip64_bytes() {
  const std::string all_ones(4, '\xff');
  const std::string local = "PK\x03\x04" + number(0, 22) + number(1, 2) + number(0, 2) + "ahello";
  const std::string extra = number(7, 2) + number(3, 2) + "xyz" + number(1, 2) + number(24, 2) +
                            number(5, 8) + number(5, 8) + number(0, 8);
  const std::string central = "PK\x01\x02" + number(0, 16) + all_ones + all_ones + number(1, 2) +
                              number(extra.size(), 2) + number(0, 10) + all_ones + "a" + extra;
  const std::string end64 = "PK\x06\x06" + number(0, 20) + number(1, 8) + number(1, 8) +
                            number(central.size(), 8) + number(local.size(), 8);
  const std::string locator =
      "PK\x06\x07" + number(0, 4) + number(local.size() + central.size(), 8) + number(1, 4);
  const std::string end = "PK\x05\x06" + number(0, 8) + all_ones + all_ones + number(0, 2);
  return local + central + end64 + locator + end;
}

std::string content_at(ByteSource& file, const std::string& name, size_t length) {
  std::string bytes(length, ' ');
  file.read_at(data_offset(file, local_headers(file).at(name)), bytes.data(),
               static_cast<int64_t>(length));
  return bytes;
}

}  // namespace

TEST_CASE("stored entries lie where the zip directory says", "[data]") {
  const TemporaryFolder folder;
  write_zip(folder / "x.zip", {{"f/a", "hello"}, {"f/b", "more bytes"}});
  write_file(folder / "commented.zip", read_file(folder / "x.zip") + "a comment");
  const auto file = open_file(folder / GENERATE("x.zip", "commented.zip"), ErrorKind::Data);
  CHECK(local_headers(*file).size() == 2);
  CHECK(content_at(*file, "f/a", 5) == "hello");
  CHECK(content_at(*file, "f/b", 10) == "more bytes");
}

TEST_CASE("a zip64 directory is understood", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "x.zip", zip64_bytes());
  const auto file = open_file(folder / "x.zip", ErrorKind::Data);
  CHECK(content_at(*file, "a", 5) == "hello");
}

TEST_CASE("a damaged zip directory throws, never worse", "[data]") {
  const TemporaryFolder folder;
  const std::string whole = zip64_bytes();
  std::mt19937 random(2);
  int refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(random() & 255);
    write_file(folder / "x.zip", damaged);
    const auto file = open_file(folder / "x.zip", ErrorKind::Data);
    try {
      content_at(*file, "a", 5);
    } catch (const std::exception&) {
      ++refused;
    }
  }
  CHECK(refused > 50);
  write_file(folder / "x.zip", "no zip");
  CHECK_THROWS_AS(local_headers(*open_file(folder / "x.zip", ErrorKind::Data)), std::exception);
}
