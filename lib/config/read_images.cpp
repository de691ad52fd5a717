// An entry of data.inputs that names images.
#include "config/sections.h"

namespace actsparse {
namespace {

std::vector<int64_t> read_size(const JsonNode& node) {
  const std::string allowed = "[height, width]";
  std::vector<int64_t> size;
  for (const auto& item : node.filled_list(allowed)) size.push_back(item.integer({1, 1 << 16}));
  if (size.size() != 2) node.fail(allowed);
  return size;
}

void check_per_channel(const JsonNode& node, const char* key, const std::vector<double>& numbers,
                       int64_t channels) {
  if (numbers.empty() || numbers.size() == 1) return;
  if (static_cast<int64_t>(numbers.size()) != channels)
    node.find(key)->fail_found(std::to_string(numbers.size()) + " numbers",
                               "one, or one per channel (" + std::to_string(channels) + ")");
}

}  // namespace

const Fields<ImageInput>& image_fields() {
  static const Fields<ImageInput> fields = {
      {"images",
       [](const JsonNode& node, ImageInput& input) {
         input.images = node.text("a folder or a glob");
       },
       "a folder or a glob"},
      {"size", [](const JsonNode& node, ImageInput& input) { input.size = read_size(node); }},
      {"mean", [](const JsonNode& node, ImageInput& input) { input.mean = read_numbers(node); }},
      {"std", [](const JsonNode& node, ImageInput& input) { input.std = read_deviations(node); }},
      {"layout",
       [](const JsonNode& node, ImageInput& input) {
         input.layout = node.one_of({"NCHW", "NHWC"});
       }},
      {"channels",
       [](const JsonNode& node, ImageInput& input) {
         input.channels = node.integer();
         if (input.channels != 1 && input.channels != 3 && input.channels != 4)
           node.fail("1 (gray), 3 (colours) or 4 (colours and alpha)");
       }},
      {"order",
       [](const JsonNode& node, ImageInput& input) {
         input.order = node.one_of({"RGB", "BGR"});
       }},
      {"list", [](const JsonNode& node, ImageInput& input) { input.as_list = node.boolean(); }},
  };
  return fields;
}

ImageInput read_images(const JsonNode& node) {
  ImageInput input;
  input.base = node.source().base;
  read_fields(node, image_fields(), input);
  check_per_channel(node, "mean", input.mean, input.channels);
  check_per_channel(node, "std", input.std, input.channels);
  if (const auto order = node.find("order"); order && input.channels == 1)
    order->fail("it only with 3 or 4 channels");
  return input;
}

}  // namespace actsparse
