#include "model/known_value.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <set>

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_one_of(const Node& node, const std::set<std::string>& names) {
  return names.count(node.kind().toQualString()) != 0;
}

const Known& known_in(const KnownValues& values, const Value* value) {
  static const Known nothing;
  const auto found = values.find(value);
  return found == values.end() ? nothing : found->second;
}

std::optional<int64_t> dimension(const Node& node, const char* argument) {
  const auto* schema = node.maybeSchema();
  const auto place = schema == nullptr ? c10::nullopt : schema->argumentIndexWithName(argument);
  if (!place) return std::nullopt;
  const auto value = torch::jit::toIValue(node.inputs().at(static_cast<size_t>(*place)));
  return value && value->isInt() ? std::optional(value->toInt()) : std::nullopt;
}

WeightForm transposed(WeightForm form) {
  if (form == WeightForm::Other) return form;
  return form == WeightForm::AsIs ? WeightForm::Transposed : WeightForm::AsIs;
}

WeightForm after_transpose(const Node& node, WeightForm form) {
  if (node.kind() != c10::aten::transpose) return transposed(form);  // t(), .T
  const auto a = dimension(node, "dim0"), b = dimension(node, "dim1");
  if (!a || !b || *a == *b) return WeightForm::Other;
  const auto is_matrix_dim = [](int64_t dim) { return dim >= -2 && dim <= 1; };
  const bool swaps = is_matrix_dim(*a) && is_matrix_dim(*b) && (*a + 2) % 2 != (*b + 2) % 2;
  return swaps ? transposed(form) : WeightForm::Other;
}

// A part along the parameter's first dimension holds some of its outputs, with all inputs.
WeightForm after_cut(const Node& node, WeightForm form) {
  const auto dim = dimension(node, "dim");
  const bool fits = dim && ((form == WeightForm::AsIs && (*dim == 0 || *dim == -2)) ||
                            (form == WeightForm::Transposed && (*dim == 1 || *dim == -1)));
  return fits ? form : WeightForm::Other;
}

std::optional<WeightForm> form_after(const Node& node, WeightForm form) {
  static const std::set<std::string> same = {"prim::unchecked_cast",
                                             "prim::ListUnpack",
                                             "aten::__getitem__",
                                             "aten::contiguous",
                                             "aten::to",
                                             "aten::type_as",
                                             "aten::detach",
                                             "aten::clone",
                                             "aten::alias",
                                             "aten::_autocast_to_full_precision",
                                             "aten::_autocast_to_reduced_precision"};
  static const std::set<std::string> transposes = {"aten::t", "aten::numpy_T", "aten::transpose"};
  static const std::set<std::string> cuts = {
      "aten::chunk",  "aten::split", "aten::split_with_sizes",
      "aten::narrow", "aten::slice", "aten::tensor_split"};
  static const std::set<std::string> others = {
      "aten::view",   "aten::reshape", "aten::permute", "aten::unsqueeze", "aten::squeeze",
      "aten::select", "aten::flatten", "aten::expand",  "aten::expand_as", "aten::unbind"};
  if (is_one_of(node, same)) return form;
  if (is_one_of(node, transposes)) return after_transpose(node, form);
  if (is_one_of(node, cuts)) return after_cut(node, form);
  if (is_one_of(node, others)) return WeightForm::Other;
  return std::nullopt;
}

bool same_weight(const KnownWeight& a, const KnownWeight& b) {
  return a.owner == b.owner && a.name == b.name && a.path == b.path;
}

std::optional<bool> is_none(const Known& value) {
  if (std::holds_alternative<KnownModule>(value) || std::holds_alternative<KnownWeight>(value))
    return false;
  const auto* constant = constant_of(value);
  return constant != nullptr ? std::optional(constant->isNone()) : std::nullopt;
}

// `a is b`, where one of them is None.
std::optional<bool> are_one(const Known& a, const Known& b) {
  const auto left = is_none(a), right = is_none(b);
  if (!left || !right || !(*left || *right)) return std::nullopt;
  return *left && *right;
}

std::optional<bool> truth_of(const Known& value) {
  const auto* constant = constant_of(value);
  if (constant == nullptr) return std::nullopt;
  if (constant->isBool()) return constant->toBool();
  if (constant->isInt()) return constant->toInt() != 0;
  return constant->isDouble() ? std::optional(constant->toDouble() != 0) : std::nullopt;
}

std::optional<bool> negated(std::optional<bool> value) {
  return value ? std::optional(!*value) : std::nullopt;
}

}  // namespace

AttributePath AttributePath::then(const std::string& name) const {
  AttributePath longer = *this;
  longer.names.push_back(name);
  return longer;
}

std::optional<AttributePath> attribute_path_of(const Value& value) {
  const Node& node = *value.node();
  if (node.kind() == c10::prim::Param) {
    if (node.owningBlock() != node.owningGraph()->block()) return std::nullopt;  // a loop's
    return AttributePath{value.offset(), {}};
  }
  if (node.kind() != c10::prim::GetAttr) return std::nullopt;
  const auto owner = attribute_path_of(*node.input());
  return owner ? std::optional(owner->then(node.s(c10::attr::name))) : std::nullopt;
}

const c10::IValue* constant_of(const Known& value) { return std::get_if<c10::IValue>(&value); }

Known joined(const Known& a, const Known& b) {
  if (std::holds_alternative<Unset>(a)) return b;
  if (std::holds_alternative<Unset>(b)) return a;
  const auto* one = std::get_if<KnownWeight>(&a);
  const auto* other = std::get_if<KnownWeight>(&b);
  if (one == nullptr || other == nullptr || !same_weight(*one, *other)) return {};
  KnownWeight both = *one;
  if (one->form != other->form) both.form = WeightForm::Other;
  return both;
}

std::optional<KnownWeight> weight_view(const Node& node, const KnownValues& values) {
  if (node.inputs().empty()) return std::nullopt;
  const auto* weight = std::get_if<KnownWeight>(&known_in(values, node.inputs()[0]));
  if (weight == nullptr) return std::nullopt;
  const auto form = form_after(node, weight->form);
  if (!form) return std::nullopt;
  KnownWeight view = *weight;
  view.form = *form;
  return view;
}

std::optional<bool> known_condition(const Node& node, const KnownValues& values) {
  const auto input = [&](size_t i) -> const Known& {
    return known_in(values, node.inputs().at(i));
  };
  if (is_one_of(node, {"aten::__not__"})) return negated(truth_of(input(0)));
  if (is_one_of(node, {"aten::Bool"})) return truth_of(input(0));
  if (is_one_of(node, {"aten::__is__"})) return are_one(input(0), input(1));
  if (is_one_of(node, {"aten::__isnot__"})) return negated(are_one(input(0), input(1)));
  return std::nullopt;
}

}  // namespace actsparse
