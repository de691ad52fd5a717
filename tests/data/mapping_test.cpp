#include "data/mapping.h"

#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;

namespace {

// Bytes from `offset` of a file that is closed again.
std::unique_ptr<Mapping> mapped(const std::filesystem::path& path, int64_t offset, int64_t size) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  auto mapping = std::make_unique<Mapping>(file, offset, size);
  ::close(file);
  return mapping;
}

}  // namespace

TEST_CASE("a mapping begins at any byte, and what is written to it stays there", "[data]") {
  const TemporaryFolder folder;
  const std::string text = std::string(5000, 'a') + "middle" + std::string(5000, 'b');
  write_file(folder / "x", text);
  const auto one = mapped(folder / "x", 5000, 6), other = mapped(folder / "x", 4999, 100);
  CHECK(page_in(one->bytes(), 6));
  CHECK(std::string(one->bytes(), 6) == "middle");
  one->bytes()[0] = 'M';
  CHECK(std::string(other->bytes(), 8) == "amiddleb");
  CHECK(std::string(mapped(folder / "x", 5000, 6)->bytes(), 6) == "middle");
  CHECK(read_file(folder / "x") == text);
}

TEST_CASE("paging in beyond the end of a file fails, and touches nothing", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "x", std::string(20000, 'a'));
  const auto mapping = mapped(folder / "x", 0, 20000);
  CHECK(page_in(mapping->bytes(), 0));
  std::filesystem::resize_file(folder / "x", 4000);
  CHECK_FALSE(page_in(mapping->bytes(), 20000));
}

TEST_CASE("what cannot be mapped is an error", "[data]") {
  CHECK_THROWS_AS(Mapping(-1, 0, 10), std::runtime_error);
}
