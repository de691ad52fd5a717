#include "sparsifier/align_masks.h"

#include <limits>

#include "functions/functions.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

LayerChannels channels(std::vector<int64_t> classes, std::vector<int64_t> sets, int64_t value = 0) {
  return {1, value, std::move(classes), std::move(sets)};
}

AlignedLayer layer(const std::string& name, const LayerChannels& of,
                   const std::vector<double>& scores, const AlignConfig& align,
                   double sparsity = 0.5) {
  AlignedLayer result;
  result.name = name;
  result.channels = &of;
  result.scores = tensor1d(scores).to(at::kDouble);
  result.settings.align = align;
  result.settings.mask_fn = FunctionConfig{"magnitude", nlohmann::json::object(), ""};
  result.settings.sparse_config = {{"sparsity_level", sparsity}};
  result.mask = FunctionTable().mask(*result.settings.mask_fn, result.settings.sparse_config,
                                     "sparse_config");
  return result;
}

AlignConfig group(const std::string& score = "mean", int64_t round_to = 1, int64_t least = 1) {
  return {"group", score, round_to, least};
}

std::vector<double> numbers(const at::Tensor& tensor) {
  return {tensor.data_ptr<double>(), tensor.data_ptr<double>() + tensor.numel()};
}

using Mask = std::vector<double>;

}  // namespace

TEST_CASE("layers of one group get one decision per channel, by scores over their layer's mean",
          "[sparsifier]") {
  const auto both = channels({10, 11, 12, 13}, {10, 10, 10, 10});
  // By themselves a would keep 0 and 1, b 2 and 3; b's numbers are a hundred times as large.
  const auto masks = align_masks(
      {layer("a", both, {4, 3, 2, 1}, group()), layer("b", both, {100, 100, 200, 600}, group())});
  CHECK(numbers(masks[0]) == Mask{1, 0, 0, 1});  // means 1, 0.8, 0.8, 1.4
  CHECK(numbers(masks[1]) == Mask{1, 0, 0, 1});
}

TEST_CASE("the largest score can count in place of the mean", "[sparsifier]") {
  const auto both = channels({10, 11, 12, 13}, {10, 10, 10, 10});
  const auto masks = align_masks({layer("a", both, {4, 3, 2, 3}, group("max")),
                                  layer("b", both, {10, 10, 40, 20}, group("max"))});
  CHECK(numbers(masks[0]) == Mask{1, 0, 1, 0});
}

TEST_CASE("each producer's channels are cut by themselves", "[sparsifier]") {
  const auto first = channels({1, 2}, {1, 1});
  const auto concatenated = channels({1, 2, 3, 4}, {1, 1, 3, 3});
  const auto masks = align_masks(
      {layer("a", first, {1, 2}, group()), layer("b", concatenated, {1, 1, 50, 60}, group())});
  CHECK(numbers(masks[0]) == Mask{0, 1});
  CHECK(numbers(masks[1]) == Mask{0, 1, 0, 1});
}

TEST_CASE("the elements of a flattened plane are one channel", "[sparsifier]") {
  const auto planes = channels({5, 5, 6, 6}, {5, 5, 5, 5});
  const auto masks = align_masks({layer("fc", planes, {9, 0, 4, 4}, group())});
  CHECK(numbers(masks[0]) == Mask{1, 1, 0, 0});
}

TEST_CASE("by value only readers of the same value agree", "[sparsifier]") {
  const auto value = channels({1, 2}, {1, 1}, 7), other = channels({1, 2}, {1, 1}, 8);
  const AlignConfig align = {"value", "mean", 1, 1};
  const auto masks =
      align_masks({layer("a", value, {1, 2}, align), layer("b", value, {1, 9}, align),
                   layer("c", other, {2, 1}, align)});
  CHECK(numbers(masks[0]) == Mask{0, 1});
  CHECK(numbers(masks[1]) == Mask{0, 1});
  CHECK(numbers(masks[2]) == Mask{1, 0});
}

