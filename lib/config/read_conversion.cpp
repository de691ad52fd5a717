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

std::vector<double> read_numbers(const JsonNode& node) {
  std::vector<double> numbers;
  for (const auto& item : node.filled_list("a list of numbers, one per channel"))
    numbers.push_back(item.number());
  return numbers;
}

std::vector<double> read_deviations(const JsonNode& node) {
  std::vector<double> numbers = read_numbers(node);
  for (const double value : numbers)
    if (!(value > 0)) node.fail("numbers greater than 0");
  return numbers;
}

const Fields<FileInput>& conversion_fields() {
  using File = FileInput;
  static const Fields<File> fields = {
      {"permute",
       [](const JsonNode& node, File& file) { file.conversion.permute = read_permute(node); }},
      {"dtype",
       [](const JsonNode& node, File& file) { file.conversion.dtype = node.one_of(dtypes()); }},
      {"divide_by", [](const JsonNode& node,
                       File& file) { file.conversion.divide_by = node.positive_number(); }},
      {"mean", [](const JsonNode& node, File& file) { file.conversion.mean = read_numbers(node); }},
      {"std",
       [](const JsonNode& node, File& file) { file.conversion.std = read_deviations(node); }},
      {"channel_dim",
       [](const JsonNode& node, File& file) { file.conversion.channel_dim = node.integer(); }},
      {"list", [](const JsonNode& node, File& file) { file.as_list = node.boolean(); }},
  };
  return fields;
}

void check_conversion(const JsonNode& node, const Conversion& conversion) {
  check_dtype(node, conversion);
  check_channels(node, conversion);
}

}  // namespace actsparse
