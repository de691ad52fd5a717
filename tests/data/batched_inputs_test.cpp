#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <sys/resource.h>

#include <limits>
#include <random>

#include "data/batch_source.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

FileInput file(const TemporaryFolder& folder, const std::string& name) {
  return {folder / name, name, ""};
}

// Samples 0 .. count - 1 in x.npy.
DataConfig numbers(const TemporaryFolder& folder, int64_t count, int64_t batch_size) {
  write_file(folder / "x.npy", npy_bytes(at::arange(count * 2).reshape({count, 2})));
  DataConfig config;
  config.inputs = {file(folder, "x.npy")};
  config.batch_size = batch_size;
  return config;
}

std::string message_of(const DataConfig& config) {
  const Error error = error_of([&] { open_batches(config); });
  CHECK(error.kind() == ErrorKind::Data);
  return error.what();
}

}  // namespace

TEST_CASE("the bytes of a batch are known before it is read, of any inputs", "[data]") {
  const TemporaryFolder folder;
  DataConfig config = numbers(folder, 10, 4);
  CHECK(open_batches(config)->batch_bytes() == 4 * 2 * 8);
  CHECK(open_batches(config, {2, 2})->batch_bytes() == 4 * 2 * 8);
  config.batch_size = 100;
  CHECK(open_batches(config)->batch_bytes() == 10 * 2 * 8);
  RandomInput random;
  random.shape = {10, 3};
  config.inputs.push_back(random);
  CHECK(open_batches(config)->batch_bytes() == 10 * (2 * 8 + 3 * 4));
  random.shape = {int64_t{1} << 60, 3};
  config.inputs = {random};
  config.batch_size = int64_t{1} << 60;
  CHECK(open_batches(config)->batch_bytes() == std::numeric_limits<int64_t>::max());
}

TEST_CASE("batches take batch_size samples of every input", "[data]") {
  const TemporaryFolder folder;
  DataConfig config = numbers(folder, 10, 4);
  write_pt(folder / "y.pt", at::arange(10));
  RandomInput random;
  random.shape = {10, 3};
  config.inputs.push_back(file(folder, "y.pt"));
  config.inputs.push_back(random);
  config.inputs.push_back(ConstantInput{16000});
  const auto source = open_batches(config);
  CHECK(source->batches() == 3);
  CHECK(source->samples() == 10);
  CHECK(source->ragged_last() == 2);
  source->next();
  const auto second = source->next(), last = source->next();
  CHECK_FALSE(source->next());
  REQUIRE(second->arguments.size() == 4);
  CHECK(second->samples == 4);
  CHECK(second->origin == "batch 2 (x.npy, y.pt, random)");
  CHECK(at::equal(second->arguments[0].toTensor(), at::arange(8, 16).reshape({4, 2})));
  CHECK(at::equal(second->arguments[1].toTensor(), at::arange(4, 8)));
  CHECK(second->arguments[2].toTensor().sizes() == at::IntArrayRef{4, 3});
  CHECK(second->arguments[3].toInt() == 16000);
  CHECK(last->samples == 2);
  source->rewind();
  CHECK(source->next()->arguments[1].toTensor()[0].item<int64_t>() == 0);
}

TEST_CASE("limit and drop_last cut samples and the smaller last batch", "[data]") {
  const TemporaryFolder folder;
  DataConfig config = numbers(folder, 10, 4);
  config.limit = 7;
  CHECK(open_batches(config)->batches() == 2);
  CHECK(open_batches(config)->ragged_last() == 3);
  config.drop_last = true;
  CHECK(open_batches(config)->batches() == 1);
  CHECK(open_batches(config)->samples() == 4);
  CHECK(open_batches(config)->ragged_last() == 0);
  config.limit = 100;
  CHECK(open_batches(config)->samples() == 8);
  config.limit = 3;
  CHECK(contains(message_of(config), "drop_last leaves no batch: 3 samples, batch_size 4"));
  config.drop_last = false;
  CHECK(open_batches(config)->ragged_last() == 0);  // there is no other batch
}

TEST_CASE("the batches of any array, batch size and limit make up the array", "[data]") {
  std::mt19937 random(3);
  const auto draw = [&](int64_t most) {
    return std::uniform_int_distribution<int64_t>(1, most)(random);
  };
  const TemporaryFolder folder;
  for (int round = 0; round < 60; ++round) {
    const int64_t count = draw(20);
    const at::Tensor expected = at::arange(count * 6).reshape({count, 3, 2});
    DataConfig config = numbers(folder, count, draw(8));
    const std::string array = npy_bytes(expected, {draw(2) == 1, draw(2) == 1, 1});
    write_zip(folder / "x.npz", {{"x.npy", array}}, draw(2) == 1);
    config.inputs = {file(folder, "x.npz")};
    if (draw(2) == 1) config.limit = draw(25);
    const int64_t used = std::min(count, config.limit.value_or(count));
    const auto source = open_batches(config);
    std::vector<at::Tensor> parts;
    while (auto batch = source->next()) parts.push_back(batch->arguments[0].toTensor());
    CAPTURE(round, count, config.batch_size);
    CHECK(source->batches() == static_cast<int64_t>(parts.size()));
    CHECK(at::equal(at::cat(parts), expected.narrow(0, 0, used)));
  }
}