TEST_CASE("channels are kept in multiples, at least so many, and never none", "[sparsifier]") {
  const auto six = channels({1, 2, 3, 4, 5, 6}, {1, 1, 1, 1, 1, 1});
  const std::vector<double> scores = {6, 5, 4, 3, 2, 1};
  const auto kept = [&](const AlignConfig& align, double sparsity) {
    return numbers(align_masks({layer("a", six, scores, align, sparsity)})[0]);
  };
  CHECK(kept(group("mean", 4), 0.5) == Mask{1, 1, 1, 1, 0, 0});
  CHECK(kept(group("mean", 8), 0.5) == Mask{1, 1, 1, 1, 1, 1});
  CHECK(kept(group("mean", 1, 5), 0.5) == Mask{1, 1, 1, 1, 1, 0});
  const int64_t most = std::numeric_limits<int64_t>::max();
  CHECK(kept(group("mean", most, most), 0.5) == Mask{1, 1, 1, 1, 1, 1});
  CHECK(kept(group(), 1) == Mask{1, 0, 0, 0, 0, 0});
}

TEST_CASE("layers that decide together must be asked for the same", "[sparsifier]") {
  const auto both = channels({1, 2}, {1, 1});
  const Error error = error_of([&] {
    align_masks({layer("a", both, {1, 2}, group(), 0.5), layer("b", both, {1, 2}, group(), 0.25)});
  });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "layer 'b' and layer 'a' are aligned"));
}

TEST_CASE("what does not rank cannot be aligned", "[sparsifier]") {
  MergedSettings settings;
  settings.mask_fn = FunctionConfig{"nm", nlohmann::json::object(), ""};
  check_alignable(settings);
  settings.align = group();
  CHECK(contains(error_of([&] { check_alignable(settings); }).what(), "'nm' cannot be aligned"));
  settings.mask_fn->name = "topk";
  check_alignable(settings);
  settings.features = {0};
  CHECK(error_of([&] { check_alignable(settings); }).kind() == ErrorKind::Config);
}

TEST_CASE("scores that add up keep their scale, and can be summed over the readers",
          "[sparsifier]") {
  const auto both = channels({1, 2, 3, 4}, {1, 1, 1, 1}), some = channels({1, 2}, {1, 1});
  const auto masks = [&](Scale scale, const std::string& score) {
    auto a = layer("a", both, {0.01, 0.02, 0.03, 0.04}, group(score));
    auto b = layer("b", some, {0.9, 0.1}, group(score));
    a.scale = b.scale = scale;
    return numbers(align_masks({a, b})[0]);
  };
  auto other = layer("b", both, {1, 2, 3, 4}, group());
  other.scale = Scale::Own;
  CHECK(error_of([&] {
          align_masks({layer("a", both, {1, 2, 3, 4}, group()), other});
        }).kind() == ErrorKind::Config);
  CHECK(masks(Scale::Own, "mean") == Mask{1, 1, 0, 0});    // 0.455, 0.06, 0.03, 0.04
  CHECK(masks(Scale::Own, "sum") == Mask{1, 1, 0, 0});     // 0.91, 0.12, 0.03, 0.04
  CHECK(masks(Scale::Mean, "mean") == Mask{0, 0, 1, 1});   // 1.1, 0.5, 1.2, 1.6
  CHECK(masks(Scale::Mean, "sum") == Mask{1, 0, 0, 1});    // 2.2, 1, 1.2, 1.6
  CHECK(masks(Scale::Total, "mean") == Mask{1, 0, 0, 1});  // 0.5, 0.15, 0.3, 0.4
}

TEST_CASE("errors of the elements of one channel add up", "[sparsifier]") {
  const auto planes = channels({5, 5, 6}, {5, 5, 5});
  auto errors = layer("fc", planes, {2, 2, 3}, group());
  CHECK(numbers(align_masks({errors})[0]) == Mask{0, 0, 1});
  errors.scale = Scale::Own;
  CHECK(numbers(align_masks({errors})[0]) == Mask{1, 1, 0});
}
