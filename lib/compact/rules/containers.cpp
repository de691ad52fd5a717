#include <map>
#include <optional>

#include "compact/rules/rows.h"
#include "compact/rules/size_reads.h"

namespace actsparse::rules {
namespace {

Abstract& abstract(Visit& visit, const torch::jit::Value* value) {
  return visit.findings.values[value];
}

bool changes(const Channels& channels) { return !changing_axes(channels.ids).empty(); }

bool is_dict(Visit& visit, size_t input) {
  return abstract(visit, visit.node.inputs()[input]).kind == Abstract::Kind::Dict;
}

std::string key(const Visit& visit, size_t input) {
  const auto& value = visit.value(input);
  visit.require(value.isString(), "no rule");
  return value.toStringRef();
}

Abstract& element(const Visit& visit, size_t input, size_t place) {
  auto& elements = visit.list(input);
  const auto& value = visit.value(place);
  visit.require(value.isInt(), "no rule");
  int64_t index = value.toInt();
  if (index < 0) index += static_cast<int64_t>(elements.size());
  visit.require(index >= 0 && index < static_cast<int64_t>(elements.size()), "no rule");
  return elements[index];
}

Abstract& entry(const Visit& visit, size_t input, size_t place) {
  auto& entries = visit.dict(input);
  const auto found = entries.find(key(visit, place));
  visit.require(found != entries.end(), "no rule");
  return found->second;
}

// What takes the place of a size that shrinks is a number: where it depends on the model's input
// there is none.
void refuse_sizes_by_input(const Visit& visit, const Channels& input, std::optional<int64_t> one) {
  const auto* const value = visit.node.inputs().at(0);
  for (const int64_t axis : changing_axes(input.ids)) {
    if (visit.trace.is_static(value, axis) || (one && *one != axis)) continue;
    visit.require(!one && !is_size_read(*visit.node.output(), axis, input.dim()),
                  "its size is used");
  }
}

// A model may compute with sizes (x.size(1) ** 0.5). For its results to stay as they were, those
// who read a size that shrinks get the original number instead, unless only views do that are to
// shrink alike.
void size(Visit& visit) {
  const Channels input = visit.channels(0);
  if (!changes(input)) return;
  const bool is_one = visit.node.inputs().size() == 2;
  const int64_t one = is_one ? visit.axis(0, visit.value(1).toInt()) : 0;
  refuse_sizes_by_input(visit, input, is_one ? std::optional(one) : std::nullopt);
  std::vector<bool> by_input;
  for (int64_t axis = 0; axis < input.dim(); ++axis)
    by_input.push_back(!visit.trace.is_static(visit.node.inputs().at(0), axis));
  visit.edit([input, is_one, one, by_input, followed = visit.findings.followed](
                 Rewrite& rewrite, const Arguments& arguments) {
    const auto& sizes = *arguments.node.output();
    if (is_one && rewrite.kept(input, one).defined() && !is_followed(sizes, *followed))
      rewrite.replace_output(arguments.node, input.ids.size(one));
    std::map<size_t, int64_t> original;
    for (int64_t axis = 0; axis < input.dim() && !is_one; ++axis)
      if (rewrite.kept(input, axis).defined() && !by_input[axis] &&
          !is_followed(sizes, axis, input.dim(), *followed))
        original[axis] = input.ids.size(axis);
    if (!original.empty()) rewrite.replace_elements(arguments.node, original);
  });
}

void make_list(Visit& visit) {
  auto elements = std::make_shared<std::vector<Abstract>>();
  bool has_tensors = false;
  for (const auto* input : visit.node.inputs()) {
    elements->push_back(abstract(visit, input));
    has_tensors |= elements->back().kind != Abstract::Kind::Other;
  }
  const bool may_hold_tensors = has_tensors || visit.node.inputs().empty();
  if (may_hold_tensors)
    abstract(visit, visit.node.output()) = {Abstract::Kind::List, {}, false, std::move(elements)};
}

void make_dict(Visit& visit) {
  auto entries = std::make_shared<std::map<std::string, Abstract>>();
  for (size_t i = 0; i < visit.node.inputs().size(); i += 2)
    (*entries)[key(visit, i)] = abstract(visit, visit.node.inputs()[i + 1]);
  abstract(visit, visit.node.output()) = {
      Abstract::Kind::Dict, {}, false, nullptr, std::move(entries)};
}

void unpack_list(Visit& visit) {
  if (abstract(visit, visit.node.input()).kind != Abstract::Kind::List) {
    // A list of numbers, or one that nothing is known of: tensors in it are kept already.
    throw NotUnderstood{"no rule"};
  }
  const auto elements = visit.list(0);
  visit.require(elements.size() == visit.node.outputs().size(), "no rule");
  for (size_t i = 0; i < elements.size(); ++i)
    abstract(visit, visit.node.outputs()[i]) = elements[i];
}

void append(Visit& visit) {
  visit.list(0).push_back(abstract(visit, visit.node.inputs()[1]));
  abstract(visit, visit.node.output()) = Abstract(abstract(visit, visit.node.inputs()[0]));
}

void set_item(Visit& visit) {
  const Abstract value = abstract(visit, visit.node.inputs()[2]);
  if (is_dict(visit, 0))
    visit.dict(0)[key(visit, 1)] = value;
  else
    element(visit, 0, 1) = value;
}

void item(Visit& visit) {
  const Abstract value = is_dict(visit, 0) ? entry(visit, 0, 1) : element(visit, 0, 1);
  abstract(visit, visit.node.output()) = value;
}

void same_value(Visit& visit) {
  abstract(visit, visit.node.output()) = Abstract(abstract(visit, visit.node.inputs()[0]));
}

}  // namespace

void reads_no_values(Visit& visit) {
  if (visit.node.kind() == c10::aten::len && visit.is_tensor(0))
    visit.require(!changes(visit.channels(0)), "its size is used");
}

Rows container_rows() {
  return {
      {{"aten::size"}, size, free_of_macs},
      {{"aten::dim", "prim::dtype", "prim::device", "prim::layout", "aten::is_floating_point",
        "aten::__is__", "aten::__isnot__", "prim::is_cuda", "prim::requires_grad", "aten::len"},
       reads_no_values,
       free_of_macs},
      {{"prim::ListConstruct", "prim::TupleConstruct"}, make_list, free_of_macs},
      {{"prim::ListUnpack", "prim::TupleUnpack"}, unpack_list, free_of_macs},
      {{"prim::DictConstruct", "aten::dict"}, make_dict, free_of_macs},
      {{"aten::append"}, append, free_of_macs},
      {{"aten::_set_item"}, set_item, free_of_macs},
      {{"aten::__getitem__", "prim::TupleIndex"}, item, free_of_macs},
      {{"aten::detach", "prim::unchecked_cast", "aten::alias"}, same_value, free_of_macs},
  };
}

}  // namespace actsparse::rules
