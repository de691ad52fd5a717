#include "pipeline/trial_batches.h"

#include <ATen/TensorOperators.h>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

using Shape = std::vector<int64_t>;
using Shapes = std::vector<Shape>;

torch::jit::Module running(const std::string& body) {
  return make_module("Running", "def forward(self, x: Tensor) -> Tensor:\n" + body);
}

Shape shape_of(const Arguments& batch) { return batch.at(0).toTensor().sizes().vec(); }

Shapes sizes_of(const torch::jit::Module& model, const TrialBatch& batch) {
  Shapes found;
  for (const auto& size : find_trials(model, batch).sizes) found.push_back(shape_of(size));
  return found;
}

Shapes inputs_of(const torch::jit::Module& model, const TrialBatch& batch) {
  Shapes found;
  for (const auto& input : find_trials(model, batch).inputs) found.push_back(shape_of(input[0]));
  return found;
}

TrialBatch batch_of(const Shape& shape, const std::vector<Shape>& others = {}) {
  TrialBatch batch{{normal(shape, 1)}, "first batch"};
  for (const auto& other : others) batch.others.push_back({normal(other, 2)});
  return batch;
}

}  // namespace

TEST_CASE("batches of other sizes", "[pipeline]") {
  const Arguments batch = {normal({2, 3, 100, 64}, 1), 5};
  const auto more = with_samples(batch, 5);
  CHECK(more[0].toTensor().sizes() == at::IntArrayRef({5, 3, 100, 64}));
  CHECK(more[0].toTensor()[4].equal(batch[0].toTensor()[0]));
  CHECK(more[1].toInt() == 5);
  CHECK(with_smaller_images(batch)[0].toTensor().sizes() == at::IntArrayRef({2, 3, 64, 32}));
  CHECK(with_smaller_images({normal({2, 3}, 1)}).empty());
  const auto shorter = with_shorter_rows({normal({2, 8, 4}, 1), normal({2, 8}, 1), 5});
  CHECK(shorter[0].toTensor().sizes() == at::IntArrayRef({2, 6, 4}));
  CHECK(shorter[1].toTensor().sizes() == at::IntArrayRef({2, 6}));
  CHECK(with_shorter_rows({normal({4, 2}, 1)}).empty());
}

TEST_CASE("batches of other sizes, of lists with a tensor for each sample", "[pipeline]") {
  const auto image = [](uint64_t seed) { return normal({3, 64, 64}, seed); };
  const c10::List<at::Tensor> images({image(1), image(2), normal({3, 32, 48}, 3)});
  const Arguments batch = {images, normal({3, 5}, 4)};
  const auto more = with_samples(batch, 4);
  REQUIRE(more[0].isTensorList());
  CHECK(more[0].toTensorVector().size() == 4);
  CHECK(more[0].toTensorVector()[3].equal(images.get(0)));
  CHECK(more[1].toTensor().sizes() == at::IntArrayRef({4, 5}));
  CHECK(images.size() == 3);
  const auto smaller = with_smaller_images(batch);
  CHECK(smaller[0].toTensorVector()[0].sizes() == at::IntArrayRef({3, 32, 32}));
  CHECK(smaller[0].toTensorVector()[2].sizes() == at::IntArrayRef({3, 24, 32}));
  CHECK(with_samples({c10::List<int64_t>({4, 5})}, 2).empty());
  CHECK(with_samples({c10::List<at::Tensor>()}, 2).empty());
}

TEST_CASE("a model of a list is tried on other numbers of samples", "[pipeline]") {
  const auto stacking = make_module(
      "Stacking", "def forward(self, xs: List[Tensor]) -> Tensor:\n  return torch.stack(xs)\n");
  const auto list = [](const std::vector<Shape>& shapes) {
    c10::List<at::Tensor> tensors;
    for (const auto& shape : shapes) tensors.push_back(normal(shape, tensors.size() + 1));
    return Arguments{tensors};
  };
  const auto counts = [&](const TrialBatch& batch) {
    std::vector<size_t> found;
    for (const auto& size : find_trials(stacking, batch).sizes)
      found.push_back(size[0].toTensorVector().size());
    return found;
  };
  const Shape image = {3, 8, 8};
  CHECK(counts({list({image, image, image, image}), "first batch"}) ==
        std::vector<size_t>{2, 3, 2});
  TrialBatch single{list({image}), "first batch"};
  single.others = {list({image, image})};
  const auto joined = find_trials(stacking, single).sizes[0][0].toTensorVector();
  REQUIRE(joined.size() == 2);
  CHECK(joined[1].equal(single.others[0][0].toTensorVector()[0]));
}

