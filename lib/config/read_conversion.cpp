// What becomes of a file's samples before the model gets them.
#include <algorithm>
#include <set>

#include "config/sections.h"

namespace actsparse {
namespace {

const Names& floating_dtypes() {
  static const Names names = {"float16", "bfloat16", "float32", "float64"};
  return names;
}

// Each dimension of the array once, null wherever a new one is put.
std::vector<std::optional<int64_t>> read_permute(const JsonNode& node) {
  const std::string allowed =
      "the array's dimensions in another order, each once (null: a new one): [0, 3, 1, 2]";
  std::vector<std::optional<int64_t>> order;
  std::set<int64_t> named;
  for (const auto& item : node.filled_list(allowed)) {
    if (item.json().is_null())
      order.emplace_back();
    else
      named.insert(order.emplace_back(item.integer({0})).value());
  }
  const auto count =
      static_cast<int64_t>(order.size()) - std::count(order.begin(), order.end(), std::nullopt);
  if (count == 0 || static_cast<int64_t>(named.size()) != count || *named.rbegin() != count - 1)
    node.fail(allowed);
  return order;
}

Value<std::vector<std::optional<int64_t>>> permute() {
  auto list = list_of(or_null(integer({0})), "list of dimensions and null", "");
  list.read = read_permute;
  return list;
}

void check_dtype(const JsonNode& node, const Conversion& conversion) {
  const auto& floating = floating_dtypes();
  if (conversion.dtype.empty() || !conversion.is_arithmetic()) return;
  if (std::find(floating.begin(), floating.end(), conversion.dtype) == floating.end())
    node.find("dtype")->fail(
        "'float16', 'bfloat16', 'float32' or 'float64' beside 'divide_by', 'mean' or 'std'");
}

void check_channels(const JsonNode& node, const Conversion& conversion) {
  const size_t means = conversion.mean.size(), stds = conversion.std.size();
  if (means > 1 && stds > 1 && means != stds)
    node.find("std")->fail_found(std::to_string(stds) + " numbers",
                                 "one, or as many as 'mean' has (" + std::to_string(means) + ")");
  if (const auto dim = node.find("channel_dim"); dim && means < 2 && stds < 2)
    dim->fail("it only beside a 'mean' or 'std' with a number per channel");
}

}  // namespace

const char* const numbers_are_subtracted =
    "subtracted from what was divided (of images: from values in 0..1): one number, or one per "
    "channel";
const char* const deviations_divide =
    "divides what is left: `(x - mean) / std`; one number, or one per channel";
const char* const list_is_one_per_sample =
    "the argument is a list: one tensor per sample, without dimension 0";

Value<std::vector<double>> channel_numbers() {
  return list_of(number(), "list of numbers", "a list of numbers, one per channel");
}

Value<std::vector<double>> channel_deviations() {
  auto list = list_of(positive_number(), "list of numbers > 0", "");
  list.read = [](const JsonNode& node) {
    auto numbers = channel_numbers().read(node);
    for (const double value : numbers)
      if (!(value > 0)) node.fail("numbers greater than 0");
    return numbers;
  };
  return list;
}

const Fields<FileInput>& conversion_fields() {
  using To = Conversion;
  static const Fields<To> conversion = {
      field("permute", &To::permute, permute(),
            "the file's dimensions in the model's order, each once; null puts a new one of size 1: "
            "`[0, 3, 1, 2]` makes NCHW of NHWC, `[0, null, 1, 2]` gives gray images their channel",
            otherwise("as in the file")),
      field("dtype", &To::dtype, dtype_name(), "what the numbers become: torch's name of it",
            otherwise("the file's; float32 for integers that are divided or normalized")),
      field("divide_by", &To::divide_by, positive_number(),
            "what the numbers are divided by: 255 makes 0..1 of pixels"),
      field("mean", &To::mean, channel_numbers(), numbers_are_subtracted, otherwise("0")),
      field("std", &To::std, channel_deviations(), deviations_divide, otherwise("1")),
      field("channel_dim", &To::channel_dim, integer(),
            "the dimension that `mean` and `std` count along, after `permute`; negative counts "
            "from the last"),
  };
  static const Fields<FileInput> fields =
      joined(lifted(&FileInput::conversion, conversion),
             {field("list", &FileInput::as_list, boolean(), list_is_one_per_sample)});
  return fields;
}

Schema conversion_rule() {
  const auto has = [](const char* key) { return Schema{{"required", Schema::array({key})}}; };
  return {{"if", any_of({has("divide_by"), has("mean"), has("std")})},
          {"then", {{"properties", {{"dtype", {{"enum", floating_dtypes()}}}}}}}};
}

void check_conversion(const JsonNode& node, const Conversion& conversion) {
  check_dtype(node, conversion);
  check_channels(node, conversion);
}

}  // namespace actsparse
