#include "functions/gram_aggregate.h"

#include <ATen/ATen.h>

#include <limits>

#include "functions/helpers.h"
#include "functions/window_json.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;
using nlohmann::json;

namespace {

const json over_channels = {{"except_dim", {1}}};

std::vector<at::Tensor> image_batches() {  // the last one is smaller, and its planes too
  return {random_tensor({4, 3, 5, 6}, 1), random_tensor({4, 3, 5, 6}, 2),
          random_tensor({1, 3, 3, 9}, 3)};
}

std::unique_ptr<Aggregate> gram_of(const json& parameters, const std::vector<at::Tensor>& inputs) {
  auto aggregate = aggregate_of("gram", parameters);
  for (const auto& input : inputs) aggregate->update(input);
  return aggregate;
}

// Vectors [n, rows] in float64 with a one in front: their second moments.
at::Tensor moments_of(const at::Tensor& vectors) {
  const at::Tensor all = at::cat({at::ones({1, vectors.size(1)}, at::kDouble), vectors});
  return at::mm(all, all.t()) / vectors.size(1);
}

at::Tensor channels_of(const std::vector<at::Tensor>& inputs, int64_t dim) {
  std::vector<at::Tensor> parts;
  for (const auto& input : inputs)
    parts.push_back(input.to(at::kDouble).movedim(dim, 0).reshape({input.size(dim), -1}));
  return at::cat(parts, 1);
}

json patches(int64_t channels, const ConvolutionArguments& arguments) {
  return {{"patches", to_json(ReadChannels{channels, window_of(arguments)})}};
}

// Of a 3x3 convolution of three channels with padding and stride.
const ConvolutionArguments strided = {{3, 3}, {2}, {1}, {1}, {0}, 1, false};

at::Tensor unfolded(const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> parts;
  for (const auto& input : inputs)
    parts.push_back(at::im2col(input.to(at::kDouble), {3, 3}, {1, 1}, {1, 1}, {2, 2})
                        .transpose(0, 1)
                        .reshape({27, -1}));
  return at::cat(parts, 1);
}

bool close(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
         at::allclose(a, b, 1e-12, 1e-14);
}

}  // namespace

TEST_CASE("A gram holds the moments of all vectors", "[functions]") {
  const auto gram = gram_of(over_channels, image_batches());
  CHECK(close(gram->value(), moments_of(channels_of(image_batches(), 1))));
  CHECK(gram->calls() == 3);
  CHECK(gram->data()[0][0].item<double>() == 4 * 30 + 4 * 30 + 27);
  CHECK(bool(gram->data().eq(gram->data().t()).all().item<bool>()));
  const std::vector<at::Tensor> rows = {random_tensor({2, 7, 300}, 4), random_tensor({5, 300}, 5)};
  CHECK(close(gram_of({{"except_dim", {-1}}}, rows)->value(), moments_of(channels_of(rows, -1))));
}

TEST_CASE("A gram over patches is that of what a convolution multiplies", "[functions]") {
  const auto gram = gram_of(patches(3, strided), image_batches());
  CHECK(close(gram->value(), moments_of(unfolded(image_batches()))));
  const at::Tensor sample = image_batches()[0][0];  // without a batch dimension
  CHECK(close(gram_of(patches(3, strided), {sample})->value(),
              moments_of(unfolded({sample.unsqueeze(0)}))));
}

TEST_CASE("A gram over the patches of a grouped convolution is one for each group", "[functions]") {
  ConvolutionArguments arguments = strided;
  arguments.groups = 3;
  const at::Tensor found = gram_of(patches(3, arguments), image_batches())->value();
  REQUIRE(found.sizes() == at::IntArrayRef({3, 10, 10}));
  const at::Tensor all = unfolded(image_batches());
  for (int64_t group = 0; group < 3; ++group)
    CHECK(close(found[group], moments_of(all.narrow(0, 9 * group, 9))));
}

TEST_CASE("A Linear layer's patches are its features", "[functions]") {
  const json matrix = {{"patches", to_json(ReadChannels{7, {}})}};
  const at::Tensor rows = random_tensor({2, 5, 7}, 4);
  CHECK(same_bits(gram_of(matrix, {rows})->value(),
                  gram_of({{"except_dim", {-1}}}, {rows})->value()));
}

TEST_CASE("Chunks of samples do not show in a gram", "[functions]") {
  const at::Tensor wide = random_tensor({40, 8, 64, 64}, 6);  // 94 MB of columns
  const json of = patches(8, {{3, 3}, {1}, {1}, {1}, {0}, 1, false});
  const at::Tensor found = gram_of(of, {wide})->value();
  const at::Tensor all = at::im2col(wide.to(at::kDouble), {3, 3}, {1, 1}, {1, 1}, {1, 1});
  CHECK(close(found, moments_of(all.transpose(0, 1).reshape({72, -1}))));
}

TEST_CASE("A gram goes on from what it kept, bit for bit", "[functions]") {
  for (const json& parameters : {over_channels, patches(3, strided)}) {
    const auto whole = gram_of(parameters, image_batches());
    auto part = gram_of(parameters, {image_batches()[0]});
    for (size_t i = 1; i < 3; ++i) {
      auto next = aggregate_of("gram", parameters);
      next->restore(part->data(), part->calls());
      CHECK(same_bits(next->data(), part->data()));
      next->update(image_batches()[i]);
      part = std::move(next);
    }
    CHECK(same_bits(part->data(), whole->data()));
    CHECK(same_bits(part->value(), whole->value()));
    CHECK(part->calls() == 3);
  }
}

