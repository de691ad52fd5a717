#pragma once
// Which nodes of a flat program lie in which call of which module.
#include "exported/program.h"

namespace actsparse::exported {

/// One call of a module. Its nodes, those of calls inside among them, stand together.
struct Call {
  std::string fqn;            ///< "" is the root
  std::string type;           ///< Python's class
  size_t begin = 0, end = 0;  ///< of the program's nodes
  std::vector<Call> inner;    ///< in order
};

struct CallTree {
  Call root;
  /// FQNs of calls whose nodes belong to the caller: they do not stand together, or the caller is
  /// no module around the one that is called.
  std::vector<std::string> inlined;
};

/// `nodes` without a stack belong to the call before them. Frames of modules that are not among
/// `modules` are passed over.
CallTree call_tree(const std::vector<ProgramNode>& nodes, const std::vector<std::string>& modules);

/// All names of values that a node or a call reads, in order, with repetitions.
std::vector<const Argument*> values_read(const ProgramNode& node);
std::vector<const Argument*> values_made(const ProgramNode& node);

/// Whether some operator writes to a tensor that is there: a copy cannot stand for a view then.
bool writes(const ProgramGraph& graph);

}  // namespace actsparse::exported