TEST_CASE("constants alone are one batch without samples", "[data]") {
  DataConfig config;
  config.inputs = {ConstantInput{1}, ConstantInput{"a"}};
  config.drop_last = true;
  const auto source = open_batches(config);
  CHECK(source->batches() == 1);
  const auto batch = source->next();
  CHECK(batch->samples == 0);
  CHECK(batch->arguments[1].toStringRef() == "a");
  CHECK_FALSE(source->next());
}

TEST_CASE("inputs that do not fit are named with their counts", "[data]") {
  const TemporaryFolder folder;
  DataConfig config = numbers(folder, 10, 4);
  write_file(folder / "y.npy", npy_bytes(at::arange(9)));
  config.inputs.push_back(file(folder, "y.npy"));
  CHECK(contains(message_of(config), "x.npy holds 10, y.npy holds 9"));
}

TEST_CASE("a data config that gives no batches is refused", "[data]") {
  const TemporaryFolder folder;
  CHECK(contains(message_of({}), "either inputs or batches"));
  DataConfig config = numbers(folder, 10, 0);
  CHECK(contains(message_of(config), "at least 1"));
}

TEST_CASE("an error while reading names batch and file", "[data]") {
  const TemporaryFolder folder;
  const auto source = open_batches(numbers(folder, 100, 10));
  source->next();
  std::filesystem::resize_file(folder / "x.npy", 1000);  // up to batch 6
  const Error error = error_of([&] {
    while (source->next()) continue;
  });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "batch 6 (x.npy): "));
}

TEST_CASE("what a model writes into its inputs reaches neither files nor the next pass", "[data]") {
  const TemporaryFolder folder;
  DataConfig config = numbers(folder, 10, 5);
  write_pt(folder / "y.pt", at::arange(10));
  write_file(folder / "z.npy", npy_bytes(at::arange(10), {true, true, 1}));
  config.inputs.push_back(file(folder, "y.pt"));
  config.inputs.push_back(file(folder, "z.npy"));
  const auto source = open_batches(config);
  const std::string bytes = read_file(folder / "x.npy");
  for (int pass = 0; pass < 3; ++pass) {
    for (int64_t first = 0; const auto batch = source->next(); first += 5) {
      CHECK(at::equal(batch->arguments[0].toTensor().select(1, 0),
                      at::arange(2 * first, 2 * first + 10, 2)));
      CHECK(at::equal(batch->arguments[1].toTensor(), at::arange(first, first + 5)));
      CHECK(at::equal(batch->arguments[2].toTensor(), at::arange(first, first + 5)));
      for (const auto& argument : batch->arguments) argument.toTensor().fill_(-1);
    }
    source->rewind();
  }
  CHECK(read_file(folder / "x.npy") == bytes);
}

TEST_CASE("a file of 4 GiB is streamed in little memory", "[data]") {
  const TemporaryFolder folder;
  const std::string order = GENERATE("False", "True");
  write_file(folder / "x.npy", npy_header_bytes("{'descr': '<f4', 'fortran_order': " + order +
                                                ", 'shape': (1048576, 1024), }"));
  std::filesystem::resize_file(folder / "x.npy", 128 + (uint64_t{4} << 30));
  DataConfig config;
  config.inputs = {file(folder, "x.npy")};
  config.batch_size = 16384;
  config.limit = 65536;
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const auto source = open_batches(config);
  int64_t read = 0;
  while (const auto batch = source->next()) {
    CHECK(batch->arguments[0].toTensor().count_nonzero().item<int64_t>() == 0);
    read += batch->samples;
  }
  ::getrusage(RUSAGE_SELF, &after);
  CHECK(read == 65536);
  CHECK(after.ru_maxrss - before.ru_maxrss < 400 * 1024);  // KiB; a batch has 64 MiB
}

TEST_CASE("an input that is to be a list gives its samples one by one", "[data]") {
  const TemporaryFolder folder;
  DataConfig config = numbers(folder, 5, 3);
  std::get<FileInput>(config.inputs[0]).as_list = true;
  RandomInput random;
  random.shape = {5, 2, 2};
  config.inputs.push_back(random);
  random.as_list = true;
  config.inputs.push_back(random);
  const auto source = open_batches(config);
  source->next();
  const auto last = source->next().value();
  CHECK(last.samples == 2);
  REQUIRE(last.arguments[0].isTensorList());
  const auto rows = last.arguments[0].toTensorVector();
  REQUIRE(rows.size() == 2);
  CHECK(at::equal(rows[1], at::arange(8, 10)));
  const auto drawn = last.arguments[2].toTensorVector();
  CHECK(at::equal(drawn.at(1), last.arguments[1].toTensor()[1]));
}