TEST_CASE("a model is tried on two samples, three, and smaller ones, as far as it takes them",
          "[pipeline]") {
  const auto any = running("  return x * 2\n");
  CHECK(sizes_of(any, batch_of({8, 3, 64, 64})) ==
        Shapes{{2, 3, 64, 64}, {3, 3, 64, 64}, {2, 3, 32, 32}, {2, 2, 64, 64}});
  CHECK(inputs_of(any, batch_of({8, 3, 64, 64})) ==
        Shapes{{8, 3, 64, 64}, {2, 3, 64, 64}, {2, 3, 32, 32}, {2, 2, 64, 64}});
  const auto flat = running("  return x.view([x.size(0), 256])\n");
  CHECK(sizes_of(flat, batch_of({2, 4, 8, 8})) == Shapes{{2, 4, 8, 8}, {3, 4, 8, 8}});
  CHECK(inputs_of(flat, batch_of({2, 4, 8, 8})) == Shapes{{2, 4, 8, 8}, {3, 4, 8, 8}});
}

TEST_CASE(
    "of a model that refuses few samples the batch itself is tried, and what it takes besides",
    "[pipeline]") {
  const auto clips = running("  return x.view([-1, 8, 4])\n");
  CHECK(sizes_of(clips, batch_of({16, 4})) == Shapes{{16, 4}, {32, 4}});
  CHECK(sizes_of(clips, batch_of({16, 4}, {{8, 4}})) == Shapes{{16, 4}, {8, 4}, {32, 4}});
  const auto even = running("  return x.view([-1, 2, 4])\n");
  CHECK(sizes_of(even, batch_of({6, 4})) == Shapes{{2, 4}, {4, 4}});
  const auto fixed = running("  return x.view([4, 8])\n");
  CHECK(sizes_of(fixed, batch_of({4, 8})) == Shapes{{4, 8}});
  CHECK(inputs_of(fixed, batch_of({4, 8}, {{3, 8}})) == Shapes{{4, 8}});
  const auto error = error_of([&] { find_trials(fixed, batch_of({3, 8})); });
  CHECK(error.kind() == ErrorKind::Data);
}

TEST_CASE("the data's other shapes are tried, few samples of them where that is possible",
          "[pipeline]") {
  const auto rows = running("  return x.view([x.size(0), -1, 4]) + 0\n");
  const auto batch = batch_of({5, 12}, {{5, 8}, {5, 12}});
  CHECK(sizes_of(rows, batch) == Shapes{{2, 12}, {2, 8}, {3, 12}});
  const auto fixed = running("  return x.view([5, -1, 4])\n");
  CHECK(sizes_of(fixed, batch) == Shapes{{5, 12}, {5, 8}, {10, 12}});
}

TEST_CASE("one sample is told from others by those of further batches", "[pipeline]") {
  const auto any = running("  return x * 2\n");
  const auto few = find_trials(any, batch_of({1, 4}, {{1, 4}, {1, 4}})).sizes.at(0);
  CHECK_FALSE(few[0].toTensor()[0].equal(few[0].toTensor()[1]));
  const auto single = running("  return x.view([1, 4])\n");
  const auto trials = find_trials(single, batch_of({1, 4}, {{1, 4}}));
  CHECK(trials.inputs.at(0).size() == 2);
}

TEST_CASE("a model is tried in a clone, with the same random numbers", "[pipeline]") {
  const auto counter = counting();
  find_trials(counter, batch_of({4, 2}));
  CHECK(counter.attr("counter").toModule().attr("number").toInt() == 0);
  CHECK(takes_other_counts(counter, {normal({4, 2}, 1)}));
  const auto fixed = running("  return x.view([4, 8])\n");
  CHECK_FALSE(takes_other_counts(fixed, {normal({4, 8}, 1)}));
}

TEST_CASE("of the data the second batch and the last are taken where they show more",
          "[pipeline]") {
  const auto first = [](std::vector<Shape> shapes) {
    std::vector<std::vector<c10::IValue>> batches;
    for (const auto& shape : shapes) batches.push_back({normal(shape, 1)});
    return first_batch(*batches_in_memory(batches), "first batch");
  };
  CHECK(first({{4, 2}, {4, 2}, {4, 2}}).others.empty());
  CHECK(first({{4, 2}, {4, 2}, {9, 2}, {3, 2}}).others.at(0)[0].toTensor().size(0) == 3);
  CHECK(first({{4, 2}, {4, 3}}).others.size() == 1);
  CHECK(first({{1, 2}, {1, 2}, {1, 2}}).others.size() == 2);
  CHECK(first({{1, 2}}).others.empty());
}
