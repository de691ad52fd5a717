#include "data/convert_samples.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "data/batch_source.h"
#include "data/images.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/images.h"
#include "support/models.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

// The samples of `tensor`'s .npy file.
at::Tensor read_converted(const at::Tensor& tensor, const Conversion& how) {
  const TemporaryFolder folder;
  write_file(folder / "x.npy", npy_bytes(tensor));
  const auto reader = open_samples({folder / "x.npy", "x.npy", "", how});
  const at::Tensor samples = reader->read(0, reader->size());
  CHECK(samples.is_contiguous());
  CHECK(reader->sample_bytes() * reader->size() == static_cast<int64_t>(samples.nbytes()));
  return samples.clone();
}

std::string conversion_error(const at::Tensor& tensor, const Conversion& how) {
  const Error error = error_of([&] { read_converted(tensor, how); });
  CHECK(error.kind() == ErrorKind::Data);
  return error.what();
}

at::Tensor bytes(at::IntArrayRef sizes) {
  return at::arange(c10::multiply_integers(sizes)).remainder(256).to(at::kByte).reshape(sizes);
}

}  // namespace

TEST_CASE("samples take another dtype", "[data]") {
  const at::Tensor x = bytes({4, 3});
  Conversion how;
  for (const char* name : {"float16", "bfloat16", "float32", "float64", "int64", "bool"}) {
    how.dtype = name;
    const at::Tensor read = read_converted(x, how);
    CHECK(bit_equal(read, x.to(read.scalar_type())));
    CHECK(read.scalar_type() != at::kByte);
  }
  how.dtype = "float32";
  CHECK(bit_equal(read_converted(x.to(at::kDouble), how), x.to(at::kFloat)));
}

TEST_CASE("integers that are divided or normalized become float32, floats stay", "[data]") {
  Conversion how;
  how.divide_by = 255;
  CHECK(bit_equal(read_converted(bytes({2, 3}), how), bytes({2, 3}).to(at::kFloat) / 255));
  CHECK(bit_equal(read_converted(bytes({2, 3}).to(at::kDouble), how),
                  bytes({2, 3}).to(at::kDouble) / 255));
  how.dtype = "float16";
  CHECK(bit_equal(read_converted(bytes({2, 3}), how),
                  (bytes({2, 3}).to(at::kFloat) / 255).to(at::kHalf)));
}

TEST_CASE("mean and std count along the channels", "[data]") {
  const at::Tensor x = bytes({2, 3, 4, 5});
  Conversion how;
  how.mean = {1, 2, 3};
  how.std = {0.5};
  const at::Tensor mean = at::tensor({1.F, 2.F, 3.F});
  CHECK(bit_equal(read_converted(x, how), (x.to(at::kFloat) - mean.view({3, 1, 1})) / 0.5F));
  how.channel_dim = -1;
  how.mean = {1, 2, 3, 4, 5};
  how.std = {5, 4, 3, 2, 1};
  const at::Tensor by_last = at::tensor({1.F, 2.F, 3.F, 4.F, 5.F});
  CHECK(bit_equal(read_converted(x, how), (x.to(at::kFloat) - by_last) / by_last.flip(0)));
}

TEST_CASE("dimensions are permuted and put in before the channels are looked for", "[data]") {
  const at::Tensor x = bytes({2, 4, 5, 3});
  Conversion how;
  how.permute = {0, 3, 1, 2};
  CHECK(bit_equal(read_converted(x, how), x.permute({0, 3, 1, 2})));
  how.mean = {1, 2, 3};
  const at::Tensor mean = at::tensor({1.F, 2.F, 3.F}).view({3, 1, 1});
  CHECK(bit_equal(read_converted(x, how), x.permute({0, 3, 1, 2}).to(at::kFloat) - mean));
  Conversion gray;
  gray.permute = {0, std::nullopt, 1, 2};
  CHECK(bit_equal(read_converted(bytes({2, 4, 5}), gray), bytes({2, 4, 5}).unsqueeze(1)));
  Conversion both;
  both.permute = {std::nullopt, 1, 0, std::nullopt};
  CHECK(bit_equal(read_converted(bytes({2, 4}), both), bytes({2, 4}).t().reshape({1, 4, 2, 1})));
}

