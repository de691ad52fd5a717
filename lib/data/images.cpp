#include "data/images.h"

#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/empty.h>
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
    return input_.channels * size_[0] * size_[1] * static_cast<int64_t>(sizeof(float));
  }

  at::Tensor read(int64_t first, int64_t count) override {
    at::Tensor batch = at::empty({count, input_.channels, size_[0], size_[1]});
    for (int64_t i = 0; i < count; ++i)
      batch[i].copy_(sample(files_.at(static_cast<size_t>(first + i)).second));
    return input_.layout == "NHWC" ? batch.permute({0, 2, 3, 1}).contiguous() : batch;
  }

 private:
  // Without a size to resize to, the first image gives it.
  void check_header(const NamedFile& file) {
    const auto [height, width] = image_size(file.second);
    if (size_.empty()) size_ = {height, width};
    if (input_.size.empty() && (height != size_[0] || width != size_[1]))
      throw Error(ErrorKind::Data,
                  fmt::format("{}: is {} x {} pixels, {} is {} x {}; give \"size\" to resize them",
                              file.first, height, width, files_[0].first, size_[0], size_[1]));
  }

  at::Tensor sample(const fs::path& path) const {
    const at::Tensor pixels = decode_image(path, input_.channels);
    at::Tensor image = pixels.permute({2, 0, 1}).contiguous().to(at::kFloat).div_(255);
    if (image.size(1) != size_[0] || image.size(2) != size_[1]) image = resized(image, path);
    if (mean_.defined()) image.sub_(mean_);
    if (std_.defined()) image.div_(std_);
    return image;
  }

  at::Tensor resized(const at::Tensor& image, const fs::path& path) const {
    if (input_.size.empty())
      throw Error(ErrorKind::Data, path.string() + ": has changed its size since the run began");
    return at::_upsample_bilinear2d_aa(image.unsqueeze(0), size_, /*align_corners=*/false)[0];
  }

  ImageInput input_;
  std::vector<NamedFile> files_;
  std::vector<int64_t> size_;  // height, width
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
