// Files of C++'s torch::save, which writes tensors as modules of TorchScript.
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/serialize.h>

#include "data/batch_source.h"
#include "data/sample_reader.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

c10::IValue saved_by_cpp(const TemporaryFolder& folder, const std::vector<at::Tensor>& tensors) {
  torch::save(tensors, (folder / "x.pt").string());
  return read_pickle((folder / "x.pt").string(), ErrorKind::Data);
}

std::string read_error(const TemporaryFolder& folder) {
  return error_of([&] { read_pickle((folder / "x.pt").string(), ErrorKind::Data); }).what();
}

}  // namespace

TEST_CASE("a tensor of C++'s torch::save is an input", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor x = at::arange(24).reshape({4, 3, 2});
  for (const auto dtype : {at::kFloat, at::kLong, at::kByte, at::kBool, at::kHalf, at::kDouble}) {
    CAPTURE(dtype);
    torch::save(x.to(dtype), (folder / "x.pt").string());
    const auto reader = open_samples({folder / "x.pt", "x.pt", ""});
    CHECK(reader->size() == 4);
    CHECK(bit_equal(reader->read(1, 2), x.to(dtype).narrow(0, 1, 2)));
  }
}

TEST_CASE("a tensor of C++ that wants a gradient is read without", "[data]") {
  const TemporaryFolder folder;
  torch::save(normal({2, 3}, 1).requires_grad_(), (folder / "x.pt").string());
  const at::Tensor read = read_pickle((folder / "x.pt").string(), ErrorKind::Data).toTensor();
  CHECK(bit_equal(read, normal({2, 3}, 1)));
  CHECK_FALSE(read.requires_grad());
}

TEST_CASE("a vector of C++'s torch::save is a list in its order", "[data]") {
  const TemporaryFolder folder;
  std::vector<at::Tensor> tensors;
  for (int64_t i = 0; i < 12; ++i) tensors.push_back(at::arange(i, i + 3));
  const c10::IValue read = saved_by_cpp(folder, tensors);
  REQUIRE(read.toListRef().size() == 12);
  for (size_t i = 0; i < 12; ++i) CHECK(at::equal(read.toListRef()[i].toTensor(), tensors[i]));
  CHECK(saved_by_cpp(folder, {tensors[3]}).isTensor());
  CHECK(saved_by_cpp(folder, {}).toListRef().empty());
}

TEST_CASE("views and odd shapes of C++ are read as they were", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor whole = at::arange(24).reshape({4, 6}).t();
  const std::vector<at::Tensor> tensors = {whole, whole.narrow(0, 1, 2), at::tensor(3.5),
                                           at::empty({0, 3})};
  const c10::IValue read = saved_by_cpp(folder, tensors);
  for (size_t i = 0; i < tensors.size(); ++i)
    CHECK(at::equal(read.toListRef()[i].toTensor(), tensors[i]));
}

TEST_CASE("a vector of C++'s torch::save is a batch of all arguments", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor x = normal({2, 3}, 1), y = normal({2, 5}, 2);
  torch::save(std::vector<at::Tensor>{x, y}, (folder / "b.pt").string());
  DataConfig data;
  data.base = folder.path();
  data.batches = {"b.pt"};
  const auto batch = open_batches(data)->next().value();
  REQUIRE(batch.arguments.size() == 2);
  CHECK(batch.samples == 2);
  CHECK(bit_equal(batch.arguments[0].toTensor(), x));
  CHECK(bit_equal(batch.arguments[1].toTensor(), y));
}

TEST_CASE("a TorchScript model that is given for data is called so", "[data]") {
  const TemporaryFolder folder;
  const std::string model = "is a TorchScript model; give a file of torch.save with tensors";
  const auto check = [&](const torch::jit::Module& module) {
    module.save((folder / "x.pt").string());
    CHECK(contains(read_error(folder), model));
  };
  check(chain());
  torch::jit::Module numbered("__torch__.Module");  // a model whose one parameter is called "0"
  numbered.register_parameter("0", at::zeros({2}), false);
  numbered.define("def forward(self, x: Tensor) -> Tensor:\n  return x\n");
  check(numbered);
  torch::jit::Module named("__torch__.Module");  // as C++ saves a Linear
  named.register_parameter("weight", at::zeros({2, 2}), false);
  check(named);
  torch::jit::Module parent("__torch__.Module");  // as C++ saves a Sequential
  parent.register_module("0", named);
  check(parent);
}

TEST_CASE("a damaged file of C++'s torch::save is an error in words", "[data]") {
  const TemporaryFolder folder;
  torch::save(normal({2, 3}, 1), (folder / "good.pt").string());
  const std::string bytes = read_file(folder / "good.pt");
  for (size_t length = 0; length < bytes.size(); length += 97) {
    write_file(folder / "x.pt", bytes.substr(0, length));
    CHECK(contains(read_error(folder), "x.pt: "));
  }
  const auto check = [&](const std::string& pickle) {
    CAPTURE(pickle);
    write_zip(folder / "x.pt", {{"x/constants.pkl", "N."}, {"x/data.pkl", pickle}});
    CHECK(contains(read_error(folder), "x.pt: "));
  };
  for (const char* pickle :
       {"N.", "c__torch__\nModule\n.", "c__torch__\nModule\n)\x81.", "c__torch__\nModule\n)\x81Nb.",
        "cos\nsystem\n)\x81}b.", "ctorch\nFloatStorage\n)\x81}b.", "\x81.", "))\x81."})
    check(pickle);
}
