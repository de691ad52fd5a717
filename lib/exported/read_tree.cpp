#include "exported/read_tree.h"

#include <stdexcept>

#include "exported/parse_json.h"

namespace actsparse::exported {
namespace {

using nlohmann::json;

// The context of a dict is its keys; in older files it is JSON within JSON.
json context_of(const json& node) {
  const json& context = node.at("context");
  return context.is_string() ? parse_json(context.get<std::string>()) : context;
}

std::vector<std::string> keys_in(const json& keys) {
  std::vector<std::string> out;
  for (const auto& key : keys) {
    if (!key.is_string())
      throw std::runtime_error("it takes or gives a dict whose keys are not strings");
    out.push_back(key.get<std::string>());
  }
  return out;
}

Tree read_kind(const json& node) {
  Tree tree;
  if (node.at("type").is_null()) return tree;
  const auto type = node.at("type").get<std::string>();
  if (type == "builtins.NoneType") {
    tree.kind = Tree::Kind::None;
  } else if (type == "builtins.tuple" || type == "collections.namedtuple") {
    tree.kind = Tree::Kind::Tuple;
  } else if (type == "builtins.list") {
    tree.kind = Tree::Kind::List;
  } else if (type == "builtins.dict" || type == "collections.OrderedDict") {
    tree.kind = Tree::Kind::Dict;
    tree.keys = keys_in(context_of(node));
  } else {
    throw std::runtime_error("it takes or gives an object of the class '" + type +
                             "'; wrap the model so that it takes and gives tensors, lists, tuples "
                             "and dicts of them");
  }
  return tree;
}

Tree read_tree_node(const json& node) {
  Tree tree = read_kind(node);
  for (const auto& child : node.at("children_spec")) tree.children.push_back(read_tree_node(child));
  const bool is_end = tree.kind == Tree::Kind::Leaf || tree.kind == Tree::Kind::None;
  if ((is_end && !tree.children.empty()) ||
      (tree.kind == Tree::Kind::Dict && tree.keys.size() != tree.children.size()))
    throw std::runtime_error("the structure of its inputs or outputs is damaged");
  return tree;
}

}  // namespace

Tree read_tree(const std::string& text) {
  const json spec = parse_json(text);
  if (!spec.is_array() || spec.size() != 2 || spec[0] != 1)
    throw std::runtime_error("the structure of its inputs and outputs is in an unknown form");
  return read_tree_node(spec[1]);
}

size_t leaves(const Tree& tree) {
  if (tree.kind == Tree::Kind::Leaf) return 1;
  size_t count = 0;
  for (const auto& child : tree.children) count += leaves(child);
  return count;
}

}  // namespace actsparse::exported
