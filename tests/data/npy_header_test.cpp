#include "data/npy_header.h"

#include <ATen/ops/arange.h>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

NpyHeader header_of(const TemporaryFolder& folder, const std::string& bytes) {
  write_file(folder / "x.npy", bytes);
  return read_npy_header(*open_file(folder / "x.npy", ErrorKind::Data));
}

std::string npy_message(const std::string& bytes) {
  const TemporaryFolder folder;
  const Error error = error_of([&] { header_of(folder, bytes); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "x.npy: "));
  return error.what();
}

std::string dict(const std::string& descr, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
}

}  // namespace

TEST_CASE("npy headers of all three versions are read", "[data]") {
  const TemporaryFolder folder;
  const int major = GENERATE(1, 2, 3);
  const auto header =
      header_of(folder, npy_bytes(at::arange(24).reshape({4, 3, 2}), {true, false, major}));
  CHECK(header.dtype == at::kLong);
  CHECK(header.fortran_order);
  CHECK(header.shape == std::vector<int64_t>{4, 3, 2});
  CHECK(header.sample_count() == 4);
  CHECK(header.sample_elements() == 6);
  CHECK(header.data_offset == 128);
}

TEST_CASE("a npy file cut off at any byte is refused", "[data]") {
  const std::string whole =
      npy_bytes(at::arange(6).reshape({3, 2}), {false, false, GENERATE(1, 2)});
  const TemporaryFolder folder;
  for (size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const Error error = error_of([&] { header_of(folder, whole.substr(0, length)); });
    CHECK(error.kind() == ErrorKind::Data);
  }
  CHECK(header_of(folder, whole).sample_count() == 3);
  CHECK(header_of(folder, whole + "trailing bytes").sample_count() == 3);
}

TEST_CASE("a npy file with any header byte changed is refused or read, never worse", "[data]") {
  const std::string whole = npy_bytes(at::arange(6).reshape({3, 2}));
  const TemporaryFolder folder;
  int refused = 0;
  for (size_t at = 0; at < 128; ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
    try {
      header_of(folder, damaged);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 60);
}

TEST_CASE("a lying npy header is found before memory is taken", "[data]") {
  CHECK(contains(npy_message(npy_header_bytes(dict("'<f4'", "(10, 10)")) + "1234"),
                 "shape (10, 10) needs 400 bytes of data, there are 4"));
  CHECK(contains(npy_message(npy_header_bytes(dict("'<f4'", "(4611686018427387904, 4)"))),
                 "impossible shape"));
  CHECK(contains(npy_message(npy_header_bytes(dict("'<f4'", "(4611686018427387904, 0, 4)"))),
                 "impossible shape"));
  CHECK(
      contains(npy_message(npy_header_bytes(dict("'<f4'", "(1000000000000000,)"))), "is cut off"));
  CHECK(contains(npy_message(npy_header_bytes(dict("'<f4'", "(-1,)"))), "a number >= 0"));
  CHECK(contains(npy_message(npy_header_bytes(dict("'<f4'", "(0, 3)"))), "no samples"));
  CHECK(contains(npy_message(npy_header_bytes(dict("'<f4'", "()")) + "1234"), "single number"));
  CHECK(contains(npy_message(npy_header_bytes("nonsense")), "damaged header"));
  CHECK(contains(npy_message("no numpy file at all"), "is not a .npy file"));
  CHECK(contains(npy_message(npy_header_bytes(dict("'<f4'", "(1,)"), 4)), "version 4.0"));
  std::string long_header = npy_header_bytes(dict("'<f4'", "(1,)"), 2);
  long_header[11] = '\x7f';
  CHECK(contains(npy_message(long_header), "its header should have"));
}

TEST_CASE("a dtype no tensor can hold says what to convert to", "[data]") {
  const auto message = [](const std::string& descr) {
    return npy_message(npy_header_bytes(dict(descr, "(1,)")) + std::string(64, ' '));
  };
  CHECK(contains(message("'<u2'"), "astype('int32')"));
  CHECK(contains(message("'<u4'"), "astype('int64')"));
  CHECK(contains(message("'>u8'"), "dtype '>u8', which no tensor can hold"));
  CHECK(contains(message("'<f16'"), "astype('float64')"));
  CHECK(contains(message("'<c32'"), "astype('complex128')"));
  CHECK(contains(message("'|O'"), "astype('float32')"));
  CHECK(contains(message("'<U5'"), "astype('float32')"));
  CHECK(contains(message("'<M8[s]'"), "astype('int64')"));
  CHECK(contains(message("[('a', '<f4')]"), "a structured dtype"));
}
