#include "quality/scores.h"

#include <ATen/Functions.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/error.h"
#include "functions/tensors.h"

namespace actsparse {
namespace {

std::vector<int64_t> without(at::IntArrayRef sizes, int64_t dim) {
  auto rest = sizes.vec();
  rest.erase(rest.begin() + dim);
  return rest;
}

std::optional<int64_t> given_dim(const NamedTensor& output, int64_t given) {
  const int64_t dims = output.tensor.dim(), dim = given < 0 ? given + dims : given;
  if (dim >= 0 && dim < dims) return dim;
  throw Error(ErrorKind::Config,
              fmt::format("evaluate.class_dim: found {}, but {} has {} dimensions", given,
                          output_text(output), dims));
}

// The dimensions that labels leave out.
std::vector<int64_t> left_out(at::IntArrayRef sizes, at::IntArrayRef labels) {
  std::vector<int64_t> dims;
  for (int64_t dim = 1; dim < static_cast<int64_t>(sizes.size()); ++dim)
    if (at::IntArrayRef(without(sizes, dim)) == labels) dims.push_back(dim);
  return dims;
}

std::optional<int64_t> usual_dim(int64_t dims) {
  if (dims == 2 || dims == 4) return 1;
  if (dims == 3) return 2;
  return std::nullopt;
}

std::optional<int64_t> dim_by_shape(at::IntArrayRef sizes, const at::IntArrayRef* labels) {
  if (labels != nullptr) {
    const auto dims = left_out(sizes, *labels);
    if (dims.size() == 1) return dims[0];
  }
  return usual_dim(static_cast<int64_t>(sizes.size()));
}

void check_range(const at::Tensor& labels, const NamedTensor& output, int64_t classes,
                 const std::optional<int64_t>& ignore) {
  const auto* data = labels.data_ptr<int64_t>();
  const auto* end = data + labels.numel();
  const auto wrong = std::find_if(
      data, end, [&](int64_t label) { return (label < 0 || label >= classes) && label != ignore; });
  if (wrong != end)
    throw Error(ErrorKind::Data,
                fmt::format("label {} is out of range: {} has {} classes, 0 to {}; if it marks "
                            "what does not count, set evaluate.labels.ignore",
                            *wrong, output_text(output), classes, classes - 1));
}

}  // namespace

std::optional<int64_t> choose_class_dim(const NamedTensor& output, const at::IntArrayRef* labels,
                                        const std::optional<int64_t>& given) {
  const auto sizes = output.tensor.sizes();
  const auto dim = given ? given_dim(output, *given) : dim_by_shape(sizes, labels);
  return dim && sizes[static_cast<size_t>(*dim)] >= 2 ? dim : std::nullopt;
}

Scores scores_of(const at::Tensor& output, int64_t class_dim) {
  Scores scores;
  const auto sizes = output.sizes();
  scores.values = output;
  scores.classes = sizes[static_cast<size_t>(class_dim)];
  scores.positions = output.numel() / scores.classes;
  for (size_t dim = static_cast<size_t>(class_dim) + 1; dim < sizes.size(); ++dim)
    scores.stride *= sizes[dim];
  const auto places = without(sizes, class_dim);
  scores.samples = places.empty() ? 1 : places[0];
  return scores;
}

at::Tensor label_rows(const at::Tensor& labels, const NamedTensor& output, int64_t class_dim,
                      const std::optional<int64_t>& ignore) {
  if (!at::isIntegralType(labels.scalar_type(), /*includeBool=*/false))
    throw Error(ErrorKind::Data, fmt::format("labels are {}, allowed are integers (int64)",
                                             c10::toString(labels.scalar_type())));
  const auto wanted = without(output.tensor.sizes(), class_dim);
  if (labels.sizes() != at::IntArrayRef(wanted))
    throw Error(
        ErrorKind::Data,
        fmt::format("labels have shape {}, but {} with its classes along dimension {} wants "
                    "{}; see evaluate.output and evaluate.class_dim",
                    shape_text(labels.sizes()), output_text(output), class_dim,
                    shape_text(wanted)));
  const auto rows = labels.to(at::kCPU).to(at::kLong).contiguous().view({-1});
  check_range(rows, output, output.tensor.size(class_dim), ignore);
  return rows;
}

}  // namespace actsparse
