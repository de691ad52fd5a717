#include "functions/elementwise_aggregate.h"

#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <spdlog/fmt/fmt.h>

#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "functions/tensors.h"

namespace actsparse {
namespace {

Error unequal_shapes(at::IntArrayRef now, at::IntArrayRef before) {
  return Error(ErrorKind::Data,
               fmt::format("input of shape {} after {}: an elementwise aggregate needs equal "
                           "shapes; set data.drop_last to true or choose a data.batch_size that "
                           "divides the number of samples",
                           shape_text(now), shape_text(before)));
}

Error unequal_dtypes(const std::string& now, const std::string& before) {
  return Error(ErrorKind::Data,
               fmt::format("input of dtype {} after {}: an elementwise aggregate needs equal "
                           "dtypes; convert the data to one dtype",
                           now, before));
}

class ElementwiseAggregate final : public Aggregate {
 public:
  explicit ElementwiseAggregate(std::shared_ptr<const Combination> how) : how_(std::move(how)) {}

  void update(const at::Tensor& input) override {
    const c10::NoGradGuard no_graph;
    check_input(input);
    guarded(how_->name, [&] { combine(input); });
    shape_ = input.sizes().vec();
    dtype_ = input.scalar_type();
    ++calls_;
  }

  int64_t calls() const override { return calls_; }

  at::Tensor value() const override {
    if (calls_ == 0) throw Error(ErrorKind::Internal, "value() of an aggregate before any input");
    const c10::NoGradGuard no_graph;
    return how_->finish(acc_, calls_);
  }

  at::Tensor data() const override { return acc_; }

  void restore(at::Tensor data, int64_t calls) override {
    if (calls < 0 || (calls > 0) != data.defined())
      throw Error(ErrorKind::State, fmt::format("aggregate data do not fit {} calls", calls));
    // A copy: data may lie in a file that is mapped read-only.
    acc_ = calls > 0 ? data.detach().clone() : at::Tensor();
    calls_ = calls;
    dtype_.reset();
    shape_.reset();
    if (calls > 0 && how_->keeps_shape) shape_ = acc_.sizes().vec();
  }

  void merge(const at::Tensor& data, int64_t calls) override {
    if (calls_ == 0) return restore(data, calls);
    if (!how_->merge)
      throw Error(ErrorKind::Function,
                  fmt::format("aggregate_fn '{0}' cannot be merged: give it a \"merge_fn\" (a "
                              "function of two accumulators), or \"associative\": true if '{0}' "
                              "itself combines two accumulators",
                              how_->name));
    if (data.sizes() != acc_.sizes()) throw unequal_shapes(data.sizes(), acc_.sizes());
    if (data.scalar_type() != acc_.scalar_type())
      throw unequal_dtypes(dtype_name(data.scalar_type()), dtype_name(acc_.scalar_type()));
    const c10::NoGradGuard no_graph;
    guarded(how_->name, [&] { acc_ = how_->merge(acc_.clone(), data); });
    calls_ += calls;
  }

 private:
  void check_input(const at::Tensor& input) const {
    if (shape_ && input.sizes() != at::IntArrayRef(*shape_))
      throw unequal_shapes(input.sizes(), *shape_);
    if (dtype_ && input.scalar_type() != *dtype_)
      throw unequal_dtypes(dtype_name(input.scalar_type()), dtype_name(*dtype_));
  }

  void combine(const at::Tensor& input) {
    const at::Tensor term = how_->term(input);
    if (calls_ == 0 && how_->from_first) {
      acc_ = own(term, input);
      return;
    }
    if (calls_ > 0) check_restored(term);
    const at::Tensor acc = calls_ == 0 ? at::zeros_like(term) : writable();
    const at::Tensor result = how_->combine(acc, term);
    if (calls_ > 0 && result.sizes() != acc_.sizes())
      throw Error(ErrorKind::Function,
                  fmt::format("it returned shape {} after {}; its result must keep its shape",
                              shape_text(result.sizes()), shape_text(acc_.sizes())));
    acc_ = own(result, input);
  }

  // After restore() the dtype of the earlier inputs is known by that of the accumulator only.
  void check_restored(const at::Tensor& term) const {
    if (!dtype_ && how_->keeps_shape && term.scalar_type() != acc_.scalar_type())
      throw unequal_dtypes(dtype_name(term.scalar_type()), dtype_name(acc_.scalar_type()));
  }

  // Dense memory apart from the input's.
  static at::Tensor own(const at::Tensor& tensor, const at::Tensor& input) {
    const bool shared = tensor.is_alias_of(input) || !tensor.is_non_overlapping_and_dense();
    return shared ? tensor.clone() : tensor;
  }

  // Copy on write: whoever holds value() or data() never sees it change.
  at::Tensor writable() const {
    const bool held = acc_.use_count() > 1 || acc_.storage().use_count() > 1;
    return held ? acc_.clone() : acc_;
  }

  std::shared_ptr<const Combination> how_;
  at::Tensor acc_;
  int64_t calls_ = 0;
  std::optional<std::vector<int64_t>> shape_;  // of the inputs so far
  std::optional<at::ScalarType> dtype_;
};

}  // namespace

std::unique_ptr<Aggregate> elementwise_aggregate(std::shared_ptr<const Combination> how) {
  return std::make_unique<ElementwiseAggregate>(std::move(how));
}

}  // namespace actsparse
