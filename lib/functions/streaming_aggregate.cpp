#include "functions/streaming_aggregate.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "functions/tensors.h"
#include "statistics/kept_rows.h"

namespace actsparse {
namespace {

using nlohmann::json;

std::vector<bool> reduced_in(const ReducedDims& dims, const at::Tensor& input) {
  std::vector<bool> reduced(static_cast<size_t>(input.dim()), dims.all_but);
  if (input.dim() == 0) return reduced;
  for (const int64_t dim : dims.dims)
    reduced[static_cast<size_t>(wrapped_dim(dim, input))] = !dims.all_but;
  return reduced;
}

int64_t product(const std::vector<int64_t>& sizes) {
  int64_t cells = 1;
  for (const int64_t size : sizes) cells *= size;
  return cells;
}

void check_dtype(const at::Tensor& input) {
  if (input.is_complex())
    throw Error(ErrorKind::Data,
                "the input is complex; a streaming statistic takes real numbers only");
}

class StreamingAggregate final : public Aggregate {
 public:
  explicit StreamingAggregate(std::shared_ptr<const StreamingStatistic> how)
      : how_(std::move(how)) {}

  void update(const at::Tensor& input) override {
    const c10::NoGradGuard no_graph;
    check_dtype(input);
    const auto reduced = guarded(how_->name, [&] { return reduced_in(how_->dims, input); });
    const auto shape = kept_shape(input.sizes(), reduced);
    if (!statistic_) start(shape);
    if (shape != shape_) throw unequal_cells(input.sizes());
    feed(*statistic_, input.cpu(), reduced);
    const int64_t cells = statistic_cells();
    elements_ += cells == 0 ? 0 : input.numel() / cells;
    ++calls_;
  }

  int64_t calls() const override { return calls_; }

  at::Tensor value() const override {
    if (calls_ == 0) throw Error(ErrorKind::Internal, "value() of an aggregate before any input");
    return statistic_->value(static_cast<double>(elements_)).view(shape_).to(at::kFloat);
  }

  at::Tensor data() const override {
    if (calls_ == 0) return {};
    const at::Tensor rows = statistic_->rows();
    std::vector<int64_t> sizes = shape_;
    sizes.insert(sizes.begin(), rows.size(0) + 1);
    const auto count = static_cast<double>(elements_);
    return at::cat({at::full({1, rows.size(1)}, count, at::kDouble), rows}).view(sizes);
  }

  void restore(at::Tensor data, int64_t calls) override {
    if (calls < 0 || (calls > 0) != data.defined())
      throw Error(ErrorKind::State, fmt::format("aggregate data do not fit {} calls", calls));
    statistic_.reset();
    elements_ = 0;
    calls_ = 0;
    if (calls > 0) merge(data, calls);
  }

  void merge(const at::Tensor& data, int64_t calls) override {
    if (data.dim() == 0 || data.size(0) < 2)
      throw Error(ErrorKind::State, "the data is not that of a streaming statistic");
    const auto shape = data.sizes().slice(1).vec();
    if (!statistic_) start(shape);
    if (shape != shape_) throw unequal_cells(shape);
    add(data.cpu().contiguous().view({data.size(0), statistic_cells()}));
    calls_ += calls;
  }

 private:
  void start(const std::vector<int64_t>& shape) {
    shape_ = shape;
    statistic_ = how_->make(product(shape));
  }

  int64_t statistic_cells() const { return product(shape_); }

  void add(const at::Tensor& rows) {
    check_rows(rows, statistic_cells(), true);
    check_counts(rows, 0);
    if (rows.numel() > 0) elements_ += static_cast<int64_t>(*row_of(rows, 0));
    statistic_->add(rows.narrow(0, 1, rows.size(0) - 1));
  }

  Error unequal_cells(at::IntArrayRef input) const {
    return Error(ErrorKind::Data,
                 fmt::format("input of shape {} does not fit the statistic of shape {} that "
                             "earlier calls gave: dimensions that are not reduced must keep their "
                             "sizes; reduce more with \"dim\" or \"except_dim\"",
                             shape_text(input), shape_text(shape_)));
  }

  std::shared_ptr<const StreamingStatistic> how_;
  std::unique_ptr<Statistic> statistic_;  // null before the first call
  std::vector<int64_t> shape_;
  int64_t elements_ = 0;  // per cell
  int64_t calls_ = 0;
};

}  // namespace

std::vector<ParameterRule> dim_rules() {
  return {optional("dim", "list of int", nullptr, json::array({0, 2, 3})),
          optional("except_dim", "list of int", nullptr, json::array({1}))};
}

bool has_dims(const json& values) {
  return !values.at("dim").is_null() || !values.at("except_dim").is_null();
}

ReducedDims read_dims(const json& values) {
  const bool has_dim = !values.at("dim").is_null(), has_except = !values.at("except_dim").is_null();
  if (has_dim == has_except)
    throw Error(ErrorKind::Config,
                has_dim ? "found both 'dim' and 'except_dim', allowed is one of them"
                        : "found neither 'dim' nor 'except_dim', needed is one of them, e.g. "
                          "\"except_dim\": [1] for one number per channel");
  ReducedDims dims{values.at(has_dim ? "dim" : "except_dim").get<std::vector<int64_t>>(),
                   has_except};
  auto sorted = dims.dims;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    throw Error(ErrorKind::Config, "found a dimension that is listed twice");
  return dims;
}

bool reduces_samples(const ReducedDims& dims) {
  const bool names_first = std::find(dims.dims.begin(), dims.dims.end(), 0) != dims.dims.end();
  if (dims.all_but) return !names_first;
  const bool counts_from_last =
      std::any_of(dims.dims.begin(), dims.dims.end(), [](int64_t dim) { return dim < 0; });
  return names_first || counts_from_last;
}

std::unique_ptr<Aggregate> streaming_aggregate(std::shared_ptr<const StreamingStatistic> how) {
  return std::make_unique<StreamingAggregate>(std::move(how));
}

}  // namespace actsparse
