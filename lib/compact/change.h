#pragma once
// A change of a node of a graph: plain data, so that what is made in the flat graph can be made
// again where the node came from.
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <map>

namespace actsparse {

struct Change {
  enum class Kind {
    Input,        ///< input `place` becomes the constant `value`
    Element,      ///< number `element` of the list that input `place` is becomes `value`
    Output,       ///< all that reads the output reads `value` instead
    Numbers,      ///< all that reads the list that is the output reads one with these `numbers`
    IndexSelect,  ///< input `place` becomes what the indices `value` take of it along axis
                  ///< `element`
    Split,        ///< the node becomes split_with_sizes with the sizes `value` along axis `element`
    Bypass,       ///< all that reads the output reads input `place` instead
  };
  Kind kind;
  size_t place = 0;
  int64_t element = 0;
  c10::IValue value = {};
  std::map<size_t, int64_t> numbers = {};
  int64_t length = 0;  ///< of the list, for Element and Numbers

  bool operator==(const Change& other) const;
};

/// Makes a constant before a node; the first argument is what it replaces, or null.
using MakeConstant = std::function<torch::jit::Value*(
    const torch::jit::Value* old, torch::jit::Node& before, const c10::IValue& value)>;

/// Whether elements of a list can be changed: it is made of elements, constant, or all sizes of a
/// tensor.
bool has_elements(const torch::jit::Value& list);

/// Throws Error(Internal) for an element of a list that has_elements() is false of.
void perform(const Change& change, torch::jit::Node& node, const MakeConstant& make_constant);

}  // namespace actsparse
