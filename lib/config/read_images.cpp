// An entry of data.inputs that names images.
#include "config/sections.h"

namespace actsparse {
namespace {

Value<std::vector<int64_t>> image_size() {
  const std::string allowed = "[height, width]";
  auto size = list_of(integer({1, 1 << 16}), "`[height, width]`", allowed);
  size.schema["minItems"] = size.schema["maxItems"] = 2;
  size.read = [allowed, read = size.read](const JsonNode& node) {
    auto sizes = read(node);
    if (sizes.size() != 2) node.fail(allowed);
    return sizes;
  };
  return size;
}

Value<int64_t> channel_count() {
  return value<int64_t>({{{"enum", {1, 3, 4}}}, "1, 3, 4"}, [](const JsonNode& node) {
    const int64_t channels = node.integer();
    if (channels != 1 && channels != 3 && channels != 4)
      node.fail("1 (gray), 3 (colours) or 4 (colours and alpha)");
    return channels;
  });
}

void check_per_channel(const JsonNode& node, const char* key, const std::vector<double>& numbers,
                       int64_t channels) {
  if (numbers.empty() || numbers.size() == 1) return;
  if (static_cast<int64_t>(numbers.size()) != channels)
    node.find(key)->fail_found(std::to_string(numbers.size()) + " numbers",
                               "one, or one per channel (" + std::to_string(channels) + ")");
}

}  // namespace

const Object<ImageInput>& image_object() {
  using Images = ImageInput;
  static const Object<Images> object = {
      "images",
      "images",
      {field("images", &Images::images, text("folder or glob", "a folder or a glob"),
             "PNG and JPEG files: a folder (with all below it) or a glob",
             needed("a folder or a glob")),
       field("size", &Images::size, image_size(), "what the images are resized to",
             otherwise("as they are, all of one size")),
       field("mean", &Images::mean, channel_numbers(), numbers_are_subtracted, otherwise("0")),
       field("std", &Images::std, channel_deviations(), deviations_divide, otherwise("1")),
       field("layout", &Images::layout, one_of({"NCHW", "NHWC"}), "the order of the dimensions"),
       field("channels", &Images::channels, channel_count(),
             "3: colours, 1: gray, 4: colours and alpha"),
       field("order", &Images::order, one_of({"RGB", "BGR"}),
             "the order of the colours; alpha is the last channel. Not with 1 channel"),
       field("list", &Images::as_list, boolean(), list_is_one_per_sample)}};
  return object;
}

ImageInput read_images(const JsonNode& node) {
  ImageInput input;
  input.base = node.source().base;
  read_object(node, image_object(), input);
  check_per_channel(node, "mean", input.mean, input.channels);
  check_per_channel(node, "std", input.std, input.channels);
  if (const auto order = node.find("order"); order && input.channels == 1)
    order->fail("it only with 3 or 4 channels");
  return input;
}

}  // namespace actsparse