TEST_CASE("Merged grams are that of all inputs, to rounding", "[functions]") {
  for (const json& parameters : {over_channels, patches(3, strided)}) {
    const auto whole = gram_of(parameters, image_batches());
    const auto first = gram_of(parameters, {image_batches()[0]});
    const auto others = gram_of(parameters, {image_batches()[1], image_batches()[2]});
    first->merge(others->data(), others->calls());
    CHECK(close(first->value(), whole->value()));
    CHECK(first->calls() == 3);
  }
}

TEST_CASE("Whoever holds a gram's data does not see it change", "[functions]") {
  const auto gram = gram_of(over_channels, {image_batches()[0]});
  const at::Tensor held = gram->data(), before = held.clone();
  gram->update(image_batches()[1]);
  gram->merge(before, 1);
  CHECK(same_bits(held, before));
}

TEST_CASE("A gram takes numbers of any dtype, and NaN shows", "[functions]") {
  const at::Tensor ints = at::arange(12, at::kInt).view({3, 4});
  const json features = {{"except_dim", {1}}};
  CHECK(close(gram_of(features, {ints})->value(), moments_of(ints.t().to(at::kDouble))));
  const at::Tensor half = random_tensor({3, 4}, 1).to(at::kHalf);
  CHECK(close(gram_of(features, {half})->value(), moments_of(half.t().to(at::kDouble))));
  at::Tensor broken = random_tensor({3, 4}, 1);
  broken[0][2] = std::numeric_limits<float>::quiet_NaN();
  CHECK(gram_of(features, {broken})->value().isnan().any().item<bool>());
  broken[0][2] = std::numeric_limits<float>::infinity();
  CHECK_FALSE(gram_of(features, {broken})->value().isfinite().all().item<bool>());
}

TEST_CASE("Inputs that are no vectors of one length are refused", "[functions]") {
  const auto refused = [](const json& parameters, const at::Tensor& input) {
    const auto gram = gram_of(parameters, {image_batches()[0]});
    const Error error = error_of([&] { gram->update(input); });
    CHECK(error.kind() == ErrorKind::Data);
    CHECK(gram->calls() == 1);
    return std::string(error.what());
  };
  CHECK(contains(refused(over_channels, random_tensor({2, 5, 4, 4}, 1)), "5 channels after 3"));
  CHECK(contains(refused(patches(3, strided), random_tensor({2, 5, 4, 4}, 1)), "reads 3"));
  CHECK(contains(refused(over_channels, at::zeros({2, 3}, at::kComplexFloat)), "complex"));
  CHECK(error_of([] {
          gram_of({{"except_dim", {4}}}, image_batches());
        }).kind() == ErrorKind::Function);
}

TEST_CASE("A gram's parameters are checked before the run", "[functions]") {
  const auto refusal = [](const json& parameters) {
    const Error error = error_of([&] { aggregate_of("gram", parameters); });
    CHECK(error.kind() == ErrorKind::Config);
    return std::string(error.what());
  };
  CHECK(contains(refusal(json::object()), "neither 'except_dim' nor 'patches'"));
  CHECK(contains(refusal({{"except_dim", {1}}, {"patches", true}}), "both 'except_dim'"));
  CHECK(contains(refusal({{"except_dim", {0, 1}}}), "one dimension"));
  CHECK(contains(refusal({{"patches", 3}}), "bool or object"));
  json broken = patches(3, strided);
  broken["patches"]["stride"] = {0, 1};
  CHECK(contains(refusal(broken), "the geometry"));
  const FunctionTable table;
  CHECK(table.takes_any_batch_size(named("gram", over_channels)));
  CHECK(table.takes_any_batch_size(named("gram", {{"patches", true}})));
  CHECK_FALSE(table.takes_any_batch_size(named("gram", {{"except_dim", {0}}})));
}

TEST_CASE("Patches that no layer has told are refused at the first input", "[functions]") {
  const Error error = error_of([] { gram_of({{"patches", true}}, image_batches()); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(lacks_patches(named("gram", {{"patches", true}})));
  CHECK_FALSE(lacks_patches(named("gram", patches(3, strided))));
  CHECK(keep_the_same(named("gram", {{"patches", true}}), named("gram", patches(3, strided))));
  CHECK_FALSE(keep_the_same(named("gram", {{"patches", true}}), named("gram", over_channels)));
}

TEST_CASE("Data that is not a gram's is refused", "[functions]") {
  const auto refuse = [](const at::Tensor& data) {
    const Error error = error_of([&] { aggregate_of("gram", over_channels)->restore(data, 1); });
    CHECK(error.kind() == ErrorKind::State);
  };
  refuse(at::ones({3, 3}));
  refuse(at::ones({3, 4}, at::kDouble));
  refuse(at::ones({1, 1}, at::kDouble));
  refuse(at::zeros({3, 3}, at::kDouble));
  refuse(at::ones({3}, at::kDouble));
}

TEST_CASE("What a gram over patches will keep is known before", "[functions]") {
  CHECK(gram_bytes(named("gram", patches(3, strided))) == 8 * 28 * 28);
  ConvolutionArguments arguments = strided;
  arguments.groups = 3;
  CHECK(gram_bytes(named("gram", patches(3, arguments))) == 8 * 3 * 10 * 10);
  CHECK(gram_bytes(named("gram", over_channels)) == 0);
  CHECK(gram_bytes(named("sum")) == 0);
}