TEST_CASE("pixels of an array are normalized as those of image files, bit for bit", "[data]") {
  const TemporaryFolder folder;
  std::vector<uint8_t> pixels(5 * 7 * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 37);
  write_image(folder / "x.png", 5, 7, 3, pixels);
  ImageInput images;
  images.base = folder.path();
  images.images = "x.png";
  images.mean = {0.485, 0.456, 0.406};
  images.std = {0.229, 0.224, 0.225};
  Conversion how;
  how.permute = {0, 3, 1, 2};
  how.divide_by = 255;
  how.mean = images.mean;
  how.std = images.std;
  const at::Tensor array = at::tensor(pixels, at::kByte).view({1, 5, 7, 3});
  CHECK(bit_equal(read_converted(array, how), open_images(images)->read(0, 1)));
}

TEST_CASE("a converted .pt or .npz is read by batches, and anew each time", "[data]") {
  const TemporaryFolder folder;
  const at::Tensor x = normal({5, 3}, 1);
  write_pt(folder / "x.pt", x);
  write_zip(folder / "x.npz", {{"x.npy", npy_bytes(x)}});
  DataConfig data;
  data.batch_size = 2;
  Conversion how;
  how.mean = {1, 2, 3};
  data.inputs = {FileInput{folder / "x.pt", "x.pt", "", how},
                 FileInput{folder / "x.npz", "x.npz", "", how}};
  const auto source = open_batches(data);
  for (int pass = 0; pass < 2; ++pass, source->rewind())
    for (int64_t first = 0; first < 5; first += 2) {
      const auto batch = source->next().value();
      const int64_t count = std::min<int64_t>(2, 5 - first);
      const at::Tensor expected = x.narrow(0, first, count) - at::tensor({1.F, 2.F, 3.F});
      for (const auto& argument : batch.arguments) CHECK(bit_equal(argument.toTensor(), expected));
    }
}

TEST_CASE("no more of a mapped file is read than a batch needs", "[data]") {
  const TemporaryFolder folder;
  const std::string header =
      npy_header_bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (17179869184, 4), }");
  write_file(folder / "x.npy", header);
  const int64_t bytes = int64_t{1} << 36;  // a hole: none of it is on the disk, or fits in memory
  std::filesystem::resize_file(folder / "x.npy", header.size() + static_cast<size_t>(bytes));
  Conversion how;
  how.divide_by = 255;
  how.permute = {0, std::nullopt, 1};
  const auto reader = open_samples({folder / "x.npy", "x.npy", "", how});
  CHECK(reader->size() == bytes / 4);
  CHECK(reader->sample_bytes() == 16);
  CHECK(bit_equal(reader->read(bytes / 8, 3), at::zeros({3, 1, 4})));
}

TEST_CASE("a conversion that does not fit the array says so before the run", "[data]") {
  Conversion how;
  how.mean = {1, 2, 3};
  CHECK(conversion_error(bytes({2, 4, 5, 3}), how) ==
        "x.npy: \"mean\" has 3 numbers, one per index of dimension 1, but the samples come as "
        "[1, 4, 5, 3]; \"channel_dim\" names the dimension of the channels");
  how.channel_dim = 4;
  CHECK(contains(conversion_error(bytes({2, 4, 5, 3}), how), "index of dimension 4"));
  Conversion permuted;
  permuted.permute = {0, 3, 1, 2};
  CHECK(conversion_error(bytes({2, 4, 5}), permuted) ==
        "x.npy: has 3 dimensions, \"permute\" names 4");
  Conversion real;
  real.dtype = "float32";
  CHECK(conversion_error(at::zeros({2}, at::kComplexFloat), real) ==
        "x.npy: holds complex64, which cannot become float32");
  Conversion divided;
  divided.divide_by = 2;
  CHECK(contains(conversion_error(at::zeros({2}, at::kComplexFloat), divided), "complex64"));
}

TEST_CASE("what is done to the samples is part of the data's name", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "x.npy", npy_bytes(bytes({2, 4})));
  const auto digest = [&](const Conversion& how, bool as_list = false) {
    DataConfig data;
    data.inputs = {FileInput{folder / "x.npy", "x.npy", "", how, as_list}};
    return open_batches(data)->digest();
  };
  Conversion permuted, typed, divided, shifted, scaled, channels;
  permuted.permute = {0, std::nullopt, 1};
  typed.dtype = "int64";
  divided.divide_by = 2;
  shifted.mean = {1};
  scaled.std = {2};
  channels.mean = channels.std = {1, 2, 3, 4};
  std::set<std::string> digests = {digest({}), digest({}, true)};
  for (const auto& how : {permuted, typed, divided, shifted, scaled, channels})
    digests.insert(digest(how));
  CHECK(digests.size() == 8);
}
