#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/ir/constants.h>

#include <limits>

#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

using c10::IValue;

enum class Side { Ids, Known };

at::Tensor side_of(const Channels& channels, Side side) {
  return side == Side::Ids ? channels.ids : channels.known;
}

IValue argument(const Visit& visit, size_t input, Side side) {
  if (visit.is_tensor(input)) return side_of(visit.channels(input), side).contiguous();
  const auto* value = visit.node.inputs().at(input);
  const auto found = visit.findings.values.find(value);
  if (found == visit.findings.values.end() || found->second.kind != Abstract::Kind::List) {
    const IValue* recorded = visit.trace.value(value);
    visit.require(recorded != nullptr, "no rule");
    return *recorded;
  }
  c10::List<at::Tensor> tensors;
  for (const auto& element : *found->second.elements) {
    visit.require(element.kind == Abstract::Kind::Tensor, "no rule");
    tensors.push_back(side_of(element.channels, side).contiguous());
  }
  return tensors;
}

// The operator itself, run on tensors of ids (or of known values) in place of the activations: it
// moves these as it moves elements.
std::vector<at::Tensor> run_on(const Visit& visit, Side side) {
  torch::jit::Stack stack;
  for (size_t i = 0; i < visit.node.inputs().size(); ++i) stack.push_back(argument(visit, i, side));
  visit.node.getOperation()(stack);
  if (stack.at(0).isTensor()) return {stack.at(0).toTensor()};
  return stack.at(0).toTensorVector();
}

std::vector<Channels> moved(const Visit& visit) {
  const auto ids = run_on(visit, Side::Ids), known = run_on(visit, Side::Known);
  std::vector<Channels> results;
  for (size_t i = 0; i < ids.size(); ++i) results.push_back({ids[i], known[i]});
  return results;
}

bool changes_along(const Channels& channels, int64_t axis) {
  const auto axes = changing_axes(channels.ids);
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

void give_all(Visit& visit, const std::vector<Channels>& results) {
  if (visit.node.output()->type()->kind() == c10::TypeKind::ListType)
    return visit.give_list(results);
  visit.give(results.at(0));
}

void movement(Visit& visit) {
  const auto kind = visit.node.kind();
  const auto* schema = visit.node.maybeSchema();
  if (kind ==
      c10::aten::squeeze)  // might take an axis for one of size 1 when it has shrunk to that
    for (const int64_t axis : changing_axes(visit.channels(0).ids)) {
      visit.require(schema->argumentIndexWithName("dim").has_value() &&
                        visit.value(visit.input("dim")).isInt(),
                    "it looks for axes of size 1");
      visit.require(visit.axis(0, visit.value(visit.input("dim")).toInt()) != axis, "no rule");
    }
  if (kind == c10::Symbol::aten("roll")) {
    const auto& dims = visit.value(visit.input("dims"));
    for (const int64_t dim : dims.toIntVector())
      visit.require(!changes_along(visit.channels(0), visit.axis(0, dim)),
                    "it moves channels by a number of places");
    visit.require(!dims.toIntVector().empty(), "no rule");
  }
  visit.give(moved(visit).at(0));
}

void resize(Visit& visit) {
  const Channels output = canonical(moved(visit).at(0));
  const char* const argument = visit.node.maybeSchema()->argumentIndexWithName("shape")   ? "shape"
                               : visit.node.maybeSchema()->argumentIndexWithName("sizes") ? "sizes"
                                                                                          : "size";
  const size_t place = visit.input(argument);
  const auto* list = visit.node.inputs().at(place);
  const bool is_partial = visit.node.kind() == c10::Symbol::aten("unflatten");
  const int64_t offset = is_partial ? visit.axis(0, visit.value(visit.input("dim")).toInt()) : 0;
  const auto sizes = visit.trace.value(list)->toIntVector();
  visit.require(changing_axes(output.ids).empty() || has_elements(*list), "its sizes are computed");
  visit.give(output);
  visit.edit([output, place, sizes, offset](Rewrite& rewrite, const Arguments& arguments) {
    for (int64_t i = 0; i < static_cast<int64_t>(sizes.size()); ++i) {
      const auto index = rewrite.kept(output, i + offset);
      if (index.defined() && sizes[i] != -1)
        rewrite.set_element(arguments.node, place, i, index.numel());
    }
  });
}

void split(Visit& visit) {
  const Channels input = visit.channels(0);
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  const auto parts = moved(visit);
  visit.give_list(parts);
  visit.edit([input, parts, axis](Rewrite& rewrite, const Arguments& arguments) {
    if (!rewrite.kept(input, axis).defined()) return;
    std::vector<int64_t> counts;
    for (const auto& part : parts) counts.push_back(rewrite.kept_count(canonical(part), axis));
    rewrite.split_with_sizes(arguments.node, counts, axis);
  });
}

void slice(Visit& visit) {
  const auto kind = visit.node.kind();
  const Channels input = visit.channels(0);
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  const bool cuts_channels = changes_along(input, axis);
  const bool is_slice = kind == c10::aten::slice && visit.node.inputs().size() == 5;
  visit.require(!cuts_channels || (is_slice && visit.value(4).toInt() == 1),
                "it picks channels by number");
  give_all(visit, moved(visit));
  if (!cuts_channels) return;
  // The slice's bounds must be counted among the kept channels: first find which channels it takes,
  // by slicing their numbers.
  const auto numbers = at::arange(input.ids.size(axis));
  const auto end_of = [](const IValue& bound, int64_t otherwise) {
    return bound.isNone() ? otherwise : bound.toInt();
  };
  const auto chosen = numbers.slice(0, end_of(visit.value(2), 0),
                                    end_of(visit.value(3), std::numeric_limits<int64_t>::max()));
  visit.require(chosen.numel() > 0, "no rule");
  visit.edit([input, axis, first = chosen[0].item<int64_t>(), last = chosen[-1].item<int64_t>()](
                 Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, axis);
    if (!index.defined()) return;
    rewrite.set(arguments.node, 2, index.lt(first).sum().item<int64_t>());
    rewrite.set(arguments.node, 3, index.le(last).sum().item<int64_t>());
  });
}

