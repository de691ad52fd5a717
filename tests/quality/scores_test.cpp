#include "quality/scores.h"

#include <ATen/ATen.h>

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

NamedTensor output(std::vector<int64_t> sizes) { return {"logits", at::zeros(sizes)}; }

std::optional<int64_t> by_labels(std::vector<int64_t> sizes, const std::vector<int64_t>& labels) {
  const at::IntArrayRef shape(labels);
  return choose_class_dim(output(std::move(sizes)), &shape, std::nullopt);
}

std::optional<int64_t> by_rule(std::vector<int64_t> sizes) {
  return choose_class_dim(output(std::move(sizes)), nullptr, std::nullopt);
}

Error refused(const at::Tensor& labels, std::vector<int64_t> sizes, int64_t class_dim,
              std::optional<int64_t> ignore = std::nullopt) {
  const auto error =
      error_of([&] { label_rows(labels, output(std::move(sizes)), class_dim, ignore); });
  CHECK(error.kind() == ErrorKind::Data);
  return error;
}

}  // namespace

TEST_CASE("Without labels the usual dimension counts classes", "[quality]") {
  CHECK(by_rule({8, 10}) == 1);
  CHECK(by_rule({8, 21, 4, 5}) == 1);
  CHECK(by_rule({8, 16, 512}) == 2);
  CHECK(by_rule({8}) == std::nullopt);
  CHECK(by_rule({8, 1}) == std::nullopt);
  CHECK(by_rule({2, 3, 4, 5, 6}) == std::nullopt);
  CHECK(by_rule({}) == std::nullopt);
}

TEST_CASE("Labels tell which dimension counts classes, if only one fits", "[quality]") {
  CHECK(by_labels({8, 512, 16}, {8, 16}) == 1);
  CHECK(by_labels({2, 3, 4, 5, 6}, {2, 3, 4, 6}) == 3);
  CHECK(by_labels({8, 16, 16}, {8, 16}) == 2);
  CHECK(by_labels({10, 10}, {10}) == 1);
  CHECK(by_labels({8, 10}, {7}) == 1);
}

TEST_CASE("How many samples a batch has does not change the dimension of classes", "[quality]") {
  for (int64_t samples = 1; samples < 20; ++samples)
    CHECK(by_labels({samples, 10, 12}, {samples, 12}) == 1);
}

TEST_CASE("A given class_dim is taken, or refused with the output's shape", "[quality]") {
  CHECK(choose_class_dim(output({4, 5, 6}), nullptr, 1) == 1);
  CHECK(choose_class_dim(output({4, 5, 6}), nullptr, -1) == 2);
  CHECK(choose_class_dim(output({4, 5, 6}), nullptr, 0) == 0);
  const auto error = error_of([] { choose_class_dim(output({4, 5}), nullptr, 2); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "output 'logits' [4, 5]"));
}

TEST_CASE("Scores are found at their positions, wherever the classes are", "[quality]") {
  const auto x = at::arange(2 * 3 * 4, at::kFloat).view({2, 3, 4});
  for (const int64_t dim : {0, 1, 2}) {
    const auto scores = scores_of(x, dim);
    const auto rows = x.movedim(dim, -1).reshape({-1, x.size(dim)});
    REQUIRE(scores.positions == rows.size(0));
    REQUIRE(scores.classes == rows.size(1));
    CHECK(scores.samples == (dim == 0 ? 3 : 2));
    for (int64_t p = 0; p < scores.positions; ++p)
      for (int64_t c = 0; c < scores.classes; ++c) {
        const int64_t at =
            (p / scores.stride * scores.classes + c) * scores.stride + p % scores.stride;
        CHECK(x.data_ptr<float>()[at] == rows[p][c].item<float>());
      }
  }
  CHECK(scores_of(at::zeros({7}), 0).samples == 1);
  CHECK(scores_of(at::zeros({0, 7}), 1).positions == 0);
}

TEST_CASE("Labels become rows of int64", "[quality]") {
  const auto labels = at::tensor({0, 2, -1, 1}, at::kInt).view({2, 2});
  const auto rows = label_rows(labels, output({2, 3, 2}), 1, -1);
  CHECK(rows.equal(at::tensor({0, 2, -1, 1}, at::kLong)));
}

TEST_CASE("Labels that do not fit are refused with both sides", "[quality]") {
  const auto shape = refused(at::zeros({7}, at::kLong), {8, 10}, 1);
  CHECK(contains(shape.what(), "[7]"));
  CHECK(contains(shape.what(), "output 'logits' [8, 10]"));
  CHECK(contains(shape.what(), "wants [8]"));
  CHECK(contains(refused(at::zeros({8}), {8, 10}, 1).what(), "Float"));
  CHECK(contains(refused(at::zeros({8}, at::kBool), {8, 10}, 1).what(), "Bool"));
  const auto range = refused(at::tensor({3, 10}, at::kLong), {2, 10}, 1);
  CHECK(contains(range.what(), "label 10"));
  CHECK(contains(range.what(), "10 classes"));
  CHECK(contains(refused(at::tensor({3, -1}, at::kLong), {2, 10}, 1).what(), "label -1"));
  refused(at::tensor({3, -2}, at::kLong), {2, 10}, 1, -1);
}
