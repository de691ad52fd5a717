#include "functions/gram_aggregate.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "base/saturating.h"
#include "functions/tensors.h"
#include "functions/window_json.h"
#include "statistics/products.h"

namespace actsparse {
namespace {

using at::Tensor;
using nlohmann::json;

constexpr int64_t kChunkBytes = int64_t{1} << 25;  // of columns at a time

int64_t product_of(const std::vector<int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

// `columns` [groups, n, rows]; the vector is (1, x).
void add_moments(const Tensor& sums, const Tensor& columns) {
  const int64_t count = columns.size(1);
  sums.select(1, 0).select(1, 0).add_(columns.size(2));
  const Tensor first = sums.select(1, 0).narrow(1, 1, count);
  first.add_(columns.sum(2));
  sums.select(2, 0).narrow(1, 1, count).copy_(first);
  add_products(sums.narrow(1, 1, count).narrow(2, 1, count), columns);
}

// What x is: an input's elements along one dimension, or what a window reads.
struct Vectors {
  int64_t dim = 0;
  std::optional<ReadChannels> read = {};
  bool is_known = true;  // false: patches that nobody has told

  Window window() const { return read ? read->window : Window{}; }

  // With its samples, or all of its vectors, along the first dimension.
  Tensor laid_out(const Tensor& input) const {
    const Window own = window();
    if (!read || own.is_matrix()) {
      const Tensor any = input.dim() == 0 ? input.reshape({1}) : input;
      const int64_t place = read ? any.dim() - 1 : wrapped_dim(dim, any);
      return any.movedim(place, -1).reshape({-1, any.size(place)});
    }
    return channel_dim(input, own) == 0 ? input.unsqueeze(0) : input;
  }

  int64_t sample_bytes(const Tensor& laid_out) const {
    const Window own = window();
    const int64_t spread = product_of(own.kernel) * product_of(own.spread);
    return 8 * spread * (laid_out.numel() / std::max<int64_t>(laid_out.size(0), 1)) /
           product_of(own.stride);
  }
};

bool is_real(const Tensor& input) { return !input.is_complex(); }

class GramAggregate final : public Aggregate {
 public:
  explicit GramAggregate(std::shared_ptr<const Vectors> vectors) : vectors_(std::move(vectors)) {}

  void update(const Tensor& input) override {
    const c10::NoGradGuard no_graph;
    check(input);
    const Tensor all = guarded("gram", [&] { return vectors_->laid_out(input); });
    const Window window = vectors_->window();
    check_channels(input, all.size(window.is_matrix() ? 1 : channel_dim(all, window)));
    const int64_t samples = std::max<int64_t>(1, kChunkBytes / (1 + vectors_->sample_bytes(all)));
    guarded("gram", [&] {
      for (const Tensor& part : all.split(samples)) add(columns(part, window, {}));
    });
    ++calls_;
  }

  int64_t calls() const override { return calls_; }

  Tensor value() const override {
    if (calls_ == 0) throw Error(ErrorKind::Internal, "value() of an aggregate before any input");
    const c10::NoGradGuard no_graph;
    return shown(sums_ / sums_.select(1, 0).narrow(1, 0, 1).unsqueeze(2));
  }

  Tensor data() const override { return calls_ == 0 ? Tensor() : shown(sums_); }

  void restore(Tensor data, int64_t calls) override {
    if (calls < 0 || (calls > 0) != data.defined())
      throw Error(ErrorKind::State, fmt::format("aggregate data do not fit {} calls", calls));
    if (calls > 0) check_kept(data);
    // A copy: data may lie in a file that is mapped read-only.
    sums_ = calls > 0 ? data.detach().clone() : Tensor();
    if (calls > 0 && sums_.dim() == 2) sums_.unsqueeze_(0);
    calls_ = calls;
  }

  void merge(const Tensor& data, int64_t calls) override {
    if (calls_ == 0) return restore(data, calls);
    check_kept(data);
    if (data.sizes() != shown(sums_).sizes())
      throw Error(ErrorKind::Data,
                  fmt::format("a gram of shape {} after one of shape {}: the number of channels "
                              "must not change",
                              shape_text(data.sizes()), shape_text(shown(sums_).sizes())));
    make_writable();
    shown(sums_).add_(data.to(sums_.device()));
    calls_ += calls;
  }

 private:
  void check(const Tensor& input) const {
    if (!is_real(input))
      throw Error(ErrorKind::Data, "the input is complex; a gram takes real numbers only");
    if (!vectors_->is_known)
      throw Error(ErrorKind::Config,
                  "a gram over patches can only be a layer's own aggregate_fn, which knows what "
                  "they are");
  }

  void check_channels(const Tensor& input, int64_t channels) const {
    const auto& read = vectors_->read;
    if (read && read->channels != channels)
      throw Error(ErrorKind::Data,
                  fmt::format("input of shape {} has {} channels, but the layer reads {}",
                              shape_text(input.sizes()), channels, read->channels));
  }

  void add(const Tensor& columns) {
    const int64_t size = 1 + columns.size(1);
    if (!sums_.defined()) start({columns.size(0), size, size}, columns.options());
    if (sums_.size(1) != size)
      throw Error(ErrorKind::Data,
                  fmt::format("input with {} channels after {}: a gram is of one number of them; "
                              "is except_dim the dimension of the channels?",
                              size - 1, sums_.size(1) - 1));
    if (sums_.device() != columns.device()) sums_ = sums_.to(columns.device());
    make_writable();
    add_moments(sums_, columns);
  }

  void start(at::IntArrayRef sizes, const at::TensorOptions& options) {
    const int64_t bytes = 8 * sizes[0] * sizes[1] * sizes[2], left = memory_left().memory;
    if (options.device().is_cpu() && bytes > left)
      throw Error(ErrorKind::Config,
                  fmt::format("a gram of {} numbers takes {} of memory, but only {} can be had: "
                              "keep it over channels (except_dim) in place of patches, or "
                              "calibrate fewer layers at a time",
                              sizes[1] - 1, bytes_text(bytes), bytes_text(left)));
    sums_ = at::zeros(sizes, options);
  }

  static void check_kept(const Tensor& data) {
    const auto sizes = data.sizes();
    const bool fits = data.scalar_type() == at::kDouble && (data.dim() == 2 || data.dim() == 3) &&
                      data.numel() > 0 && sizes.back() > 1 && data.size(-2) == sizes.back();
    const double count = fits ? data.flatten()[0].item<double>() : -1;
    if (!fits || !(count >= 1) || count != std::floor(count))
      throw Error(ErrorKind::State, "the data is not that of a gram");
  }

  static Tensor shown(const Tensor& sums) { return sums.size(0) == 1 ? sums.squeeze(0) : sums; }

  // Copy on write: whoever holds data() never sees it change.
  void make_writable() {
    if (sums_.use_count() > 1 || sums_.storage().use_count() > 1) sums_ = sums_.clone();
  }

  std::shared_ptr<const Vectors> vectors_;
  Tensor sums_;  // [groups, 1 + n, 1 + n]; undefined before the first call
  int64_t calls_ = 0;
};

Vectors vectors_of(const json& values) {
  const json &dims = values.at("except_dim"), &patches = values.at("patches");
  const bool has_patches = patches != false;
  if (dims.is_null() != has_patches)
    throw Error(ErrorKind::Config,
                has_patches
                    ? "found both 'except_dim' and 'patches', allowed is one of them"
                    : "found neither 'except_dim' nor 'patches', needed is one of them, e.g. "
                      "\"except_dim\": [1] for the channels of an NCHW input");
  if (!has_patches) return {dims.at(0).get<int64_t>(), {}, true};
  if (patches.is_boolean()) return {0, {}, false};
  return {0, read_channels_from_json(patches), true};
}

}  // namespace

std::vector<ParameterRule> gram_rules() {
  return {ranged(optional("except_dim", "list of int", nullptr, json::array({1})),
                 "one dimension, that of the channels",
                 [](const json& value) { return value.size() == 1; }),
          ranged(optional("patches", "bool or object", false, true),
                 "true, false, or the geometry that a state holds",
                 [](const json& value) { return value.is_boolean() || is_read_channels(value); })};
}

AggregateFn make_gram(const json& values) {
  const auto vectors = std::make_shared<const Vectors>(vectors_of(values));
  return [vectors] { return std::make_unique<GramAggregate>(vectors); };
}

json patches_of(const FunctionConfig& aggregate) {
  if (aggregate.name != "gram") return nullptr;
  return aggregate.parameters.value("patches", json());
}

bool lacks_patches(const FunctionConfig& aggregate) { return patches_of(aggregate) == true; }

FunctionConfig with_patches(FunctionConfig aggregate, const json& read_channels) {
  aggregate.parameters["patches"] = read_channels;
  return aggregate;
}

int64_t gram_bytes(const FunctionConfig& aggregate) {
  const json patches = patches_of(aggregate);
  if (!is_read_channels(patches)) return 0;
  const auto [channels, window] = read_channels_from_json(patches);
  const int64_t taps = saturating_product(channels / window.groups, product_of(window.kernel));
  const int64_t size = saturating_sum(taps, 1);
  return saturating_product(saturating_product(8, window.groups), saturating_product(size, size));
}

}  // namespace actsparse
