// read_pickle: whole files, good and bad.
#include <ATen/core/jit_type.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include <random>

#include "data/batch_source.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

std::string message_of(const std::filesystem::path& path) {
  const Error error = error_of([&] { read_pickle(path.string(), ErrorKind::State); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), path.filename().string() + ": "));
  CHECK_FALSE(contains(error.what(), "\n"));
  return error.what();
}

// Damages a byte here and there and reads the file: an error or a value, never worse.
int refusals(const std::filesystem::path& path, const std::string& whole, size_t step) {
  std::mt19937 random(11);
  int refused = 0;
  for (size_t at = 0; at < whole.size(); at += step) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(random() & 255);
    write_file(path, damaged);
    try {
      const c10::IValue value = read_pickle(path.string(), ErrorKind::Data);
      if (value.isTensor()) value.toTensor().clone();
    } catch (const Error&) {
      ++refused;
    }
  }
  return refused;
}

}  // namespace

TEST_CASE("what pickle_save writes is read back", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor tensor = at::arange(24, at::kFloat).reshape({4, 6});
  c10::impl::GenericDict dict(c10::StringType::get(), c10::TensorType::get());
  dict.insert("w", tensor.t());
  const c10::List<int64_t> numbers{1, int64_t{1} << 40, -5};
  write_pt(folder / "x.pt",
           c10::ivalue::Tuple::create({tensor, dict, numbers, 0.25, "text", true, c10::IValue(),
                                       c10::List<double>{1.5}, c10::List<bool>{true, false},
                                       c10::List<at::Tensor>{tensor}}));
  const c10::IValue value = read_pickle((folder / "x.pt").string(), ErrorKind::Data);
  const auto& parts = value.toTupleRef().elements();
  REQUIRE(parts.size() == 10);
  CHECK(at::equal(parts[0].toTensor(), tensor));
  CHECK(at::equal(parts[1].toGenericDict().at("w").toTensor(), tensor.t()));
  CHECK(parts[2].toIntVector() == numbers.vec());
  CHECK(parts[3].toDouble() == 0.25);
  CHECK(parts[4].toStringRef() == "text");
  CHECK(parts[5].toBool());
  CHECK(parts[6].isNone());
  CHECK(parts[7].toDoubleVector() == std::vector<double>{1.5});
  CHECK(parts[8].toBoolList().vec() == std::vector<bool>{true, false});
  CHECK(at::equal(parts[9].toTensorVector()[0], tensor));
}

TEST_CASE("every dtype is read from a pickle", "[data]") {
  const at::ScalarType dtype =
      GENERATE(at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf,
               at::kBFloat16, at::kFloat, at::kDouble, at::kComplexFloat, at::kComplexDouble);
  const TemporaryFolder folder;
  const at::Tensor tensor = at::arange(2, at::kFloat).to(dtype);
  write_pt(folder / "x.pt", tensor);
  const c10::IValue read = read_pickle((folder / "x.pt").string(), ErrorKind::Data);
  CHECK(read.toTensor().scalar_type() == dtype);
  CHECK(at::equal(read.toTensor(), tensor));
}

TEST_CASE("writing to a tensor of a pickle leaves the file as it is", "[data]") {
  const TemporaryFolder folder;
  write_pt(folder / "x.pt", at::zeros({1000}));
  const std::string before = read_file(folder / "x.pt");
  read_pickle((folder / "x.pt").string(), ErrorKind::Data).toTensor().fill_(7);
  CHECK(read_file(folder / "x.pt") == before);
}

TEST_CASE("a file that is no pickle of torch says what it is", "[data]") {
  const TemporaryFolder folder;
  CHECK(contains(message_of(folder / "missing.pt"), "does not exist"));
  CHECK(contains(message_of(folder.path()), "is a folder"));
  const auto message = [&](const std::string& bytes) {
    write_file(folder / "x.pt", bytes);
    return message_of(folder / "x.pt");
  };
  CHECK(contains(message(""), "is empty"));
  CHECK(contains(message("garbage"), "is not a file of torch.save"));
  CHECK(contains(message("\x80\x02\x8a\x0a\x6c\xfc\x9c"), "PyTorch 1.6 or newer"));
  CHECK(contains(message("\x80\x03]q"), "plain pickle"));
  CHECK(contains(message(npy_bytes(at::arange(3))), "is a .npy file"));
  write_zip(folder / "x.pt", {{"x.npy", npy_bytes(at::arange(3))}});
  CHECK(contains(message_of(folder / "x.pt"), "not one of torch.save"));
  write_zip(folder / "m.pt", {{"m/data.pkl", "x"},
                              {"m/code/__torch__.py", "class Module(Module):\n  def forward(self)"},
                              {"m/constants.pkl", "x"},
                              {"m/version", "3\n"}});
  CHECK(contains(message_of(folder / "m.pt"), "TorchScript model"));
  write_zip(folder / "b.pt", {{"b/data.pkl", "x"}, {"b/byteorder", "big"}, {"b/version", "3\n"}});
  CHECK(contains(message_of(folder / "b.pt"), "byte order"));
}

TEST_CASE("a truncated pickle file is refused at any length", "[data]") {
  const TemporaryFolder folder;
  write_pt(folder / "x.pt", at::arange(100));
  const std::string whole = read_file(folder / "x.pt");
  for (size_t length = 1; length < whole.size(); length += 7) {
    CAPTURE(length);
    write_file(folder / "cut.pt", whole.substr(0, length));
    message_of(folder / "cut.pt");
  }
}

TEST_CASE("a damaged pickle file gives an error or a value, never worse", "[data]") {
  const TemporaryFolder folder;
  write_pt(folder / "x.pt", at::arange(40).reshape({5, 8}));
  CHECK(refusals(folder / "damaged.pt", read_file(folder / "x.pt"), 1) > 50);
}
