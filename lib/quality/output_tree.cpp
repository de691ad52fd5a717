#include "quality/output_tree.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/jit_type.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"
#include "functions/tensors.h"

namespace actsparse {
namespace {

using c10::IValue;

std::string key_text(const IValue& key) {
  if (key.isString()) return key.toStringRef();
  if (key.isInt()) return std::to_string(key.toInt());
  if (key.isDouble()) return fmt::format("{}", key.toDouble());
  return key.tagKind();
}

void append(OutputTree& tree, std::string name, const IValue& value) {
  tree.children.push_back(output_tree(value));
  tree.children.back().name = std::move(name);
}

// Of a named tuple the fields' names, of any other the positions.
std::vector<std::string> field_names(const IValue& tuple) {
  std::vector<std::string> names;
  const auto type = tuple.type()->cast<c10::TupleType>();
  const auto schema = type ? type->schema() : nullptr;
  for (size_t i = 0; i < tuple.toTupleRef().elements().size(); ++i)
    names.push_back(schema ? schema->arguments()[i].name() : std::to_string(i));
  return names;
}

OutputTree tuple_tree(const IValue& value) {
  OutputTree tree;
  tree.kind = OutputKind::Tuple;
  const auto names = field_names(value);
  for (size_t i = 0; i < names.size(); ++i)
    append(tree, names[i], value.toTupleRef().elements()[i]);
  return tree;
}

OutputTree list_tree(const IValue& value) {
  OutputTree tree;
  tree.kind = OutputKind::List;
  for (const IValue& element : value.toListRef())
    append(tree, std::to_string(tree.children.size()), element);
  return tree;
}

OutputTree dict_tree(const IValue& value) {
  OutputTree tree;
  tree.kind = OutputKind::Dict;
  for (const auto& entry : value.toGenericDict())
    append(tree, key_text(entry.key()), entry.value());
  return tree;
}

OutputTree leaf_tree(const IValue& value) {
  OutputTree tree;
  if (value.isTensor() && value.toTensor().defined() && value.toTensor().is_nested())
    return list_tree(value.toTensor().unbind());
  if (value.isTensor() && value.toTensor().defined()) {
    tree.kind = OutputKind::Tensor;
    tree.tensor = value.toTensor();
  } else if (!value.isTensor() && !value.isNone()) {
    tree.kind = OutputKind::Other;
    tree.type = value.type()->str();
  }
  return tree;
}

// ---- texts ----

std::string describe_children(const OutputTree& tree) {
  std::vector<std::string> texts;
  for (const auto& child : tree.children)
    texts.push_back(tree.kind == OutputKind::Dict ? child.name + ": " + describe(child)
                                                  : describe(child));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string describe_tensor(const at::Tensor& tensor) {
  const auto shape = "Tensor " + shape_text(tensor.sizes());
  return tensor.scalar_type() == at::kFloat
             ? shape
             : fmt::format("{} of {}", shape, c10::toString(tensor.scalar_type()));
}

// ---- places ----

std::string below(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

void collect(const OutputTree& tree, const std::string& path, std::vector<NamedTensor>& tensors) {
  if (tree.kind == OutputKind::Tensor) tensors.push_back({path, tree.tensor});
  for (const auto& child : tree.children) collect(child, below(path, child.name), tensors);
}

struct Place {
  const OutputTree* tree;
  std::string path;  // by names
};

// Keys may hold dots, so every child that the rest of the path can start with is tried.
Place walk(const Place& from, const std::string& rest) {
  if (rest.empty()) return from;
  for (const bool by_name : {true, false})
    for (size_t i = 0; i < from.tree->children.size(); ++i) {
      const auto& child = from.tree->children[i];
      const auto step = by_name ? child.name : std::to_string(i);
      const bool whole = rest == step;
      if (step.empty() || (!whole && rest.rfind(step + ".", 0) != 0)) continue;
      const auto found =
          walk({&child, below(from.path, child.name)}, whole ? "" : rest.substr(step.size() + 1));
      if (found.tree != nullptr) return found;
    }
  return {nullptr, ""};
}

Place place_of(const OutputTree& tree, const std::variant<int64_t, std::string>& where) {
  if (const auto* path = std::get_if<std::string>(&where)) return walk({&tree, ""}, *path);
  const auto position = std::get<int64_t>(where);
  if (tree.kind == OutputKind::Tensor && position == 0) return {&tree, ""};
  if (position < 0 || position >= static_cast<int64_t>(tree.children.size())) return {nullptr, ""};
  const auto& child = tree.children[static_cast<size_t>(position)];
  return {&child, child.name};
}

std::string text_of(const std::variant<int64_t, std::string>& where) {
  if (const auto* path = std::get_if<std::string>(&where)) return "'" + *path + "'";
  return std::to_string(std::get<int64_t>(where));
}

// ---- pairs ----

bool is_alike(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.is_floating_point() == b.is_floating_point() &&
         a.is_complex() == b.is_complex();
}

// Null if there is none.
const OutputTree* partner(const OutputTree& candidate, const OutputTree& child, size_t index) {
  if (candidate.kind != OutputKind::Dict) return &candidate.children[index];
  const auto found = std::find_if(candidate.children.begin(), candidate.children.end(),
                                  [&](const auto& other) { return other.name == child.name; });
  return found == candidate.children.end() ? nullptr : &*found;
}

// False if they differ in structure.
bool pair_below(const OutputTree& baseline, const OutputTree* candidate, const std::string& path,
                std::vector<TensorPair>& pairs) {
  if (candidate == nullptr || baseline.kind != candidate->kind ||
      baseline.children.size() != candidate->children.size())
    return false;
  if (baseline.kind == OutputKind::Tensor) {
    pairs.push_back({path, baseline.tensor, candidate->tensor});
    return is_alike(baseline.tensor, candidate->tensor);
  }
  for (size_t i = 0; i < baseline.children.size(); ++i) {
    const auto& child = baseline.children[i];
    if (!pair_below(child, partner(*candidate, child, i), below(path, child.name), pairs))
      return false;
  }
  return true;
}

}  // namespace

OutputTree output_tree(const IValue& value) {
  if (value.isTuple()) return tuple_tree(value);
  if (value.isList()) return list_tree(value);
  if (value.isGenericDict()) return dict_tree(value);
  return leaf_tree(value);
}

std::string describe(const OutputTree& tree) {
  switch (tree.kind) {
    case OutputKind::Tensor:
      return describe_tensor(tree.tensor);
    case OutputKind::Tuple:
      return "(" + describe_children(tree) + ")";
    case OutputKind::List:
      return "[" + describe_children(tree) + "]";
    case OutputKind::Dict:
      return "{" + describe_children(tree) + "}";
    case OutputKind::None:
      return "None";
    case OutputKind::Other:
      break;
  }
  return tree.type;
}

std::vector<NamedTensor> tensors_of(const OutputTree& tree) {
  std::vector<NamedTensor> tensors;
  collect(tree, "", tensors);
  return tensors;
}

NamedTensor find_tensor(const OutputTree& tree, const std::variant<int64_t, std::string>& where) {
  const auto found = place_of(tree, where);
  if (found.tree != nullptr && found.tree->kind == OutputKind::Tensor)
    return {found.path, found.tree->tensor};
  std::vector<std::string> paths;
  for (const auto& tensor : tensors_of(tree)) paths.push_back(tensor.path);
  throw Error(ErrorKind::Config,
              fmt::format("evaluate.output: found {}, but the model returns {}; its tensors are {}",
                          text_of(where), describe(tree), quoted_list(paths)));
}

std::vector<TensorPair> pair_tensors(const OutputTree& baseline, const OutputTree& candidate) {
  std::vector<TensorPair> pairs;
  if (!pair_below(baseline, &candidate, "", pairs))
    throw Error(ErrorKind::Check,
                fmt::format("the candidate returns {}, the baseline {}; only models that return "
                            "the same structure can be compared",
                            describe(candidate), describe(baseline)));
  return pairs;
}

at::Tensor plain(const at::Tensor& tensor) {
  auto dense = tensor.detach();
  if (dense.is_quantized()) dense = dense.dequantize();
  if (dense.layout() != at::kStrided) dense = dense.to_dense();
  dense = dense.to(at::kCPU);
  if (dense.is_floating_point() && dense.scalar_type() != at::kDouble) dense = dense.to(at::kFloat);
  return dense.resolve_neg().contiguous();
}

int64_t samples_of(const at::Tensor& tensor) { return tensor.dim() == 0 ? 1 : tensor.size(0); }

std::string output_text(const NamedTensor& output) {
  const auto shape = shape_text(output.tensor.sizes());
  return output.path.empty() ? "the output " + shape
                             : fmt::format("output '{}' {}", output.path, shape);
}

}  // namespace actsparse
