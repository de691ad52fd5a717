#include "data/sample_reader.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include "base/error.h"
#include "data/batch_source.h"
#include "data/csv_format.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"

using namespace actsparse;

TEST_CASE("a file is opened by its extension", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor x = at::arange(6).reshape({3, 2});
  write_file(folder / "x.npy", npy_bytes(x));
  write_zip(folder / "x.npz", {{"a.npy", npy_bytes(x)}});
  write_pt(folder / "x.pt", x);
  write_pt(folder / "view.pt", x.t().contiguous().t());
  const std::string name = GENERATE("x.npy", "x.npz", "x.pt", "view.pt");
  CAPTURE(name);
  const auto reader = open_samples({folder / name, name, ""});
  CHECK(reader->size() == 3);
  const at::Tensor read = reader->read(1, 2);
  CHECK(read.is_contiguous());
  CHECK(at::equal(read, x.narrow(0, 1, 2)));
}

TEST_CASE("what a model writes into its input is gone at the next pass", "[data]") {
  const TemporaryFolder folder;
  write_pt(folder / "x.pt", at::arange(4));
  const auto reader = open_samples({folder / "x.pt", "x.pt", ""});
  reader->read(0, 4).fill_(9);
  CHECK(at::equal(reader->read(0, 4), at::arange(4)));
}

TEST_CASE("a C++ program may bring a format of its own", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "x.csv", "1,2\n3,4\n5,6\n");
  const DataConfig config = [&] {
    DataConfig data;
    data.inputs = {FileInput{folder / "x.csv", "x.csv", ""}};
    data.batch_size = 2;
    return data;
  }();
  {
    const RegisterFormat csv({".csv"}, open_csv);
    const auto source = open_batches(config);
    CHECK(source->samples() == 3);
    CHECK(at::equal(source->next()->arguments.at(0).toTensor(),
                    at::tensor({1.F, 2.F, 3.F, 4.F}).reshape({2, 2})));
    CHECK(source->next()->samples == 1);
    CHECK(find_data_format(".csv") != nullptr);
    CHECK(contains(error_of([&] { RegisterFormat({".csv"}, open_csv); }).what(), "'.csv'"));
  }
  CHECK(find_data_format(".csv") == nullptr);
  CHECK(contains(error_of([&] { open_batches(config); }).what(), "'.csv'"));
}

TEST_CASE("a file that holds no samples is refused", "[data]") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& name, const std::string& member = "") {
    const Error error = error_of([&] { open_samples({folder / name, name, member}); });
    CHECK(error.kind() == ErrorKind::Data);
    CHECK(contains(error.what(), name));
    return std::string(error.what());
  };
  write_file(folder / "x.csv", "1,2,3");
  CHECK(contains(message("x.csv"), "unknown kind of data file '.csv'"));
  write_file(folder / "x.npy", npy_bytes(at::arange(3)));
  CHECK(contains(message("x.npy", "a"), "'member' is for .npz files"));
  write_pt(folder / "tuple.pt", c10::ivalue::Tuple::create({at::arange(3)}));
  CHECK(contains(message("tuple.pt"), "holds a Tuple, not a tensor"));
  write_pt(folder / "scalar.pt", at::arange(3)[0]);
  CHECK(contains(message("scalar.pt"), "without dimensions"));
  write_pt(folder / "none.pt", at::arange(0));
  CHECK(contains(message("none.pt"), "no samples"));
}
