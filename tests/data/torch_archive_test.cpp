#include "data/torch_archive.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>

#include <random>
#include <stdexcept>

#include "base/error.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

// An archive with one record of `count` int64 numbers 0, 1, 2, ...
TorchArchive archive_of(const TemporaryFolder& folder, int64_t count, bool deflated = false) {
  const at::Tensor numbers = at::arange(count);
  const std::string bytes(static_cast<const char*>(numbers.data_ptr()), numbers.nbytes());
  write_zip(folder / "x.pt", {{"x/version", "3\n"}, {"x/data.pkl", "N."}, {"x/data/0", bytes}},
            deflated);
  return TorchArchive((folder / "x.pt").string(), ErrorKind::Data);
}

StoredTensor window(std::vector<int64_t> sizes, std::vector<int64_t> strides, int64_t offset = 0) {
  return {"0", at::kLong, 12, offset, std::move(sizes), std::move(strides)};
}

}  // namespace

TEST_CASE("a stored tensor is a window on its record", "[data]") {
  const TemporaryFolder folder;
  const TorchArchive archive = archive_of(folder, 12);
  const at::Tensor numbers = at::arange(12);
  CHECK(archive.pickle() == "N.");
  CHECK(at::equal(archive.tensor(window({12}, {1})), numbers));
  CHECK(
      at::equal(archive.tensor(window({3, 2}, {1, 3}, 4)), numbers.as_strided({3, 2}, {1, 3}, 4)));
  CHECK(at::equal(archive.tensor(window({5, 2}, {0, 1}, 10)),
                  numbers.as_strided({5, 2}, {0, 1}, 10)));
  CHECK(archive.tensor(window({}, {}, 11)).item<int64_t>() == 11);
  CHECK(archive.tensor(window({0, 4}, {4, 1})).numel() == 0);
}

TEST_CASE("a mapped tensor outlives its archive", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor tensor = archive_of(folder, 12).tensor(window({12}, {1}));
  CHECK(at::equal(tensor, at::arange(12)));
}

TEST_CASE("a stored tensor that does not fit its record is refused", "[data]") {
  const TemporaryFolder folder;
  const TorchArchive archive = archive_of(folder, 12);
  const int64_t huge = int64_t{1} << 62;
  const StoredTensor bad = GENERATE_COPY(
      window({13}, {1}), window({12}, {1}, 1), window({2}, {12}), window({3, 4}, {1}),
      window({-1}, {1}), window({2}, {-1}, 5), window({12}, {1}, -1), window({huge}, {huge}),
      window({huge, 4}, {0, 0}), window({2, 2}, {huge, huge}), window({1}, {1}, huge),
      StoredTensor{"1", at::kLong, 12, 0, {12}, {1}}, StoredTensor{"0", at::kLong, 4, 0, {12}, {1}},
      StoredTensor{"0", at::kComplexDouble, 12, 0, {12}, {1}});
  CHECK_THROWS_AS(archive.tensor(bad), std::runtime_error);
}

TEST_CASE("an archive with any byte damaged is refused or read within its file", "[data]") {
  const TemporaryFolder folder;
  archive_of(folder, 12);
  const std::string whole = read_file(folder / "x.pt");
  std::mt19937 random(2);
  int refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(random() & 255);
    write_file(folder / "x.pt", damaged);
    try {
      const TorchArchive archive((folder / "x.pt").string(), ErrorKind::Data);
      archive.tensor(window({12}, {1})).sum();
    } catch (const std::exception&) {
      ++refused;
    }
  }
  CHECK(refused > 50);
}

TEST_CASE("an archive without the record that names its version is refused", "[data]") {
  const TemporaryFolder folder;
  write_zip(folder / "x.pt", {{"x/data.pkl", "N."}});
  CHECK_THROWS_AS(TorchArchive((folder / "x.pt").string(), ErrorKind::Data), Error);
}

TEST_CASE("a compressed record cannot be mapped and says so", "[data]") {
  const TemporaryFolder folder;
  const TorchArchive archive = archive_of(folder, 12, true);
  try {
    archive.tensor(window({12}, {1}));
    FAIL("no error");
  } catch (const std::runtime_error& error) {
    CHECK(contains(error.what(), "compressed"));
  }
}

TEST_CASE("a tensor that lies badly for its dtype is copied as stored, not as expanded", "[data]") {
  const TemporaryFolder folder;
  for (const char* padding : {"", "1", "22", "333"}) {
    write_zip(folder / "x.pt", {{"x/version", "3"},
                                {"x/pad", padding},
                                {"x/data.pkl", "N."},
                                {"x/data/0", std::string(16, '\1')}});
    const TorchArchive archive((folder / "x.pt").string(), ErrorKind::Data);
    const at::Tensor tensor =
        archive.tensor({"0", at::kDouble, 2, 0, {int64_t{1} << 40, 2}, {0, 1}});
    CHECK(tensor.storage().nbytes() == 16);
    CHECK(tensor[5][1].item<double>() == tensor[0][0].item<double>());
  }
}

TEST_CASE("a bool is 0 or 1, whatever the file holds", "[data]") {
  const TemporaryFolder folder;
  write_zip(folder / "x.pt", {{"x/version", "3"}, {"x/data.pkl", "N."}, {"x/data/0", "\2\1\xff"}});
  const TorchArchive archive((folder / "x.pt").string(), ErrorKind::Data);
  const at::Tensor bools = archive.tensor({"0", at::kBool, 3, 0, {2, 2}, {1, 1}});
  CHECK(bools.view(at::kByte).sum().item<int64_t>() == 4);
}
