#include "compact/rules/size_reads.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <vector>

#include "compact/grids.h"

namespace actsparse::rules {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// The tracer writes a number as a tensor and back.
bool passes_number(const Node& node) {
  return node.kind() == c10::prim::NumToTensor || node.kind() == c10::aten::Int;
}

std::optional<int64_t> constant_index(const Value& value) {
  const auto found = torch::jit::toIValue(&value);
  return found && found->isInt() ? std::optional(found->toInt()) : std::nullopt;
}

std::optional<SizeRead> element_read(const Value& list, int64_t index) {
  const Node& node = *list.node();
  if (node.kind() != c10::aten::size || node.inputs().size() != 1) return std::nullopt;
  return SizeRead{node.input(0), index};
}

std::optional<SizeRead> one_read(const Node& node) {
  const auto index = constant_index(*node.input(1));
  if (!index) return std::nullopt;
  if (node.kind() == c10::aten::size) return SizeRead{node.input(0), *index};
  return element_read(*node.input(0), *index);
}

// The numbers that are taken out of a list of sizes, for one axis; nothing if all of it is read.
std::optional<std::vector<const Value*>> numbers_of(const Value& sizes, int64_t axis,
                                                    int64_t rank) {
  std::vector<const Value*> numbers;
  for (const auto& use : sizes.uses()) {
    const Node& node = *use.user;
    if (node.kind() == c10::prim::ListUnpack) {
      numbers.push_back(node.outputs().at(axis));
      continue;
    }
    if (node.kind() != c10::aten::__getitem__) return std::nullopt;
    const auto index = constant_index(*node.input(1));
    if (!index) return std::nullopt;
    if ((*index + rank) % rank == axis) numbers.push_back(node.output());
  }
  return numbers;
}

}  // namespace

std::optional<SizeRead> size_read(const Value& number) {
  const Node& node = *number.node();
  if (passes_number(node)) return size_read(*node.input(0));
  if (node.kind() == c10::prim::ListUnpack)
    return element_read(*node.input(), static_cast<int64_t>(number.offset()));
  const bool is_one = node.kind() == c10::aten::__getitem__ || node.kind() == c10::aten::size;
  return is_one && node.inputs().size() == 2 ? one_read(node) : std::nullopt;
}

bool follows_size(Visit& visit, const Value& list, size_t element, const Channels& output,
                  int64_t axis) {
  if (list.node()->kind() != c10::prim::ListConstruct || list.uses().size() != 1) return false;
  const auto read = size_read(*list.node()->input(element));
  if (!read) return false;
  const auto found = visit.findings.values.find(read->tensor);
  if (found == visit.findings.values.end() || found->second.kind != Abstract::Kind::Tensor)
    return false;
  const auto& ids = found->second.channels.ids;
  const int64_t source = read->axis < 0 ? read->axis + ids.dim() : read->axis;
  if (source < 0 || source >= ids.dim()) return false;
  const bool is_same = slices_along(ids, source).equal(slices_along(output.ids, axis));
  if (is_same) visit.findings.followed->emplace(list.node(), element);
  return is_same;
}

bool is_followed(const Value& size, const FollowedSizes& followed) {
  return std::all_of(size.uses().begin(), size.uses().end(), [&](const torch::jit::Use& use) {
    if (passes_number(*use.user)) return is_followed(*use.user->output(), followed);
    return followed.count({use.user, use.offset}) != 0;
  });
}

bool is_followed(const Value& sizes, int64_t axis, int64_t rank, const FollowedSizes& followed) {
  const auto numbers = numbers_of(sizes, axis, rank);
  return numbers && std::all_of(numbers->begin(), numbers->end(), [&](const Value* number) {
           return is_followed(*number, followed);
         });
}

bool is_size_read(const Value& sizes, int64_t axis, int64_t rank) {
  const auto numbers = numbers_of(sizes, axis, rank);
  return !numbers || std::any_of(numbers->begin(), numbers->end(),
                                 [](const Value* number) { return !number->uses().empty(); });
}

}  // namespace actsparse::rules
