#include "data/convert_samples.h"

#include <ATen/core/Formatting.h>
#include <ATen/ops/tensor.h>
#include <spdlog/fmt/fmt.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/data_digest.h"
#include "data/dtypes.h"

namespace actsparse {
namespace {

std::string shape_text(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

bool is_half(at::ScalarType dtype) { return dtype == at::kHalf || dtype == at::kBFloat16; }

class ConvertedSamples : public SampleReader {
 public:
  ConvertedSamples(std::unique_ptr<SampleReader> samples, const FileInput& input)
      : samples_(std::move(samples)), how_(input.conversion), name_(display_name(input)) {
    sample_bytes_ = static_cast<int64_t>(read(0, 1).nbytes());
  }
  int64_t size() const override { return samples_->size(); }
  int64_t sample_bytes() const override { return sample_bytes_; }

  at::Tensor read(int64_t first, int64_t count) override {
    const at::Tensor samples = permuted(samples_->read(first, count));
    const at::ScalarType dtype = dtype_for(samples.scalar_type());
    return normalized(samples.to(is_half(dtype) && how_.is_arithmetic() ? at::kFloat : dtype))
        .to(dtype)
        .contiguous();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::Data, name_ + ": " + what);
  }

  at::Tensor permuted(const at::Tensor& samples) const {
    if (how_.permute.empty()) return samples;
    std::vector<int64_t> order;
    for (const auto& dim : how_.permute)
      if (dim) order.push_back(*dim);
    if (static_cast<int64_t>(order.size()) != samples.dim())
      fail(fmt::format("has {} dimensions, \"permute\" names {}", samples.dim(), order.size()));
    at::Tensor result = samples.permute(order);
    for (size_t i = 0; i < how_.permute.size(); ++i)
      if (!how_.permute[i]) result = result.unsqueeze(static_cast<int64_t>(i));
    return result;
  }

  at::ScalarType dtype_for(at::ScalarType found) const {
    at::ScalarType dtype = found;
    if (!how_.dtype.empty())
      dtype = dtype_named(how_.dtype, name_);
    else if (how_.is_arithmetic() && !at::isFloatingType(found))
      dtype = at::kFloat;
    if (at::isComplexType(found) && !at::isComplexType(dtype))
      fail("holds " + name_of_dtype(found) + ", which cannot become " + name_of_dtype(dtype));
    return dtype;
  }

  // In place: what a reader gives is nobody else's.
  at::Tensor normalized(at::Tensor samples) const {
    if (how_.divide_by != 1) samples.div_(how_.divide_by);
    if (!how_.mean.empty()) samples.sub_(along_channels("mean", how_.mean, samples));
    if (!how_.std.empty()) samples.div_(along_channels("std", how_.std, samples));
    return samples;
  }

  // As a tensor that is broadcast over all dimensions but the channels'.
  at::Tensor along_channels(const char* key, const std::vector<double>& numbers,
                            const at::Tensor& samples) const {
    const at::Tensor values = at::tensor(numbers, samples.scalar_type());
    if (numbers.size() == 1) return values.squeeze();
    const int64_t given = how_.channel_dim;
    const int64_t dim = given < 0 ? given + samples.dim() : given;
    const bool exists = dim >= 0 && dim < samples.dim();
    if (!exists || samples.size(dim) != values.numel())
      fail(
          fmt::format("\"{}\" has {} numbers, one per index of dimension {}, but the samples come "
                      "as {}; \"channel_dim\" names the dimension of the channels",
                      key, values.numel(), given, shape_text(samples)));
    std::vector<int64_t> shape(static_cast<size_t>(samples.dim()), 1);
    shape[static_cast<size_t>(dim)] = values.numel();
    return values.view(shape);
  }

  std::unique_ptr<SampleReader> samples_;
  Conversion how_;
  std::string name_;
  int64_t sample_bytes_ = 0;
};

}  // namespace

std::unique_ptr<SampleReader> convert_samples(std::unique_ptr<SampleReader> samples,
                                              const FileInput& input) {
  const Conversion& how = input.conversion;
  if (how.permute.empty() && how.dtype.empty() && !how.is_arithmetic()) return samples;
  return std::make_unique<ConvertedSamples>(std::move(samples), input);
}

}  // namespace actsparse
