// Operators that read along some axes, and treat all others alike.
#include <algorithm>
#include <limits>
#include <set>

#include "compact/rules/broadcast.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

bool has_argument(const Visit& visit, const char* name) {
  const auto* const schema = visit.node.maybeSchema();
  return schema != nullptr && schema->argumentIndexWithName(name).has_value();
}

// Without `dim` it would be all of them, channels included: refused.
std::vector<int64_t> read_axes(const Visit& visit) {
  visit.require(has_argument(visit, "dim"), "it reads all channels together");
  const auto& dims = visit.value(visit.input("dim"));
  if (dims.isInt()) return {visit.axis(0, dims.toInt())};
  visit.require(dims.isIntList() && !dims.toIntVector().empty(), "it reads all channels together");
  std::vector<int64_t> axes;
  for (const int64_t dim : dims.toIntVector()) axes.push_back(visit.axis(0, dim));
  return axes;
}

// One element along each of the axes, for a result of these sizes, which may lack the axes.
at::Tensor first_along(const at::Tensor& tensor, const std::vector<int64_t>& axes,
                       at::IntArrayRef sizes) {
  at::Tensor left = tensor;
  for (const int64_t axis : axes) left = left.narrow(axis, 0, 1);
  return left.dim() == static_cast<int64_t>(sizes.size()) ? left.expand(sizes)
                                                          : left.reshape(sizes);
}

at::Tensor unknown_where(const at::Tensor& known, const at::Tensor& condition) {
  return known.masked_fill(condition, std::numeric_limits<double>::quiet_NaN());
}

// The values that are the same along the axes.
at::Tensor constant_along(at::Tensor known, const std::vector<int64_t>& axes) {
  for (const int64_t axis : axes) {
    const auto first = known.narrow(axis, 0, 1);
    known = unknown_where(first, known.eq(first).all(axis, true).logical_not());
  }
  return known;
}

// Of the first result: a mean or a largest value of equal ones is that value, a sum of zeros is 0.
at::Tensor known_along(const Visit& visit, const at::Tensor& known,
                       const std::vector<int64_t>& axes) {
  static const std::set<std::string> of_equals = {"mean", "amax", "amin", "max", "min", "median"};
  const std::string name = visit.node.kind().toUnqualString();
  const auto constant = constant_along(known, axes);
  if (of_equals.count(name) != 0) return constant;
  return name == "sum" ? unknown_where(constant, constant.ne(0)) : unknown_like(constant);
}

void along_axes(Visit& visit) {
  Channels input = visit.channels(0);
  const auto axes = read_axes(visit);
  input.ids = visit.tied_where_read(0, axes);
  const auto known = known_along(visit, input.known, axes);
  for (size_t i = 0; i < visit.node.outputs().size(); ++i) {
    const auto sizes = visit.output_sizes(i);
    visit.give({first_along(input.ids, axes, sizes),
                first_along(i == 0 ? known : unknown_like(known), axes, sizes)},
               i);
  }
}

// The larger of two tensors, or the largest along an axis.
void extremes(Visit& visit) {
  if (has_argument(visit, "other")) return binary(visit);
  along_axes(visit);
}

}  // namespace

Rows reduction_rows() {
  return {
      {{"aten::mean",   "aten::sum",       "aten::amax",    "aten::amin",
        "aten::argmax", "aten::argmin",    "aten::aminmax", "aten::topk",
        "aten::sort",   "aten::argsort",   "aten::median",  "aten::kthvalue",
        "aten::mode",   "aten::std",       "aten::var",     "aten::std_mean",
        "aten::norm",   "aten::logsumexp", "aten::prod",    "aten::linalg_vector_norm",
        "aten::all",    "aten::any",       "aten::cumsum",  "aten::var_mean"},
       along_axes,
       free_of_macs},
      {{"aten::max", "aten::min"}, extremes, free_of_macs},
  };
}

}  // namespace actsparse::rules
