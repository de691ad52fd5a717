#include "statistics/window.h"

#include <ATen/ATen.h>

#include <random>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

class Draw {
 public:
  explicit Draw(uint64_t seed) : generator_(seed) {}
  int64_t from(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(generator_() % static_cast<uint64_t>(high - low + 1));
  }

 private:
  std::mt19937_64 generator_;
};

// A convolution of any kind with its input and weight, float64.
struct Case {
  ConvolutionArguments arguments;
  at::Tensor input, weight;
};

Case draw_case(uint64_t seed) {
  Draw draw(seed);
  Case made;
  auto& [kernel, stride, padding, dilation, output_padding, groups, transposed] = made.arguments;
  transposed = draw.from(0, 1) == 1;
  groups = draw.from(1, 3);
  const int64_t inputs = groups * draw.from(1, 3), outputs = groups * draw.from(1, 3);
  std::vector<int64_t> size = {draw.from(1, 3), inputs};
  if (draw.from(0, 3) == 0) size = {inputs};  // without a batch dimension
  std::vector<int64_t> weight = transposed ? std::vector<int64_t>{inputs, outputs / groups}
                                           : std::vector<int64_t>{outputs, inputs / groups};
  const int64_t dims = draw.from(1, 3);
  for (int64_t i = 0; i < dims; ++i) {
    kernel.push_back(draw.from(1, 3));
    stride.push_back(draw.from(1, 3));
    dilation.push_back(draw.from(1, 2));
    const int64_t reach = dilation[i] * (kernel[i] - 1);
    padding.push_back(draw.from(0, transposed ? reach / 2 : 2));
    output_padding.push_back(transposed ? draw.from(0, std::max(stride[i], dilation[i]) - 1) : 0);
    size.push_back(draw.from(reach + 1, reach + 4));
    weight.push_back(kernel[i]);
  }
  made.input = normal(size, seed).to(at::kDouble);
  made.weight = normal(weight, seed + 1000).to(at::kDouble);
  return made;
}

at::Tensor convolved(const Case& one) {
  const auto& [kernel, stride, padding, dilation, output_padding, groups, transposed] =
      one.arguments;
  const bool is_batched = one.input.dim() == static_cast<int64_t>(kernel.size()) + 2;
  const at::Tensor result =
      at::convolution(is_batched ? one.input : one.input.unsqueeze(0), one.weight, {}, stride,
                      padding, dilation, transposed, output_padding, groups);
  return is_batched ? result : result.squeeze(0);
}

bool close(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && at::allclose(a, b, 1e-12, 1e-12);
}

}  // namespace

TEST_CASE("a convolution is its weight times the columns of its window", "[statistics]") {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Case one = draw_case(seed);
    const Window window = window_of(one.arguments);
    INFO("seed " << seed << ", input " << one.input.sizes() << ", weight " << one.weight.sizes());
    const at::Tensor weight = grouped(one.weight, window);
    const at::Tensor expected = outputs(convolved(one), window);
    const at::Tensor found = weight.flatten(2).bmm(columns(one.input, window, {}));
    CHECK(close(found, expected));
    CHECK(bit_equal(ungrouped(weight, window, one.weight), one.weight));
    CHECK(channel_dim(one.input, window) ==
          one.input.dim() - static_cast<int64_t>(one.arguments.kernel.size()) - 1);
  }
}

TEST_CASE("an empty kernel is a matrix over the last dimension", "[statistics]") {
  const at::Tensor weight = normal({5, 4}, 1).to(at::kDouble);
  for (const auto& sizes : std::vector<std::vector<int64_t>>{{4}, {3, 4}, {2, 3, 4}}) {
    const at::Tensor input = normal(sizes, 2).to(at::kDouble);
    const at::Tensor expected = at::matmul(input, weight.t());
    const at::Tensor found = grouped(weight, {}).flatten(2).bmm(columns(input, {}, {}));
    CHECK(close(found, outputs(expected, {})));
    CHECK(channel_dim(input, {}) == input.dim() - 1);
  }
  CHECK(bit_equal(ungrouped(grouped(weight, {}), {}, weight), weight));
}

TEST_CASE("columns can be those of some channels", "[statistics]") {
  const at::Tensor kept = at::tensor({0, 2}, at::kLong);
  for (const bool transposed : {false, true}) {
    const Window window = window_of({{3, 2}, {2}, {1}, {1}, {0}, 1, transposed});
    const at::Tensor input = normal({2, 3, 5, 6}, 3);
    const at::Tensor all = columns(input, window, {});
    const at::Tensor expected = all.view({1, 3, 6, -1}).index_select(1, kept).view({1, 12, -1});
    CHECK(bit_equal(columns(input, window, kept), expected));
  }
  const at::Tensor rows = normal({4, 3}, 4);
  CHECK(bit_equal(columns(rows, {}, kept), columns(rows, {}, {}).index_select(1, kept)));
}

TEST_CASE("columns are float64 of any dtype and memory layout", "[statistics]") {
  const Window window = window_of({{2, 2}, {1}, {1}, {1}, {0}, 1, false});
  const at::Tensor input = normal({2, 3, 4, 4}, 5).to(at::kHalf);
  const at::Tensor found = columns(input, window, {});
  CHECK(found.scalar_type() == at::kDouble);
  CHECK(found.is_contiguous());
  CHECK(bit_equal(columns(input.to(at::MemoryFormat::ChannelsLast), window, {}), found));
  CHECK(bit_equal(columns(input.to(at::kDouble), window, {}), found));
}

TEST_CASE("a weight comes back in the dtype that it had", "[statistics]") {
  const Window window = window_of({{3}, {2}, {1}, {1}, {1}, 2, true});
  const at::Tensor weight = normal({4, 3, 3}, 6);
  CHECK(bit_equal(ungrouped(grouped(weight, window).to(at::kDouble), window, weight), weight));
}
