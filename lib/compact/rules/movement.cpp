#include "compact/rules/movement.h"

#include <ATen/ops/broadcast_tensors.h>

#include <algorithm>
#include <limits>

#include "compact/rules/contraction.h"
#include "compact/rules/rows.h"
#include "compact/rules/size_reads.h"

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
    visit.require(!recorded->isTensor() && !recorded->isTensorList(), "what it reads is not known");
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

}  // namespace

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

namespace {

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

// The channels that become one plane go together: else the plane's sizes would change.
void pixel_shuffle(Visit& visit) {
  const int64_t axis = visit.axis(0, -3), factor = visit.value(1).toInt();
  const auto channels = visit.along(0, axis);
  const auto ids = channels.ids.view({-1, factor * factor});
  const auto known = channels.known.view({-1, factor * factor});
  visit.findings.ids.tie(ids, ids.narrow(1, 0, 1).expand_as(ids));
  const auto differs = known.eq(known.narrow(1, 0, 1)).all(1).logical_not();
  const auto of_plane =
      known.select(1, 0).masked_fill(differs, std::numeric_limits<double>::quiet_NaN());
  visit.give(spread_over(ids.select(1, 0), of_plane, axis, visit.output_sizes()));
}

// The list of sizes that an operator is given.
struct Sizes {
  size_t place = 0;   // of the list among the arguments
  int64_t first = 0;  // the axis of the result that its first element is about
  std::vector<int64_t> numbers;
};

Sizes sizes_of(const Visit& visit) {
  const auto* const schema = visit.node.maybeSchema();
  const char* const argument = schema->argumentIndexWithName("shape")   ? "shape"
                               : schema->argumentIndexWithName("sizes") ? "sizes"
                                                                        : "size";
  const size_t place = visit.input(argument);
  const bool is_partial = visit.node.kind() == c10::Symbol::aten("unflatten");
  const int64_t first = is_partial ? visit.axis(0, visit.value(visit.input("dim")).toInt()) : 0;
  return {place, first, visit.trace.value(visit.node.inputs().at(place))->toIntVector()};
}

// What stands for an axis whose size depends on the model's input: as many as there are.
constexpr int64_t as_many = -1;

std::vector<int64_t> with_channels_counted(Visit& visit, const Channels& output,
                                           const Sizes& sizes) {
  std::vector<int64_t> by_input;
  for (const int64_t axis : changing_axes(output.ids))
    if (!visit.trace.is_static(visit.node.output(), axis)) by_input.push_back(axis);
  for (const int64_t axis : by_input)
    for (size_t i = 0; i < sizes.numbers.size(); ++i)
      visit.require(sizes.numbers[i] != as_many || static_cast<int64_t>(i) + sizes.first == axis,
                    "its sizes are computed");
  visit.require(by_input.size() < 2, "its sizes are computed");
  return by_input;
}

void give_sized(Visit& visit, const Channels& output) {
  const Sizes sizes = sizes_of(visit);
  visit.require(
      changing_axes(output.ids).empty() || has_elements(*visit.node.inputs().at(sizes.place)),
      "its sizes are computed");
  const auto by_input = with_channels_counted(visit, output, sizes);
  std::vector<bool> followed;  // until what reads the size elsewhere gets a number
  for (size_t i = 0; i < sizes.numbers.size(); ++i)
    followed.push_back(follows_size(visit, *visit.node.inputs().at(sizes.place), i, output,
                                    static_cast<int64_t>(i) + sizes.first));
  visit.give(output);
  visit.edit([output, sizes, by_input, followed](Rewrite& rewrite, const Arguments& arguments) {
    for (size_t i = 0; i < sizes.numbers.size(); ++i) {
      const int64_t axis = static_cast<int64_t>(i) + sizes.first;
      const auto index = rewrite.kept(output, axis);
      if (!index.defined() || sizes.numbers[i] == as_many) continue;
      if (followed[i] && size_read(*arguments.node.input(sizes.place)->node()->input(i))) continue;
      const bool is_by_input = std::find(by_input.begin(), by_input.end(), axis) != by_input.end();
      rewrite.set_element(arguments.node, sizes.place, i, is_by_input ? as_many : index.numel());
    }
  });
}

void resize(Visit& visit) { give_sized(visit, canonical(moved(visit).at(0))); }

// Of one channel that is repeated as often as there are heads, say, each copy is a channel of its
// own: those that nothing reads need not be made.
void expand(Visit& visit) {
  constexpr int64_t most = 100'000;
  Channels output = canonical(moved(visit).at(0));
  const auto sizes = visit.output_sizes();
  const auto& input = visit.channels(0).ids;
  std::vector<int64_t> copies(sizes.size(), 1);
  for (int64_t axis = 0; axis < output.dim(); ++axis) {
    const int64_t place = axis - output.dim() + input.dim();
    if ((place < 0 || input.size(place) == 1) && visit.trace.is_static(visit.node.output(), axis))
      copies[axis] = sizes[axis];
  }
  const int64_t count = product(copies);
  if (changing_axes(input).empty() && input.numel() > 0 && count > 1 && count <= most) {
    const auto source = distinct(unexpanded(input));
    const auto made = visit.findings.ids.fresh(count);
    visit.follow(distinct(made), source);
    output.ids = made.view(copies).expand(sizes);
  }
  give_sized(visit, output);
}

at::Tensor of_axis(const at::Tensor& ids, int64_t axis, at::IntArrayRef sizes) {
  std::vector<int64_t> shape(sizes.size(), 1);
  shape.at(axis) = ids.numel();
  return ids.view(shape).expand(sizes);
}

// As expand(): copies of one channel, one after the other for each sample.
void copy_channel(Visit& visit, Channels output, int64_t axis, int64_t times) {
  const auto made = visit.findings.ids.fresh(times);
  visit.follow(distinct(made), distinct(unexpanded(output.ids)));
  output.ids = of_axis(made.repeat({output.ids.size(axis) / times}), axis, output.ids.sizes());
  visit.give(output);
  visit.edit([output, axis, times](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(output, axis);
    if (index.defined())
      rewrite.set(arguments.node, arguments.input("repeats"),
                  index.lt(times).sum().item<int64_t>());
  });
}

void repeat_interleave(Visit& visit) {
  visit.require(!visit.is_tensor(1) && visit.value(1).isInt() && visit.value(2).isInt(), "no rule");
  const int64_t axis = visit.axis(0, visit.value(2).toInt()), times = visit.value(1).toInt();
  const Channels output = canonical(moved(visit).at(0));
  const bool is_one = changing_axes(output.ids).empty() && output.ids.numel() > 0;
  if (is_one && times > 1) return copy_channel(visit, output, axis, times);
  visit.give(output);
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

// The second tensor only gives the sizes, which must shrink as the result's do.
void like_another(Visit& visit) {
  const Channels output = canonical(moved(visit).at(0));
  const auto& like = visit.channels(1).ids;
  const auto pair = at::broadcast_tensors({unexpanded(output.ids), unexpanded(like)});
  visit.findings.ids.tie(pair[0], pair[1]);
  visit.give(output);
}

}  // namespace

Rows movement_rows() {
  Rows rows = {
      {{"aten::permute",   "aten::transpose", "aten::swapaxes",        "aten::swapdims",
        "aten::t",         "aten::movedim",   "aten::moveaxis",        "aten::flatten",
        "aten::unsqueeze", "aten::squeeze",   "aten::contiguous",      "aten::clone",
        "aten::flip",      "aten::cat",       "aten::concat",          "aten::stack",
        "aten::hstack",    "aten::vstack",    "aten::pixel_unshuffle", "aten::repeat",
        "aten::tile",      "aten::roll"},
       movement,
       free_of_macs},
      {{"aten::pixel_shuffle"}, pixel_shuffle, free_of_macs},
      {{"aten::view", "aten::reshape", "aten::unflatten"}, resize, free_of_macs},
      {{"aten::expand"}, expand, free_of_macs},
      {{"aten::repeat_interleave"}, repeat_interleave, free_of_macs},
      {{"aten::view_as", "aten::reshape_as", "aten::expand_as"}, like_another, free_of_macs},
      {{"aten::chunk", "aten::split", "aten::split_with_sizes", "aten::tensor_split"},
       split,
       free_of_macs},
  };
  for (auto& row : rows) row.moves_axes = true;
  return rows;
}

}  // namespace actsparse::rules
