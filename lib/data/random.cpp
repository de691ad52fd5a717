#include "data/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>

#include <exception>
#include <functional>
#include <numeric>
#include <string>

#include "base/error.h"
#include "data/dtypes.h"

namespace actsparse {
namespace {

// SplitMix64's last step: near seeds give unlike ones. (LibTorch's generator uses the lower half.)
uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class RandomReader : public SampleReader {
 public:
  explicit RandomReader(const RandomInput& input)
      : input_(input), dtype_(dtype_named(input.dtype, "random input")) {}
  int64_t size() const override { return input_.shape.front(); }
  int64_t sample_bytes() const override {
    const auto& shape = input_.shape;
    return std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>()) *
           static_cast<int64_t>(c10::elementSize(dtype_));
  }

  at::Tensor read(int64_t first, int64_t count) override {
    std::vector<int64_t> shape = input_.shape;
    shape[0] = count;
    const bool half = dtype_ == at::kHalf || dtype_ == at::kBFloat16;
    at::Tensor samples = at::empty(shape, half ? at::kFloat : dtype_);
    for (int64_t i = 0; i < count; ++i) draw(samples.select(0, i), first + i);
    return samples.to(dtype_);
  }

 private:
  void draw(at::Tensor sample, int64_t index) const {
    const uint64_t seed = mixed(mixed(input_.seed) ^ static_cast<uint64_t>(index));
    const at::Generator generator = at::detail::createCPUGenerator(seed);
    if (dtype_ == at::kBool)
      sample.random_(0, 2, generator);
    else if (at::isIntegralType(dtype_, false))
      sample.random_(input_.low, input_.high, generator);
    else
      sample.normal_(0, 1, generator);
  }

  RandomInput input_;
  at::ScalarType dtype_;
};

}  // namespace

std::unique_ptr<SampleReader> open_random(const RandomInput& input) {
  if (input.shape.empty() || input.shape.front() < 1)
    throw Error(ErrorKind::Data, "random input: shape needs a first dimension >= 1: the samples");
  auto reader = std::make_unique<RandomReader>(input);
  try {
    reader->read(0, 1);  // finds a shape or range that LibTorch refuses
  } catch (const std::exception& error) {
    throw Error(ErrorKind::Data, "random input: " + first_line(error.what()))
        .with_details(error.what());
  }
  return reader;
}

}  // namespace actsparse
