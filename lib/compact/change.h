#pragma once
// One change of one node of a graph, as plain data: compact first changes the flat graph, and then
// repeats the same changes in the modules' own code that the flat graph was inlined from.
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <map>
#include <string>

namespace actsparse {

/// What perform() does to a node. Which fields count, and what `value` must be, is said beside each
/// kind; the others keep their defaults. Tensors in `value` are shared, never written.
struct Change {
  enum class Kind {
    Input,        ///< input `place` becomes the constant `value` (a tensor or a number)
    Element,      ///< input `place` is a list: its element `element` becomes the constant `value`
                  ///< (a tensor or an int); `length` is the list's length
    Output,       ///< readers of the node's only output read the constant `value` instead
    Numbers,      ///< the only output is a list of ints: its readers read one in which the elements
                  ///< that are keys of `numbers` have these values; `length` is the list's length
    IndexSelect,  ///< input `place` becomes index_select of it along the axis `element` with the
                  ///< indices `value` (int64 [kept])
    Split,        ///< the node splits input 0 into equal parts; readers of its list of parts read
                  ///< that of split_with_sizes with the sizes `value` (ints), along axis `element`
    Bypass,       ///< readers of the only output read input `place` instead
  };
  Kind kind;
  size_t place = 0;
  int64_t element = 0;
  c10::IValue value = {};
  std::map<size_t, int64_t> numbers = {};
  int64_t length = 0;
  std::string name = "removed_bias";  ///< of the buffer that a new tensor becomes

  /// Whether both ask for the same; tensors are compared by dtype, sizes and values. `length` and
  /// `name` do not count: they describe what is changed.
  bool operator==(const Change& other) const;
};

/// Makes a value that holds a constant, before the node `before`. `old` is the input or list
/// element that it takes the place of, null if it takes none's.
using MakeConstant = std::function<torch::jit::Value*(
    const torch::jit::Value* old, torch::jit::Node& before, const c10::IValue& value)>;

/// Whether single elements of a list can be changed: the graph shows them, as the list is built of
/// elements, a constant, or what size() gives for a whole tensor.
bool has_elements(const torch::jit::Value& list);

/// Changes the graph at `node`, which stays in it; nodes that nothing reads any more are left to
/// EliminateDeadCode. Throws Error(Internal) for the kinds Element and Numbers if has_elements() is
/// false of the list, std::out_of_range for a place that the node does not have.
void perform(const Change& change, torch::jit::Node& node, const MakeConstant& make_constant);

}  // namespace actsparse
