#include "compact/rules/products.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/unique_dim.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "compact/grids.h"

namespace actsparse::rules {
namespace {

using AxisLabels = std::vector<int64_t>;

bool holds(const AxisLabels& labels, int64_t label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

int64_t axis_of(const AxisLabels& labels, int64_t label) {
  return std::find(labels.begin(), labels.end(), label) - labels.begin();
}

// The tensor with its axes in the order of `all`, of size 1 where it lacks a label.
at::Tensor in_order(const at::Tensor& tensor, const AxisLabels& labels, const AxisLabels& all) {
  std::vector<int64_t> present;
  for (const int64_t label : all)
    if (holds(labels, label)) present.push_back(axis_of(labels, label));
  at::Tensor ordered = tensor.permute(present);
  for (size_t i = 0; i < all.size(); ++i)
    if (!holds(labels, all[i])) ordered = ordered.unsqueeze(static_cast<int64_t>(i));
  return ordered;
}

// Where a factor is 0 whatever the input: one element for each of its ids.
at::Tensor zeros_of(const Channels& channels) {
  const auto ids = unexpanded(channels.ids);
  at::Tensor zeros = channels.known.eq(0);
  for (int64_t axis = 0; axis < ids.dim(); ++axis)
    if (ids.size(axis) < zeros.size(axis))
      zeros = zeros.stride(axis) == 0 ? zeros.narrow(axis, 0, 1) : zeros.all(axis, true);
  return zeros;
}

std::set<int64_t> changing_labels(const Labelled& factor) {
  std::set<int64_t> labels;
  for (const int64_t axis : changing_axes(factor.channels.ids)) labels.insert(factor.labels[axis]);
  return labels;
}

// What each element of the result is made of: [the result's axes, all that is summed over].
struct Terms {
  at::Tensor a, b;  // ids; 0 where the term is 0
  at::Tensor is_zero;
};

Terms terms_of(const Labelled& a, const Labelled& b, const AxisLabels& all, int64_t axes) {
  const auto ids = at::broadcast_tensors({in_order(unexpanded(a.channels.ids), a.labels, all),
                                          in_order(unexpanded(b.channels.ids), b.labels, all)});
  const auto is_zero = in_order(zeros_of(a.channels), a.labels, all)
                           .logical_or(in_order(zeros_of(b.channels), b.labels, all))
                           .expand_as(ids[0]);
  const auto flat = [axes](const at::Tensor& tensor) { return tensor.unsqueeze(-1).flatten(axes); };
  return {flat(ids[0].masked_fill(is_zero, Ids::needed)),
          flat(ids[1].masked_fill(is_zero, Ids::needed)), flat(is_zero)};
}

// What is not mixed with others is the same channel at another place.
void need_factor(Visit& visit, int64_t made, const at::Tensor& ids) {
  auto then = distinct(ids);
  if (then.size() > 1)
    visit.need({made}, std::move(then));
  else
    visit.follow({made}, std::move(then));
}

// New ids, one for each combination of terms.
at::Tensor ids_of(Visit& visit, const Terms& terms) {
  const auto a = terms.a.flatten(0, -2), b = terms.b.flatten(0, -2);
  const auto [rows, place, counts] = at::unique_dim(at::cat({a, b}, 1), 0, /*sorted=*/true,
                                                    /*return_inverse=*/true);
  const auto made = visit.findings.ids.fresh(rows.size(0));
  for (int64_t i = 0; i < rows.size(0); ++i) {
    need_factor(visit, made[i].item<int64_t>(), rows[i].narrow(0, 0, a.size(1)));
    need_factor(visit, made[i].item<int64_t>(), rows[i].narrow(0, a.size(1), b.size(1)));
  }
  return made.index_select(0, place.flatten()).view(terms.a.sizes().slice(0, terms.a.dim() - 1));
}

bool is_broadcast(const Labelled& value, int64_t label) {
  return !holds(value.labels, label) || value.channels.ids.size(axis_of(value.labels, label)) == 1;
}

void share_axis(Visit& visit, const std::vector<Labelled>& values, int64_t label) {
  std::vector<at::Tensor> rows;
  bool changes = false;
  for (const auto& value : values) {
    if (is_broadcast(value, label)) continue;
    rows.push_back(slices_along(value.channels.ids, axis_of(value.labels, label)));
    changes = changes || changing_labels(value).count(label) != 0;
  }
  const bool is_batch = rows.size() == values.size();
  if (changes && rows.size() > 1) visit.share_axis(std::move(rows), is_batch);
}

// Where both factors' channels lie along the same axes those that are multiplied are one.
bool tie_summed(Visit& visit, const Labelled& a, const Labelled& b, const AxisLabels& all) {
  if (changing_labels(a) != changing_labels(b)) return false;
  for (const int64_t label : changing_labels(a))
    if (is_broadcast(a, label) || is_broadcast(b, label)) return false;
  const auto pair = at::broadcast_tensors({in_order(unexpanded(a.channels.ids), a.labels, all),
                                           in_order(unexpanded(b.channels.ids), b.labels, all)});
  visit.findings.ids.tie(pair[0], pair[1]);
  return true;
}

AxisLabels all_labels(const Labelled& a, const Labelled& b, const AxisLabels& result) {
  AxisLabels all = result;
  for (const auto* labels : {&a.labels, &b.labels})
    for (const int64_t label : *labels)
      if (!holds(all, label)) all.push_back(label);
  return all;
}

// Letters are labels; the axes of "..." count from the last one, as numbers below 0.
AxisLabels labels_of(const std::string& operand, int64_t rank) {
  AxisLabels labels;
  const auto letters = static_cast<int64_t>(
      std::count_if(operand.begin(), operand.end(), [](char c) { return c != '.' && c != ' '; }));
  for (size_t i = 0; i < operand.size(); ++i) {
    if (operand[i] == ' ') continue;
    if (operand[i] != '.') {
      labels.push_back(operand[i]);
      continue;
    }
    for (int64_t axis = rank - letters; axis > 0; --axis) labels.push_back(-axis);
    i += 2;
  }
  Arguments::require(static_cast<int64_t>(labels.size()) == rank &&
                         std::set<int64_t>(labels.begin(), labels.end()).size() == labels.size(),
                     "no rule");
  return labels;
}

// Without "->" the result has the axes of "...", then the letters that stand once, in their order.
AxisLabels implied_result(const AxisLabels& a, const AxisLabels& b) {
  std::map<int64_t, int> counts;
  for (const auto* labels : {&a, &b})
    for (const int64_t label : *labels) ++counts[label];
  AxisLabels result;
  for (const auto& [label, count] : counts)
    if (label < 0 || count == 1) result.push_back(label);
  return result;
}

}  // namespace

ProductLabels matmul_labels(int64_t rank_of_a, int64_t rank_of_b) {
  constexpr int64_t rows = 'n', columns = 'm', summed = 'k';
  ProductLabels labels;
  for (int64_t axis = rank_of_a - 2; axis > 0; --axis) labels.a.push_back(-axis);
  for (int64_t axis = rank_of_b - 2; axis > 0; --axis) labels.b.push_back(-axis);
  labels.result = rank_of_a > rank_of_b ? labels.a : labels.b;
  labels.a.insert(labels.a.end(), {rows, summed});
  labels.b.insert(labels.b.end(), {summed, columns});
  labels.result.insert(labels.result.end(), {rows, columns});
  return labels;
}

ProductLabels einsum_labels(const std::string& equation, int64_t rank_of_a, int64_t rank_of_b) {
  const size_t arrow = equation.find("->"), comma = equation.find(',');
  Arguments::require(comma != std::string::npos && equation.find(',', comma + 1) == equation.npos,
                     "no rule");
  ProductLabels labels;
  labels.a = labels_of(equation.substr(0, comma), rank_of_a);
  const size_t end = arrow == std::string::npos ? equation.size() : arrow;
  labels.b = labels_of(equation.substr(comma + 1, end - comma - 1), rank_of_b);
  const auto implied = implied_result(labels.a, labels.b);
  if (arrow == std::string::npos) {
    labels.result = implied;
    return labels;
  }
  const auto spread =
      std::count_if(implied.begin(), implied.end(), [](int64_t label) { return label < 0; });
  const std::string result = equation.substr(arrow + 2);
  const auto letters =
      std::count_if(result.begin(), result.end(), [](char c) { return c != '.' && c != ' '; });
  labels.result = labels_of(
      result, letters + (result.find('.') == std::string::npos ? 0 : static_cast<int64_t>(spread)));
  return labels;
}

Channels product(Visit& visit, const Labelled& a, const Labelled& b,
                 const std::vector<int64_t>& result, at::IntArrayRef sizes) {
  constexpr int64_t most_terms = 50'000'000;
  const auto all = all_labels(a, b, result);
  const auto terms = terms_of(a, b, all, static_cast<int64_t>(result.size()));
  visit.require(terms.a.numel() + terms.b.numel() <= most_terms, "it has too many channels");
  const auto is_zero = terms.is_zero.all(-1);
  const auto unknown =
      at::zeros(is_zero.sizes(), at::kDouble)
          .masked_fill_(is_zero.logical_not(), std::numeric_limits<double>::quiet_NaN());
  const Labelled made = {{ids_of(visit, terms).expand(sizes), unknown.expand(sizes)}, result};
  const std::vector<Labelled> values = {a, b, made};
  const bool is_tied = tie_summed(visit, a, b, all);
  for (const int64_t label : all)
    if (!is_tied || holds(result, label)) share_axis(visit, values, label);
  return made.channels;
}

int64_t product_macs(const ProductLabels& labels, at::IntArrayRef a, at::IntArrayRef b) {
  std::map<int64_t, int64_t> sizes;
  if (labels.a.size() != a.size() || labels.b.size() != b.size()) return 0;
  for (size_t i = 0; i < a.size(); ++i) sizes[labels.a[i]] = a[i];
  for (size_t i = 0; i < b.size(); ++i) {
    auto& size = sizes[labels.b[i]];
    size = std::max(size, b[i]);
  }
  int64_t macs = 1;
  for (const auto& [label, size] : sizes) macs *= size;
  return macs;
}

}  // namespace actsparse::rules
