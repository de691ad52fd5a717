#pragma once
// A folder of images as samples.
#include <memory>
#include <vector>

#include "config/config.h"
#include "data/file_patterns.h"
#include "data/sample_reader.h"

namespace actsparse {

/// The files that `input` names, by their written names in the order of their bytes: in a folder
/// all .png, .jpg and .jpeg files at any depth. Throws Error(Data) if there are none.
std::vector<NamedFile> image_files(const ImageInput& input);

/// Samples float32 [C, H, W] (or [H, W, C]), channels in the order asked for: value / 255, resized
/// bilinearly with antialiasing, less mean, by std; bit-equal to torchvision's ToTensor,
/// Resize(antialias=True), Normalize on the same pixels. All headers are read now, pixels when a
/// sample is. Throws Error(Data), also for images of different sizes without a size to resize to,
/// unless they are to come as a list.
std::unique_ptr<SampleReader> open_images(const ImageInput& input);

}  // namespace actsparse
