#include "data/images.h"

#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "data/decode_image.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

bool is_image(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

std::vector<fs::path> images_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
    if (entry.is_regular_file() && is_image(entry.path())) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// One value per channel as [C, 1, 1]; nothing to do if there are none.
at::Tensor per_channel(const std::vector<double>& values) {
  return values.empty() ? at::Tensor() : at::tensor(values, at::kFloat).reshape({-1, 1, 1});
}

class Images : public SampleReader {
 public:
  explicit Images(const ImageInput& input)
      : input_(input),
        files_(image_files(input)),
        size_(input.size),
        mean_(per_channel(input.mean)),
        std_(per_channel(input.std)) {
    for (const auto& file : files_) check_header(file);
  }

  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  int64_t sample_bytes() const override {
    return input_.channels * most_pixels_ * static_cast<int64_t>(sizeof(float));
  }

  at::Tensor read(int64_t first, int64_t count) override {
    at::Tensor batch;
    for (int64_t i = 0; i < count; ++i) {
      const at::Tensor image = sample(first + i);
      if (i == 0) batch = image.new_empty({count, image.size(0), image.size(1), image.size(2)});
      batch[i].copy_(image);
    }
    return input_.layout == "NHWC" ? batch.permute({0, 2, 3, 1}).contiguous() : batch;
  }
  std::vector<at::Tensor> read_each(int64_t first, int64_t count) override {
    std::vector<at::Tensor> samples;
    for (int64_t i = first; i < first + count; ++i)
      samples.push_back(input_.layout == "NHWC" ? sample(i).permute({1, 2, 0}).contiguous()
                                                : sample(i));
    return samples;
  }

 private:
  // Without a size to resize to, the first image gives it; images of a list have their own.
  void check_header(const NamedFile& file) {
    const auto [height, width] = image_size(file.second);
    if (size_.empty() && !input_.as_list) size_ = {height, width};
    most_pixels_ = std::max(most_pixels_, size_.empty() ? height * width : size_[0] * size_[1]);
    if (size_.empty()) return;
    if (input_.size.empty() && (height != size_[0] || width != size_[1]))
      throw Error(ErrorKind::Data,
                  fmt::format("{}: is {} x {} pixels, {} is {} x {}; give \"size\" to resize them",
                              file.first, height, width, files_[0].first, size_[0], size_[1]));
  }

  // [C, height, width]
  at::Tensor sample(int64_t number) const {
    const fs::path& path = files_.at(static_cast<size_t>(number)).second;
    const at::Tensor pixels = in_order(decode_image(path, input_.channels).permute({2, 0, 1}));
    at::Tensor image = pixels.contiguous().to(at::kFloat).div_(255);
    if (!size_.empty() && image.sizes().slice(1) != at::IntArrayRef(size_))
      image = resized(image, path);
    if (mean_.defined()) image.sub_(mean_);
    if (std_.defined()) image.div_(std_);
    return image;
  }

  at::Tensor in_order(const at::Tensor& image) const {
    if (input_.order == "RGB") return image;
    const at::Tensor colours = image.narrow(0, 0, 3).flip(0);
    return input_.channels == 4 ? at::cat({colours, image.narrow(0, 3, 1)}) : colours;
  }

  at::Tensor resized(const at::Tensor& image, const fs::path& path) const {
    if (input_.size.empty())
      throw Error(ErrorKind::Data, path.string() + ": has changed its size since the run began");
    return at::_upsample_bilinear2d_aa(image.unsqueeze(0), size_, /*align_corners=*/false)[0];
  }

  ImageInput input_;
  std::vector<NamedFile> files_;
  std::vector<int64_t> size_;  // height, width; empty: each image has its own
  int64_t most_pixels_ = 0;
  at::Tensor mean_, std_;
};

}  // namespace

std::vector<NamedFile> image_files(const ImageInput& input) {
  const fs::path folder = input.base / input.images;
  std::error_code failed;
  const bool is_folder = fs::is_directory(folder, failed);
  std::vector<NamedFile> files;
  try {
    for (const auto& path :
         is_folder ? images_below(folder) : matching_files(input.base, input.images))
      files.emplace_back(written_name(input.base, input.images, path), path);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::Data, folder.string() + ": cannot be read: " + error.code().message());
  }
  if (files.empty())
    throw Error(ErrorKind::Data, is_folder ? folder.string() + ": holds no .png, .jpg or .jpeg file"
                                           : "images: '" + input.images + "' matches no file in " +
                                                 input.base.string());
  return files;
}

std::unique_ptr<SampleReader> open_images(const ImageInput& input) {
  return std::make_unique<Images>(input);
}

}  // namespace actsparse
