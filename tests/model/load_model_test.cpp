#include "model/load_model.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <fstream>
#include <sstream>

#include "model/layer_tree.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"
#include "support/npy_writer.h"
#include "support/process.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

std::string failure(const std::filesystem::path& path) {
  const Error error = error_of([&] { load_model(path); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), path.string()));
  CHECK_FALSE(contains(error.what(), "\n"));
  return error.what();
}

std::string failure(const TemporaryFolder& folder, const std::string& bytes) {
  write_file(folder / "m.pt", bytes);
  return failure(folder / "m.pt");
}

std::string sample() { return read_file(source_dir() / "sample_models" / "digits_cnn.pt"); }

}  // namespace

TEST_CASE("every sample model loads and runs", "[model]") {
  for (const char* name :
       {"digits_cnn.pt", "digits_cnn_traced.pt", "digits_resnet.pt", "digits_lstm.pt"})
    CHECK(run_forward(load_model(source_dir() / "sample_models" / name), normal({2, 1, 8, 8}, 1))
              .sizes()
              .vec() == std::vector<int64_t>{2, 10});
}

TEST_CASE("a missing or empty model file and a folder are told apart", "[model]") {
  const TemporaryFolder folder;
  CHECK(contains(failure(folder / "m.pt"), "does not exist"));
  CHECK(contains(failure(folder.path()), "is a folder, not a model file"));
  CHECK(contains(failure(folder, ""), "is empty"));
}

TEST_CASE("a file that is no zip archive is no TorchScript", "[model]") {
  const TemporaryFolder folder;
  CHECK(contains(failure(folder, "hello"), "is not a TorchScript file"));
  CHECK(contains(failure(folder, "PK"), "is not a TorchScript file"));
  CHECK(contains(failure(folder, std::string("\x80\x02", 2)), "is not a TorchScript file"));
}

TEST_CASE("a truncated model is named damaged, wherever it was cut", "[model]") {
  const TemporaryFolder folder;
  const std::string whole = sample();
  for (const size_t percent : {1, 10, 50, 90, 99})
    CHECK(contains(failure(folder, whole.substr(0, whole.size() * percent / 100)),
                   "damaged or truncated"));
}

TEST_CASE("a model whose archive lies about a size is refused before memory is taken", "[model]") {
  const TemporaryFolder folder;
  std::string bytes = sample();
  const size_t size_of_first = bytes.find("PK\x01\x02") + 24;
  bytes.replace(size_of_first, 4, "\xf0\xff\xff\xff");
  write_file(folder / "m.pt", bytes);
  const Error error = error_of([&] { load_model(folder / "m.pt"); });
  CHECK(contains(error.what(), "damaged or truncated"));
  CHECK(contains(error.details(), "claims a size that cannot be"));
}

TEST_CASE("a model with flipped bytes fails with an error or loads, but never crashes", "[model]") {
  const TemporaryFolder folder;
  const std::string whole = sample();
  for (size_t i = 0; i < 40; ++i) {
    std::string bytes = whole;
    bytes[i * bytes.size() / 40] = static_cast<char>(bytes[i * bytes.size() / 40] ^ 0x5a);
    write_file(folder / "m.pt", bytes);
    try {
      load_model(folder / "m.pt");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Model);
    }
  }
}

TEST_CASE("a zip archive of something else is told from a model", "[model]") {
  const TemporaryFolder folder;
  write_zip(folder / "m.pt", {{"notes/version", "3\n"}, {"notes/readme.txt", "hello"}});
  CHECK(contains(failure(folder / "m.pt"), "is a zip archive, but not one of PyTorch's"));
  write_zip(folder / "plain.pt", {{"readme.txt", "hello"}});
  CHECK_FALSE(failure(folder / "plain.pt").empty());
}

TEST_CASE("what torch.save wrote is named for what it is", "[model]") {
  const TemporaryFolder folder;
  const std::string script =
      "import torch\n"
      "model = torch.nn.Linear(2, 2)\n"
      "torch.save(model.state_dict(), 'weights.pt')\n"
      "torch.save(model, 'module.pt')\n"
      "torch.save(model, 'legacy.pt', _use_new_zipfile_serialization=False)\n";
  const auto python = run_process({"/usr/bin/python3", "-c", script}, folder.path());
  INFO(python.err);
  REQUIRE(python.exit_code == 0);
  for (const char* name : {"weights.pt", "module.pt"}) {
    CHECK(contains(failure(folder / name), "holds a state_dict or a pickled nn.Module"));
    CHECK(contains(failure(folder / name), "torch.jit.script"));
  }
  CHECK(contains(failure(folder / "legacy.pt"), "is not a TorchScript file"));
}

TEST_CASE("a broken TorchScript program carries LibTorch's reason", "[model]") {
  const TemporaryFolder folder;
  write_zip(folder / "m.pt", {{"m/version", "3\n"}, {"m/constants.pkl", "x"}, {"m/data.pkl", "x"}});
  const Error error = error_of([&] { load_model(folder / "m.pt"); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "LibTorch cannot load this TorchScript file: "));
  CHECK_FALSE(error.details().empty());
}

TEST_CASE("a device that is not there is a usage error", "[model]") {
  const auto path = source_dir() / "sample_models" / "digits_cnn.pt";
  for (const char* device : {"gpu", "cuda:x", ""}) {
    const Error error = error_of([&] { load_model(path, device); });
    CHECK(error.kind() == ErrorKind::Usage);
    CHECK(contains(error.what(), "--device"));
  }
}

TEST_CASE("a model without the method that is asked for lists those it has", "[model]") {
  const Module model = make_module("Model",
                                   "def encode(self, x: Tensor) -> Tensor:\n  return x\n"
                                   "def decode(self, x: Tensor) -> Tensor:\n  return x\n");
  require_method(model, "encode");
  const Error error = error_of([&] { require_method(model, "forward"); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "the model has no method 'forward'; it has 'encode', 'decode'"));
  CHECK(
      contains(error_of([&] { require_method(model, "encod"); }).what(), "did you mean 'encode'"));
  CHECK(contains(error_of([] { require_method(make_module("Empty", ""), "forward"); }).what(),
                 "it has no methods at all"));
}

TEST_CASE("writing equal models gives equal bytes", "[model]") {
  const auto bytes = [] {
    std::ostringstream out;
    write_model(chain(), out);
    return out.str();
  };
  const bool same = bytes() == bytes();
  CHECK(same);
  const TemporaryFolder folder;
  write_file(folder / "m.pt", bytes());
  CHECK(bit_equal(run_forward(load_model(folder / "m.pt"), tensor1d({1})), tensor1d({6})));
}

TEST_CASE("a disk that takes nothing is an output error", "[model]") {
  std::ofstream full("/dev/full", std::ios::binary);
  const Error error = error_of([&] { write_model(chain(), full << std::unitbuf); });
  CHECK(error.kind() == ErrorKind::Output);
}

TEST_CASE("why a call in a file does not fit is told, not the signature alone", "[model]") {
  const auto model = sharing();
  auto& function = find_layer(model, "b").get_method("forward").function();
  const Module stranger = scale(9);
  auto arguments = function.getSchema().arguments();
  arguments.at(1) = arguments.at(1).cloneWithType(stranger.type());
  function.setSchema(function.getSchema().cloneWithArguments(std::move(arguments)));
  torch::jit::toGraphFunction(function).graph()->inputs().at(1)->setType(stranger.type());
  const Error error = error_of([&] { through_archive(model, "cpu"); });
  CHECK(contains(error.what(), "cannot be loaded again: "));
  CHECK(contains(error.what(), "Expected a value of type"));
}