void index_select(Visit& visit) {
  const Channels input = visit.channels(0);
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  if (!changes_along(input, axis)) {
    visit.require(visit.is_constant(2), "no rule");
  }
  const auto chosen = visit.constant(2);
  const Channels output = {input.ids.index_select(axis, chosen.cpu()),
                           input.known.index_select(axis, chosen.cpu())};
  visit.give(output);
  visit.edit([input, output, axis, chosen](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, axis);
    if (!index.defined()) return;
    const auto places = at::zeros({input.ids.size(axis)}, at::kLong)
                            .index_copy_(0, index, at::arange(index.numel()));
    const auto left = sliced(chosen.cpu(), 0, rewrite.kept(canonical(output), axis));
    rewrite.set(arguments.node, 2, places.index_select(0, left).to(chosen.device()));
  });
}

// The value that padding puts into the border; 0 for operators that repeat or mirror elements.
double border_of(const Visit& visit) {
  const auto* schema = visit.node.maybeSchema();
  if (!schema->argumentIndexWithName("value")) return 0;
  const auto& value = visit.value(visit.input("value"));
  return value.isNone() ? 0 : value.toScalar().toDouble();
}

void pad(Visit& visit) {
  const auto& input = visit.channels(0);
  const auto* schema = visit.node.maybeSchema();
  const auto* padding =
      visit.node.inputs().at(visit.input(schema->argumentIndexWithName("pad") ? "pad" : "padding"));
  visit.require(visit.trace.value(padding) != nullptr, "no rule");
  const auto numbers = visit.trace.value(padding)->toIntVector();  // two for each axis, last first
  const bool is_static = visit.trace.is_static(padding);
  const auto sizes = visit.output_sizes();
  at::Tensor ids = input.ids, known = input.known;
  for (size_t i = 0; 2 * i < numbers.size(); ++i) {
    const int64_t axis = input.dim() - 1 - static_cast<int64_t>(i);
    if (is_static && numbers[2 * i] == 0 && numbers[2 * i + 1] == 0) continue;
    visit.require(axis >= 0 && !changes_along(input, axis), "it pads channels");
    ids = ids.narrow(axis, 0, 1);
    known = known.narrow(axis, 0, 1);
  }
  // The border may hold another value than the channel. Known is only a channel of zeros with zeros
  // around it.
  const bool zeros = border_of(visit) == 0;
  known = known.masked_fill(zeros ? known.ne(0) : known.eq(known),
                            std::numeric_limits<double>::quiet_NaN());
  visit.give({ids.expand(sizes), known.expand(sizes)});
}

}  // namespace

Rows movement_rows() {
  return {
      {{"aten::permute", "aten::transpose", "aten::t", "aten::movedim", "aten::flatten",
        "aten::unsqueeze", "aten::squeeze", "aten::contiguous", "aten::clone", "aten::flip",
        "aten::cat", "aten::stack", "aten::pixel_shuffle", "aten::pixel_unshuffle", "aten::repeat",
        "aten::roll"},
       movement,
       free_of_macs},
      {{"aten::view", "aten::reshape", "aten::unflatten", "aten::expand"}, resize, free_of_macs},
      {{"aten::chunk", "aten::split", "aten::split_with_sizes", "aten::tensor_split"},
       split,
       free_of_macs},
      {{"aten::slice", "aten::narrow", "aten::select", "aten::unbind"}, slice, free_of_macs},
      {{"aten::index_select"}, index_select, free_of_macs},
      {{"aten::constant_pad_nd", "aten::pad", "aten::reflection_pad1d", "aten::reflection_pad2d",
        "aten::replication_pad1d", "aten::replication_pad2d"},
       pad,
       free_of_macs},
  };
}

}  // namespace actsparse::rules
