#include "data/npz.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

TEST_CASE("npz members are streamed, stored or deflated, in either order", "[data]") {
  const bool deflated = GENERATE(false, true), fortran_order = GENERATE(false, true);
  const TemporaryFolder folder;
  const at::Tensor x = at::arange(60000, at::kFloat).reshape({100, 30, 20}), y = at::arange(100);
  write_zip(folder / "d.npz",
            {{"x.npy", npy_bytes(x, {fortran_order, false, 1})}, {"y.npy", npy_bytes(y)}},
            deflated);
  const auto reader = open_npz(folder / "d.npz", GENERATE("x", "x.npy"));
  REQUIRE(reader->size() == 100);
  CHECK(at::equal(reader->read(0, 60), x.narrow(0, 0, 60)));
  CHECK(at::equal(reader->read(60, 40), x.narrow(0, 60, 40)));
  CHECK(at::equal(reader->read(3, 2), x.narrow(0, 3, 2)));  // back again
  CHECK(at::equal(reader->read(90, 10), x.narrow(0, 90, 10)));
  CHECK(at::equal(open_npz(folder / "d.npz", "y")->read(0, 100), y));
}

TEST_CASE("the only array of a npz file needs no name", "[data]") {
  const TemporaryFolder folder;
  write_zip(folder / "d.npz", {{"readme.txt", "hello"}, {"x.npy", npy_bytes(at::arange(3))}});
  CHECK(open_npz(folder / "d.npz", "")->size() == 3);
}

TEST_CASE("a npz file without the array that is asked for says what it holds", "[data]") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& name, const std::string& member) {
    const Error error = error_of([&] { open_npz(folder / name, member); });
    CHECK(error.kind() == ErrorKind::Data);
    CHECK(contains(error.what(), name));
    return std::string(error.what());
  };
  const std::string array = npy_bytes(at::arange(3));
  write_zip(folder / "two.npz", {{"images.npy", array}, {"labels.npy", array}});
  CHECK(contains(message("two.npz", ""), "'images', 'labels'"));
  CHECK(contains(message("two.npz", "image"), "did you mean 'images'?"));
  write_zip(folder / "none.npz", {{"readme.txt", "hello"}});
  CHECK(contains(message("none.npz", ""), "holds no array"));
  write_file(folder / "text.npz", "no zip archive");
  CHECK(contains(message("text.npz", ""), "no readable zip archive"));
  const std::string whole = read_file(folder / "two.npz");
  write_file(folder / "cut.npz", whole.substr(0, whole.size() / 2));
  CHECK(contains(message("cut.npz", "images"), "no readable zip archive"));
  write_zip(folder / "lie.npz", {{"x.npy", array.substr(0, array.size() - 8)}});
  CHECK(contains(message("lie.npz", "x"), "lie.npz[x.npy]: is cut off"));
}

TEST_CASE("damaged bytes in a npz member are an error when they are read", "[data]") {
  const TemporaryFolder folder;
  write_zip(folder / "d.npz", {{"x.npy", npy_bytes(at::arange(1000))}}, true);
  std::string bytes = read_file(folder / "d.npz");
  for (size_t at = 400; at < 420; ++at) bytes[at] = static_cast<char>(~bytes[at]);
  write_file(folder / "d.npz", bytes);
  const Error error = error_of([&] { open_npz(folder / "d.npz", "x")->read(0, 1000); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "cannot be unpacked"));
}
