#include "compact/change.h"

#include <torch/csrc/jit/ir/constants.h>

#include "base/error.h"
#include "compact/nodes.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Node;
using torch::jit::Value;

bool is_equal(const IValue& a, const IValue& b) {
  if (!a.isTensor() || !b.isTensor()) return !a.isTensor() && !b.isTensor() && a == b;
  return is_same(a.toTensor(), b.toTensor());
}

class Performer {
 public:
  Performer(const Change& change, Node& node, const MakeConstant& make_constant)
      : change_(change), node_(node), graph_(*node.owningGraph()), make_constant_(make_constant) {}

  void perform() {
    switch (change_.kind) {
      case Change::Kind::Input:
        return set_input();
      case Change::Kind::Element:
        return set_element();
      case Change::Kind::Output:
        return replace_output();
      case Change::Kind::Numbers:
        return replace_numbers();
      case Change::Kind::IndexSelect:
        return select();
      case Change::Kind::Split:
        return split();
      case Change::Kind::Bypass:
        return node_.output()->replaceAllUsesWith(input());
    }
  }

 private:
  Value* input() const { return node_.inputs().at(change_.place); }

  Value* constant(Node& before, const IValue& value) {
    return make_constant_(nullptr, before, value);
  }

  void set_input() {
    node_.replaceInput(change_.place, make_constant_(input(), node_, change_.value));
  }

  void set_element() {
    auto values = elements(*input(), node_);
    Value*& changed = values.at(change_.element);
    changed = make_constant_(changed, node_, change_.value);
    node_.replaceInput(change_.place, make_list(*input(), node_, values));
  }

  void replace_output() {
    Value& output = *node_.output();
    output.replaceAllUsesWith(constant(*node_.next(), change_.value));
  }

  void replace_numbers() {
    Value& list = *node_.output();
    Node& next = *node_.next();
    auto values = elements(list, next);
    for (const auto& [place, number] : change_.numbers) values.at(place) = constant(next, number);
    list.replaceAllUsesWith(make_list(list, next, values));
  }

  void select() {
    Node* const selected =
        graph_.create(c10::aten::index_select,
                      {input(), constant(node_, change_.element), constant(node_, change_.value)});
    selected->insertBefore(&node_);
    node_.replaceInput(change_.place, selected->output());
  }

  void split() {
    Node* const parts = graph_.create(
        c10::Symbol::aten("split_with_sizes"),
        {node_.inputs().at(0), constant(node_, change_.value), constant(node_, change_.element)});
    parts->insertBefore(&node_);
    parts->setSourceRange(node_.sourceRange());
    parts->output()->setType(node_.output()->type());
    node_.output()->replaceAllUsesWith(parts->output());
  }

  std::vector<Value*> elements(Value& list, Node& before) {
    Node& made = *list.node();
    if (!has_elements(list)) throw Error(ErrorKind::Internal, "the list has no elements to change");
    if (made.kind() == c10::prim::ListConstruct) return made.inputs().vec();
    std::vector<Value*> values;
    if (made.kind() == c10::prim::Constant) {
      for (const int64_t number : torch::jit::toIValue(&list)->toIntVector())
        values.push_back(constant(before, number));
      return values;
    }
    for (int64_t axis = 0; axis < change_.length; ++axis) {
      Node* const size = graph_.create(c10::aten::size, {made.input(), constant(before, axis)});
      size->insertBefore(&before)->output()->setType(c10::IntType::get());
      values.push_back(size->output());
    }
    return values;
  }

  Value* make_list(const Value& like, Node& before, const std::vector<Value*>& elements) {
    Node* const list = graph_.create(c10::prim::ListConstruct, elements, 1);
    list->insertBefore(&before)->output()->setType(like.type());
    return list->output();
  }

  const Change& change_;
  Node& node_;
  torch::jit::Graph& graph_;
  const MakeConstant& make_constant_;
};

}  // namespace

bool Change::operator==(const Change& other) const {
  return kind == other.kind && place == other.place && element == other.element &&
         numbers == other.numbers && is_equal(value, other.value);
}

bool has_elements(const Value& list) {
  const auto kind = list.node()->kind();
  return kind == c10::prim::ListConstruct || kind == c10::prim::Constant ||
         (kind == c10::aten::size && list.node()->inputs().size() == 1);
}

void perform(const Change& change, Node& node, const MakeConstant& make_constant) {
  Performer(change, node, make_constant).perform();
}

}  // namespace actsparse
