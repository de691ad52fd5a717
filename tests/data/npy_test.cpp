#include "data/npy.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/equal.h>

#include <random>

#include "support/catch.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

std::unique_ptr<SampleReader> reader_of(const TemporaryFolder& folder, const std::string& bytes) {
  write_file(folder / "x.npy", bytes);
  return open_npy(open_file(folder / "x.npy", ErrorKind::Data));
}

// Known values with a sign and, where the dtype has one, a fraction.
at::Tensor example(at::ScalarType dtype) {
  const at::Tensor base = at::arange(-12, 12, at::kDouble).reshape({4, 3, 2});
  if (dtype == at::kBool) return base.gt(0);
  if (dtype == at::kByte) return base.add(12).to(dtype);
  if (at::isComplexType(dtype)) return at::complex(base.div(4), base.mul(3)).to(dtype);
  return at::isFloatingType(dtype) ? base.div(4).to(dtype) : base.mul(5).to(dtype);
}

}  // namespace

TEST_CASE("every dtype, order and byte order of npy gives the same tensor", "[data]") {
  const at::ScalarType dtype =
      GENERATE(at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf,
               at::kFloat, at::kDouble, at::kComplexFloat, at::kComplexDouble);
  const bool fortran_order = GENERATE(false, true), big_endian = GENERATE(false, true);
  CAPTURE(dtype, fortran_order, big_endian);
  const TemporaryFolder folder;
  const at::Tensor expected = example(dtype);
  const auto reader = reader_of(folder, npy_bytes(expected, {fortran_order, big_endian, 1}));
  REQUIRE(reader->size() == 4);
  const at::Tensor all = reader->read(0, 4), middle = reader->read(1, 2);
  CHECK(all.scalar_type() == dtype);
  CHECK(all.is_contiguous());
  CHECK(middle.is_contiguous());
  CHECK(at::equal(all, expected));
  CHECK(at::equal(middle, expected.narrow(0, 1, 2)));
}

TEST_CASE("npy bytes are read as written down here", "[data]") {
  const TemporaryFolder folder;
  const std::string dict = "{'descr': '>i2', 'fortran_order': False, 'shape': (3,), }";
  const std::string data("\x01\x02\xff\xff\x80\x00", 6);
  const at::Tensor read = reader_of(folder, npy_header_bytes(dict) + data)->read(0, 3);
  CHECK(read[0].item<int64_t>() == 258);
  CHECK(read[1].item<int64_t>() == -1);
  CHECK(read[2].item<int64_t>() == -32768);
}

TEST_CASE("npy bools other than 0 and 1 become true", "[data]") {
  const TemporaryFolder folder;
  const std::string dict = "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }";
  const at::Tensor read =
      reader_of(folder, npy_header_bytes(dict) + std::string("\x00\x02\xff", 3))->read(0, 3);
  CHECK(read.to(at::kLong).equal(at::arange(3).clamp_max(1)));
}

TEST_CASE("npy samples may be scalars or empty", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor row = at::arange(5);
  CHECK(at::equal(reader_of(folder, npy_bytes(row, {true, false, 1}))->read(2, 2),
                  row.narrow(0, 2, 2)));
  const at::Tensor empty = at::arange(0).reshape({3, 0, 2});
  CHECK(reader_of(folder, npy_bytes(empty))->read(0, 2).sizes() == at::IntArrayRef{2, 0, 2});
}

TEST_CASE("a npy file that shrinks while it is read is an error", "[data]") {
  const TemporaryFolder folder;
  const auto reader = reader_of(folder, npy_bytes(at::arange(100)));
  std::filesystem::resize_file(folder / "x.npy", 200);
  CHECK(error_of([&] { reader->read(0, 100); }).kind() == ErrorKind::Data);
}

TEST_CASE("any split of a npy file into reads gives the whole array", "[data]") {
  std::mt19937 random(7);
  const auto draw = [&](int64_t most) {
    return std::uniform_int_distribution<int64_t>(1, most)(random);
  };
  const TemporaryFolder folder;
  for (int round = 0; round < 60; ++round) {
    std::vector<int64_t> shape(static_cast<size_t>(draw(4)));
    int64_t elements = 1;
    for (auto& size : shape) elements *= size = draw(6);
    const at::Tensor expected = at::arange(elements).reshape(shape);
    const NpyStyle style{draw(2) == 1, draw(2) == 1, static_cast<int>(draw(3))};
    const auto reader = reader_of(folder, npy_bytes(expected, style));
    std::vector<at::Tensor> parts;
    for (int64_t first = 0, count = 0; first < shape[0]; first += count) {
      count = std::min(draw(3), shape[0] - first);
      parts.push_back(reader->read(first, count));
    }
    CAPTURE(round, shape);
    CHECK(at::equal(at::cat(parts), expected));
  }
}
