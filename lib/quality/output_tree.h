#pragma once
// What a method returned, as a tree of named tensors: tuples, lists and dicts in each other.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace actsparse {

enum class OutputKind { Tensor, Tuple, List, Dict, None, Other };

/// Shares the tensors of the value it was made of. A NestedTensor is the list of its parts.
struct OutputTree {
  OutputKind kind = OutputKind::None;
  std::string name;   ///< in what holds it: a key, a field, or a position; "" at the root
  at::Tensor tensor;  ///< of kind Tensor, else undefined
  std::string type;   ///< of kind Other ("int"): nothing is made of these
  std::vector<OutputTree> children;
};
OutputTree output_tree(const c10::IValue& value);

/// "(Tensor [8, 10], {boxes: Tensor [4]})"; another dtype than float32 is named.
std::string describe(const OutputTree& tree);

/// A tensor and the dotted path to it: "", "0", "logits", "1.boxes.0".
struct NamedTensor {
  std::string path;
  at::Tensor tensor;
};
std::vector<NamedTensor> tensors_of(const OutputTree& tree);

/// A position among the root's entries (0 is the root itself if that is a tensor), or a dotted path
/// of names and positions. Error(Config), which names the paths there are, if no tensor is there.
NamedTensor find_tensor(const OutputTree& tree, const std::variant<int64_t, std::string>& where);

/// The same place in what baseline and candidate returned.
struct TensorPair {
  std::string path;
  at::Tensor baseline, candidate;
};
/// In the baseline's order; entries of dicts are paired by name. Devices and floating dtypes may
/// differ. Error(Check), which describes both, if kinds, numbers of entries, names of a dict or
/// shapes differ, or if only one tensor is floating, or complex.
std::vector<TensorPair> pair_tensors(const OutputTree& baseline, const OutputTree& candidate);

/// The same numbers as a dense tensor in the CPU's memory, in the order of its indices; floating
/// ones as float32 or float64. Not a copy if it is one already.
at::Tensor plain(const at::Tensor& tensor);

/// The size of dimension 0; a 0-d tensor is one sample.
int64_t samples_of(const at::Tensor& tensor);

/// "output 'logits' [8, 10]"; a lone tensor is "the output [8, 10]".
std::string output_text(const NamedTensor& output);

}  // namespace actsparse
