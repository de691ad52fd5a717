#pragma once
// A program of torch.export as plain data: torch/_export/serde/schema.py, major version 8.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace actsparse::exported {

struct ProgramGraph;

/// What an operator is given or gives, or a graph: a value by name, a constant, a list of them, or
/// a graph of its own.
struct Argument {
  enum class Kind { Constant, Value, List, Graph };
  enum class Type { Tensor, Int, Float, Bool };
  Kind kind = Kind::Constant;
  Type type = Type::Tensor;   ///< of a value
  std::string name = {};      ///< of a value, or a graph
  c10::IValue constant = {};  ///< None, bool, int, float, string, device; enums as LibTorch's ints
  std::vector<Argument> items = {};
  std::shared_ptr<const ProgramGraph> graph = {};

  bool is_value() const { return kind == Kind::Value; }
  bool is_none() const { return kind == Kind::Constant && constant.isNone(); }
};

struct NamedArgument {
  std::string name;
  Argument argument;
};

/// A call of a module that a node lies in.
struct Frame {
  std::string key;   ///< tells calls of one module apart
  std::string fqn;   ///< "" is the root
  std::string type;  ///< Python's: "torch.nn.modules.conv.Conv2d"
};
inline bool operator==(const Frame& a, const Frame& b) { return a.key == b.key && a.fqn == b.fqn; }

struct ProgramNode {
  std::string target;  ///< "torch.ops.aten.conv2d.default"
  std::vector<NamedArgument> inputs;
  std::vector<Argument> outputs;
  std::vector<Frame> stack;  ///< from the root on; empty: not told
};

/// The target of a node of our own: what enters, under another name.
inline constexpr const char* same_value = "actsparse.same";

struct ProgramGraph {
  std::vector<Argument> inputs, outputs;
  std::vector<ProgramNode> nodes;
};

/// A size: fixed, or a symbol, or what is computed of symbols.
struct Size {
  std::optional<int64_t> fixed;
  std::string symbol;
};
inline bool operator==(const Size& a, const Size& b) {
  return a.fixed == b.fixed && a.symbol == b.symbol;
}

struct TensorShape {
  std::optional<c10::ScalarType> dtype;  ///< nothing: one that LibTorch does not have
  std::vector<Size> sizes;
};

/// Bounds of a symbol, both inside.
struct Range {
  std::optional<int64_t> least, most;
};

/// What a placeholder of the graph stands for.
struct InputSpec {
  enum class Kind { Parameter, Buffer, Constant, User, FixedUser };
  Kind kind = Kind::User;
  std::string name;    ///< of the placeholder; of a FixedUser the argument's
  std::string target;  ///< FQN of a parameter or buffer, name of a constant
  bool is_persistent = true;
  c10::IValue fixed = {};  ///< of a FixedUser
};

/// What a result of the graph is for.
struct OutputSpec {
  enum class Kind { User, BufferMutation, UserInputMutation };
  Kind kind = Kind::User;
  Argument value;
  std::string target;  ///< the buffer's FQN, the input's name
};

/// How values stand in lists, tuples and dicts (torch.utils._pytree).
struct Tree {
  enum class Kind { Leaf, None, Tuple, List, Dict };
  Kind kind = Kind::Leaf;
  std::vector<Tree> children = {};
  std::vector<std::string> keys = {};  ///< of a dict, one per child
};

struct Program {
  ProgramGraph graph;
  std::map<std::string, TensorShape> shapes;  ///< of all tensors, by name
  std::vector<InputSpec> inputs;
  std::vector<OutputSpec> outputs;
  Tree arguments;  ///< a tuple of two: positional ones, and a dict of those by name
  Tree results;
  std::vector<std::string> argument_names;  ///< of forward; may be empty
  std::map<std::string, Range> ranges;      ///< by symbol
  std::vector<std::string> modules;         ///< FQNs
};

}  // namespace actsparse::exported
