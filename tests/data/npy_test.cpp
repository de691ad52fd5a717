#include "data/npy.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/equal.h>

#include <random>

#include "support/catch.h"
#include "support/error_of.h"
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

TEST_CASE("npy samples are mapped where they lie as in memory, else copied", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor row = at::arange(4000, at::kFloat);
  const auto is_in_file = [&](const std::string& bytes) {
    const auto reader = reader_of(folder, bytes);
    const at::Tensor read = reader->read(1000, 2000);
    CHECK(at::equal(read.to(at::kFloat), row.narrow(0, 1000, 2000)));
    // The data begins at byte 128 of a page; LibTorch's own memory is aligned to 64 bytes, too.
    return reinterpret_cast<uintptr_t>(read.data_ptr()) % 4096 ==
           (128 + 1000 * static_cast<uintptr_t>(read.element_size())) % 4096;
  };
  CHECK(is_in_file(npy_bytes(row)));
  CHECK(is_in_file(npy_bytes(row.to(at::kDouble))));
  CHECK_FALSE(is_in_file(npy_bytes(row, {false, true, 1})));
  std::string unaligned = npy_bytes(row);
  unaligned[8] = static_cast<char>(unaligned[8] + 1);  // the header's length
  unaligned.insert(127, " ");
  CHECK_FALSE(is_in_file(unaligned));
}

TEST_CASE("what is written to npy samples reaches neither the file nor the next read", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor values = at::arange(3000);
  const auto reader = reader_of(folder, npy_bytes(values));
  const std::string bytes = read_file(folder / "x.npy");
  const at::Tensor first = reader->read(0, 2000), overlapping = reader->read(1000, 2000);
  first.fill_(-1);
  CHECK(at::equal(overlapping, values.narrow(0, 1000, 2000)));
  CHECK(at::equal(reader->read(0, 2000), values.narrow(0, 0, 2000)));
  CHECK(read_file(folder / "x.npy") == bytes);
}

TEST_CASE("npy samples outlive their reader, and can be resized as any tensor", "[data]") {
  const TemporaryFolder folder;
  at::Tensor samples = reader_of(folder, npy_bytes(at::arange(100)))->read(10, 20);
  samples.resize_({50});
  CHECK(at::equal(samples.narrow(0, 0, 20), at::arange(10, 30)));
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
