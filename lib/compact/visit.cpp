#include "compact/visit.h"

#include <ATen/ops/unique_dim.h>

#include <algorithm>

namespace actsparse {
namespace {

// How many of the slices along an axis differ.
int64_t distinct_slices(const at::Tensor& ids, int64_t axis) {
  const auto rows = rows_along(ids, axis);
  return std::get<0>(at::unique_dim(rows, 0)).size(0);
}

// Ties ids that change along several axes so that they change along one only, which is returned:
// what is kept of them must be told by indices of one axis. The axis with most to choose stays.
at::Tensor tied_to_one_axis(Ids& ids, const at::Tensor& expanded) {
  at::Tensor rows = unexpanded(expanded);
  const auto axes = changing_axes(expanded);
  if (axes.size() < 2) return expanded;
  const int64_t kept = *std::max_element(axes.begin(), axes.end(), [&](int64_t a, int64_t b) {
    return distinct_slices(rows, a) < distinct_slices(rows, b);
  });
  for (const int64_t axis : axes) {
    if (axis == kept) continue;
    const at::Tensor first = rows.narrow(axis, 0, 1);
    ids.tie(rows, first.expand_as(rows));
    rows = first;
  }
  return rows.expand(expanded.sizes());
}

}  // namespace

bool Visit::is_tensor(size_t input) const {
  const auto found = findings.values.find(node.inputs().at(input));
  return found != findings.values.end() && found->second.kind == Abstract::Kind::Tensor;
}

bool Visit::is_constant(size_t input) const {
  return is_tensor(input) && findings.values.at(node.inputs().at(input)).is_constant;
}

const Channels& Visit::channels(size_t input) const {
  require(is_tensor(input), "no rule");
  return findings.values.at(node.inputs().at(input)).channels;
}

std::vector<Abstract>& Visit::list(size_t input) const {
  const auto found = findings.values.find(node.inputs().at(input));
  require(found != findings.values.end() && found->second.kind == Abstract::Kind::List,
          "what its list holds is not known");
  return *found->second.elements;
}

std::map<std::string, Abstract>& Visit::dict(size_t input) const {
  const auto found = findings.values.find(node.inputs().at(input));
  require(found != findings.values.end() && found->second.kind == Abstract::Kind::Dict,
          "what its dictionary holds is not known");
  return *found->second.entries;
}

const c10::IValue& Visit::value(size_t input) const {
  const auto* value = node.inputs().at(input);
  require(trace.value(value) != nullptr && trace.is_static(value),
          "an argument depends on the input's size");
  return *trace.value(value);
}

int64_t Visit::axis(size_t input, int64_t dim) const {
  const int64_t rank = channels(input).dim();
  require(dim >= -rank && dim < rank, "no rule");
  return dim < 0 ? dim + rank : dim;
}

AxisChannels Visit::along(size_t input, int64_t axis) const {
  const auto found = along_axis(channels(input), axis);
  require(found.has_value(), "channels lie along another axis");
  return *found;
}

std::vector<int64_t> Visit::output_sizes(size_t output) const {
  const auto* value = trace.value(node.outputs().at(output));
  require(value != nullptr && value->isTensor() && value->toTensor().defined(), "no rule");
  return value->toTensor().sizes().vec();
}

void Visit::need(std::vector<int64_t> when, std::vector<int64_t> then, std::string reason) {
  if (when.empty() || then.empty()) return;
  findings.constraints.needs.push_back(
      {std::move(when), std::move(then), &node, std::move(reason), false});
}

void Visit::follow(std::vector<int64_t> when, std::vector<int64_t> then) {
  if (when.empty() || then.empty()) return;
  findings.constraints.needs.push_back({std::move(when), std::move(then), &node, "", true});
}

void Visit::edit(std::function<void(Rewrite&, const Arguments&)> edit) {
  findings.edits.push_back([edit = std::move(edit), arguments = Arguments(node)](Rewrite& rewrite) {
    edit(rewrite, arguments);
  });
}

void Visit::keep(const at::Tensor& ids, const std::string& reason) {
  need({Ids::needed}, distinct(unexpanded(ids)), reason);
}

Abstract Visit::checked(Channels channels, size_t output, size_t element) {
  channels = canonical(channels);
  const auto* value = node.outputs().at(output);
  for (const int64_t axis : changing_axes(channels.ids))
    if (!trace.is_static(value, axis, element))
      keep(channels.ids, "an axis holds channels and depends on the input's size");
  channels.ids = tied_to_one_axis(findings.ids, channels.ids);
  findings.constraints.boxes.push_back({channels.ids, &node});
  return {Abstract::Kind::Tensor, std::move(channels), false, nullptr};
}

void Visit::give(const Channels& channels, size_t output) {
  findings.values[node.outputs().at(output)] = checked(channels, output, 0);
}

void Visit::give_list(const std::vector<Channels>& elements, size_t output) {
  auto list = std::make_shared<std::vector<Abstract>>();
  for (size_t i = 0; i < elements.size(); ++i) list->push_back(checked(elements[i], output, i));
  findings.values[node.outputs().at(output)] = {Abstract::Kind::List, {}, false, std::move(list)};
}

}  // namespace actsparse
