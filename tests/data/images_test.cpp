#include "data/images.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/images.h"

using namespace actsparse;

namespace {

// 2 x 2 pixels of RGB that start at `first` and count up.
void write_small(const std::filesystem::path& path, uint8_t first) {
  std::vector<uint8_t> pixels(12);
  for (auto& pixel : pixels) pixel = first++;
  write_image(path, 2, 2, 3, pixels);
}

ImageInput images_in(const TemporaryFolder& folder, const std::string& images) {
  ImageInput input;
  input.base = folder.path();
  input.images = images;
  return input;
}

std::string rejection(const ImageInput& input) {
  try {
    open_images(input)->read(0, 1);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Data);
    return error.what();
  }
  return "";
}

at::Tensor small_image(int first) {
  return at::arange(first, first + 12).reshape({2, 2, 3}).permute({2, 0, 1}).to(at::kFloat) / 255;
}

}  // namespace

TEST_CASE("a folder's images come from all levels in the order of their names", "[data]") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "d/b");
  write_small(folder / "d/c.png", 0);
  write_small(folder / "d/b/z.PNG", 100);
  write_file(folder / "d/readme.txt", "no image");
  const auto files = image_files(images_in(folder, "d"));
  REQUIRE(files.size() == 2);
  CHECK(files[0].first == "d/b/z.PNG");
  const auto reader = open_images(images_in(folder, "d"));
  CHECK(reader->size() == 2);
  const at::Tensor batch = reader->read(0, 2);
  CHECK(batch.sizes() == at::IntArrayRef({2, 3, 2, 2}));
  CHECK(at::equal(batch[0], small_image(100)));
  CHECK(at::equal(batch[1], small_image(0)));
  CHECK(at::equal(reader->read(1, 1)[0], small_image(0)));
}

TEST_CASE("a glob names images, too", "[data]") {
  const TemporaryFolder folder;
  for (const char* name : {"b1.png", "a1.png", "b0.png"}) write_small(folder / name, 0);
  const auto files = image_files(images_in(folder, "b?.png"));
  REQUIRE(files.size() == 2);
  CHECK(files[0].first == "b0.png");
}

TEST_CASE("images are normalized by mean and std, and laid out as asked", "[data]") {
  const TemporaryFolder folder;
  write_small(folder / "x.png", 40);
  auto input = images_in(folder, "x.png");
  input.mean = {0.1, 0.2, 0.3};
  input.std = {0.5};
  const at::Tensor mean = at::tensor({0.1F, 0.2F, 0.3F}).reshape({3, 1, 1});
  const at::Tensor expected = (small_image(40) - mean) / 0.5F;
  CHECK(at::equal(open_images(input)->read(0, 1)[0], expected));
  input.layout = "NHWC";
  const at::Tensor last = open_images(input)->read(0, 1);
  CHECK(last.is_contiguous());
  CHECK(at::equal(last[0], expected.permute({1, 2, 0})));
}

TEST_CASE("a size resizes with antialiasing", "[data]") {
  const TemporaryFolder folder;
  write_small(folder / "x.png", 40);
  auto input = images_in(folder, "x.png");
  input.size = {1, 1};
  const at::Tensor expected = small_image(40).mean(at::IntArrayRef{1, 2});
  CHECK(at::allclose(open_images(input)->read(0, 1).flatten(), expected));
  input.size = {2, 2};
  CHECK(at::equal(open_images(input)->read(0, 1)[0], small_image(40)));  // untouched
}

TEST_CASE("colours come as BGR, and with alpha, where it is asked for", "[data]") {
  const TemporaryFolder folder;
  std::vector<uint8_t> pixels(16);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(10 * i);
  write_image(folder / "x.png", 2, 2, 4, pixels);
  const at::Tensor rgba =
      at::tensor(pixels, at::kByte).view({2, 2, 4}).permute({2, 0, 1}).to(at::kFloat) / 255;
  auto input = images_in(folder, "x.png");
  const auto read = [&] { return open_images(input)->read(0, 1)[0]; };
  const at::Tensor to_bgr = at::tensor({2, 1, 0});
  CHECK(at::equal(read(), rgba.narrow(0, 0, 3)));
  input.order = "BGR";
  CHECK(at::equal(read(), rgba.index_select(0, to_bgr)));
  input.mean = {0.1, 0.2, 0.3};  // in the order in which the model gets them
  const at::Tensor mean = at::tensor({0.1F, 0.2F, 0.3F}).view({3, 1, 1});
  CHECK(at::equal(read(), rgba.index_select(0, to_bgr) - mean));
  input.mean = {};
  input.channels = 4;
  CHECK(at::equal(read(), rgba.index_select(0, at::tensor({2, 1, 0, 3}))));
  input.order = "RGB";
  CHECK(at::equal(read(), rgba));
  CHECK(open_images(input)->sample_bytes() == 4 * 2 * 2 * 4);
}

TEST_CASE("images without alpha are opaque", "[data]") {
  const TemporaryFolder folder;
  write_small(folder / "x.png", 0);
  auto input = images_in(folder, "x.png");
  input.channels = 4;
  const at::Tensor image = open_images(input)->read(0, 1)[0];
  CHECK(at::equal(image.narrow(0, 0, 3), small_image(0)));
  CHECK(at::equal(image[3], at::ones({2, 2})));
}

TEST_CASE("images of a list keep their sizes", "[data]") {
  const TemporaryFolder folder;
  write_small(folder / "a.png", 0);
  write_image(folder / "b.png", 1, 3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  auto input = images_in(folder, ".");
  input.as_list = true;
  const auto reader = open_images(input);
  CHECK(reader->sample_bytes() == 3 * 4 * 4);
  const auto images = reader->read_each(0, 2);
  REQUIRE(images.size() == 2);
  CHECK(at::equal(images[0], small_image(0)));
  CHECK(images[1].sizes() == at::IntArrayRef({3, 1, 3}));
  input.size = {2, 2};
  for (const auto& image : open_images(input)->read_each(0, 2))
    CHECK(image.sizes() == at::IntArrayRef({3, 2, 2}));
  input.layout = "NHWC";
  CHECK(open_images(input)->read_each(1, 1)[0].sizes() == at::IntArrayRef({2, 2, 3}));
}

TEST_CASE("without a size images must be of one size, which is found before the run", "[data]") {
  const TemporaryFolder folder;
  write_small(folder / "a.png", 0);
  write_image(folder / "b.png", 1, 3, 1, {1, 2, 3});
  CHECK(rejection(images_in(folder, ".")) ==
        "b.png: is 1 x 3 pixels, a.png is 2 x 2; give \"size\" to resize them");
}

TEST_CASE("no images are an error", "[data]") {
  const TemporaryFolder folder;
  CHECK(contains(rejection(images_in(folder, ".")), "holds no .png, .jpg or .jpeg file"));
  CHECK(contains(rejection(images_in(folder, "*.png")), "'*.png' matches no file in "));
}
