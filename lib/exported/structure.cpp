#include "exported/structure.h"

#include <algorithm>

namespace actsparse::exported {
namespace {

using torch::jit::Value;

bool all_alike(const std::vector<c10::TypePtr>& types) {
  return std::all_of(types.begin(), types.end(),
                     [&](const c10::TypePtr& type) { return *type == *types.front(); });
}

// Empty lists and dicts are of tensors.
c10::TypePtr type_with(const Tree& tree, const std::vector<c10::TypePtr>& children) {
  if (tree.kind == Tree::Kind::None) return c10::NoneType::get();
  if (tree.kind != Tree::Kind::Tuple && all_alike(children)) {
    const auto element = children.empty() ? c10::TypePtr(c10::TensorType::get()) : children.front();
    if (tree.kind == Tree::Kind::List) return c10::ListType::create(element);
    return c10::DictType::create(c10::StringType::get(), element);
  }
  return c10::TupleType::create(children);
}

}  // namespace

c10::TypePtr type_of(const Tree& tree, const std::vector<c10::TypePtr>& leaves, size_t& next) {
  if (tree.kind == Tree::Kind::Leaf) return leaves.at(next++);
  std::vector<c10::TypePtr> children;
  for (const auto& child : tree.children) children.push_back(type_of(child, leaves, next));
  return type_with(tree, children);
}

void take_apart(torch::jit::Graph& graph, Value* value, const Tree& tree,
                std::vector<Value*>& leaves) {
  if (tree.kind == Tree::Kind::Leaf) {
    leaves.push_back(value);
    return;
  }
  const auto kind = value->type()->kind();
  const size_t count = tree.children.size();
  std::vector<Value*> parts;
  if (kind == c10::TypeKind::DictType) {
    for (const auto& key : tree.keys)
      parts.push_back(graph.insert(c10::aten::__getitem__, {value, key}));
  } else if (count > 0) {
    auto* node =
        graph.insertNode(kind == c10::TypeKind::ListType ? graph.createListUnpack(value, count)
                                                         : graph.createTupleUnpack(value));
    parts.assign(node->outputs().begin(), node->outputs().end());
  }
  for (size_t i = 0; i < count; ++i) take_apart(graph, parts[i], tree.children[i], leaves);
}

Value* put_together(torch::jit::Graph& graph, const Tree& tree, const std::vector<Value*>& leaves,
                    size_t& next) {
  if (tree.kind == Tree::Kind::Leaf) return leaves.at(next++);
  if (tree.kind == Tree::Kind::None) return graph.insertConstant(c10::IValue());
  std::vector<Value*> parts;
  std::vector<c10::TypePtr> types;
  for (const auto& child : tree.children) {
    parts.push_back(put_together(graph, child, leaves, next));
    types.push_back(parts.back()->type());
  }
  const auto type = type_with(tree, types);
  if (const auto list = type->cast<c10::ListType>())
    return graph.insertNode(graph.createList(list->getElementType(), parts))->output();
  if (const auto dict = type->cast<c10::DictType>()) {
    std::vector<Value*> keys;
    for (const auto& key : tree.keys) keys.push_back(graph.insertConstant(key));
    return graph
        .insertNode(graph.createDict(dict->getKeyType(), dict->getValueType(), keys, parts))
        ->output();
  }
  return graph.insertNode(graph.createTuple(parts))->output();
}

}  // namespace actsparse::exported
