#include "compact/visit.h"

#include <algorithm>

#include "compact/grids.h"

namespace actsparse {

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
  Channels tied = channels(input);
  const auto axes = changing_axes(tied.ids);
  if (axes.size() > 1 && changes_along(tied.ids, axis))
    for (const int64_t other : axes)
      if (other != axis) tied.ids = tied_along(findings.ids, tied.ids, other);
  const auto found = along_axis(tied, axis);
  require(found.has_value(), "channels lie along another axis");
  return *found;
}

at::Tensor Visit::tied_parts(size_t input, int64_t axis) const {
  const auto& ids = channels(input).ids;
  return changing_axes(ids).size() > 1 && changes_along(ids, axis)
             ? tied_along(findings.ids, ids, axis)
             : ids;
}

at::Tensor Visit::tied_where_read(size_t input, const std::vector<int64_t>& axes) const {
  at::Tensor tied = channels(input).ids;
  const auto changing = changing_axes(tied);
  const auto is_read = [&](int64_t axis) {
    return std::find(axes.begin(), axes.end(), axis) != axes.end();
  };
  require(changing.empty() || !std::all_of(changing.begin(), changing.end(), is_read),
          "it reads all channels together");
  for (const int64_t axis : changing)
    if (is_read(axis)) tied = tied_along(findings.ids, tied, axis);
  return tied;
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

void Visit::share_axis(std::vector<at::Tensor> rows, bool is_batch) {
  findings.constraints.shared_axes.push_back({std::move(rows), &node, is_batch});
}

void Visit::edit(std::function<void(Rewrite&, const Arguments&)> edit) {
  findings.edits.push_back([edit = std::move(edit), arguments = Arguments(node)](Rewrite& rewrite) {
    edit(rewrite, arguments);
  });
}

void Visit::keep(const at::Tensor& ids, const std::string& reason) {
  need({Ids::needed}, distinct(unexpanded(ids)), reason);
}

// Of another run the axis may hold other samples, but the same channels for each.
bool Visit::repeats(const Channels& channels, size_t output, size_t element, int64_t axis) const {
  const int64_t count = period(channels.ids, axis);
  return count < channels.ids.size(axis) &&
         trace.is_multiple(node.outputs().at(output), axis, count, element);
}

Abstract Visit::checked(Channels channels, size_t output, size_t element) {
  channels = canonical(channels);
  const auto* value = node.outputs().at(output);
  for (const int64_t axis : changing_axes(channels.ids))
    if (!trace.is_static(value, axis, element) && !repeats(channels, output, element, axis))
      keep(channels.ids, "an axis holds channels and depends on the input's size");
  if (!is_grid(channels.ids)) channels.ids = tied_to_one_axis(findings.ids, channels.ids);
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
