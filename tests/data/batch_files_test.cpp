#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "data/batch_source.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

DataConfig config_of(const TemporaryFolder& folder, std::vector<std::string> patterns) {
  DataConfig config;
  config.batches = std::move(patterns);
  config.base = folder.path();
  return config;
}

// The first element of each batch, in order.
std::vector<int64_t> firsts(const DataConfig& config) {
  std::vector<int64_t> values;
  const auto source = open_batches(config);
  while (auto batch = source->next())
    values.push_back(batch->arguments[0].toTensor().flatten()[0].item<int64_t>());
  return values;
}

void write_numbered(const TemporaryFolder& folder, const std::string& name, int64_t first,
                    int64_t samples = 4) {
  write_pt(folder / name, at::arange(first, first + samples));
}

}  // namespace

TEST_CASE("batch files come in sorted order, each once", "[data]") {
  const TemporaryFolder folder;
  write_numbered(folder, "b10.pt", 10);
  write_numbered(folder, "b2.pt", 2);
  write_numbered(folder, "b1.pt", 1);
  write_numbered(folder, "a.pt", 0);
  CHECK(firsts(config_of(folder, {"b*.pt"})) == std::vector<int64_t>{1, 10, 2});
  CHECK(firsts(config_of(folder, {"b2.pt", "*.pt"})) == std::vector<int64_t>{2, 0, 1, 10});
  CHECK(firsts(config_of(folder, {(folder / "b?.pt").string()})) == std::vector<int64_t>{1, 2});
  DataConfig limited = config_of(folder, {"*.pt"});
  limited.limit = 3;
  CHECK(firsts(limited) == std::vector<int64_t>{0, 1, 10});
}

TEST_CASE("folders and files may have the characters of patterns", "[data]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "run[1]*");
  write_numbered(folder, "run[1]*/x[0].pt", 5);
  DataConfig config = config_of(folder, {"x[0].pt", "*.pt"});
  config.base = folder / "run[1]*";
  CHECK(firsts(config) == std::vector<int64_t>{5});
}

TEST_CASE("a batch file is a tensor, or a tuple or list of all arguments", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor tensor = at::arange(6).reshape({2, 3});
  write_pt(folder / "1.pt", tensor.t());
  write_pt(folder / "2.pt", c10::ivalue::Tuple::create({7, tensor}));
  write_pt(folder / "3.pt", c10::List<at::Tensor>{tensor, tensor});
  const auto source = open_batches(config_of(folder, {"*.pt"}));
  const auto first = source->next(), second = source->next(), third = source->next();
  CHECK(at::equal(first->arguments.at(0).toTensor(), tensor.t()));
  CHECK(first->arguments[0].toTensor().is_contiguous());
  CHECK(first->samples == 3);
  CHECK(first->origin == "batch 1 (1.pt)");
  CHECK(second->arguments.at(0).toInt() == 7);
  CHECK(second->samples == 2);
  CHECK(third->arguments.size() == 2);
  CHECK(source->samples() == 7);
}

TEST_CASE("a smaller last batch file is known from the start", "[data]") {
  const TemporaryFolder folder;
  write_numbered(folder, "1.pt", 0, 4);
  write_numbered(folder, "2.pt", 0, 4);
  CHECK(open_batches(config_of(folder, {"*.pt"}))->ragged_last() == 0);
  write_numbered(folder, "3.pt", 0, 3);
  CHECK(open_batches(config_of(folder, {"*.pt"}))->ragged_last() == 3);
  write_numbered(folder, "2.pt", 0, 5);
  CHECK(open_batches(config_of(folder, {"*.pt"}))->ragged_last() == 0);
}

TEST_CASE("batch files that cannot be used are refused when they are opened", "[data]") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& pattern) {
    const Error error = error_of([&] { open_batches(config_of(folder, {pattern})); });
    CHECK(error.kind() == ErrorKind::Data);
    return std::string(error.what());
  };
  CHECK(contains(message("*.pt"), "'*.pt' matches no file"));
  write_pt(folder / "number.pt", 3);
  CHECK(contains(message("number.pt"), "holds a Int; a batch is a tensor, or a tuple"));
  write_pt(folder / "empty.pt", c10::ivalue::Tuple::create({}));
  CHECK(contains(message("empty.pt"), "an empty Tuple"));
  write_file(folder / "text.pt", "text");
  CHECK(contains(message("t*.pt"), "text.pt: is not a file of torch.save"));
}

TEST_CASE("a batch file that goes away is an error of its batch", "[data]") {
  const TemporaryFolder folder;
  write_numbered(folder, "1.pt", 0);
  const auto source = open_batches(config_of(folder, {"*.pt"}));
  std::filesystem::remove(folder / "1.pt");
  const Error error = error_of([&] { source->next(); });
  CHECK(contains(error.what(), "batch 1 (1.pt): "));
  CHECK(contains(error.what(), "does not exist"));
}

TEST_CASE("labels are cut like the batch files, and counted against them", "[data]") {
  const TemporaryFolder folder;
  write_pt(folder / "b1.pt", at::zeros({3, 2}));
  write_pt(folder / "b2.pt", at::ones({1, 2}));
  write_file(folder / "y.npy", npy_bytes(at::arange(4)));
  DataConfig config;
  config.base = folder.path();
  config.batches = {"b*.pt"};
  const FileInput labels{folder / "y.npy", "y.npy", ""};
  const auto data = open_labelled_batches(config, labels);
  CHECK(data->next()->arguments.at(1).toTensor().equal(at::arange(3)));
  CHECK(data->next()->arguments.at(1).toTensor().equal(at::arange(3, 4)));
  CHECK_FALSE(data->next());
  const auto second = open_labelled_batches(config, labels, {2, 2});
  CHECK(second->next()->arguments.at(1).toTensor().equal(at::arange(3, 4)));
  CHECK(data->digest() != open_batches(config)->digest());
  write_file(folder / "y.npy", npy_bytes(at::arange(5)));
  const Error error = error_of([&] { open_labelled_batches(config, labels); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "y.npy holds 5 labels, the batches 4 samples"));
}
