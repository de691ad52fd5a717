#include "exported/call_tree.h"

#include <algorithm>
#include <map>
#include <set>

namespace actsparse::exported {
namespace {

using Path = std::vector<Frame>;

std::string key_of(const Path& path, size_t length) {
  std::string key;
  for (size_t i = 0; i < length; ++i) key += path[i].key + "," + path[i].fqn + ";";
  return key;
}

bool is_part(const std::string& fqn, const std::string& whole) {
  return whole.empty() || fqn.compare(0, whole.size() + 1, whole + ".") == 0;
}

// The frames of modules below the root, each a part of the one before; those of the node before
// where nothing is told. A module that calls one that it does not own does its work (`foreign`).
std::vector<Path> told_paths(const std::vector<ProgramNode>& nodes,
                             const std::vector<std::string>& modules,
                             std::set<std::string>& foreign) {
  const std::set<std::string> known(modules.begin(), modules.end());
  std::vector<Path> paths;
  for (const auto& node : nodes) {
    Path path;
    for (const auto& frame : node.stack) {
      const std::string around = path.empty() ? "" : path.back().fqn;
      if (frame.fqn.empty() || frame.fqn == around || known.count(frame.fqn) == 0) continue;
      if (is_part(frame.fqn, around))
        path.push_back(frame);
      else
        foreign.insert(frame.fqn);
    }
    if (node.stack.empty() && !paths.empty()) path = paths.back();
    paths.push_back(path);
  }
  return paths;
}

// A frame whose nodes do not stand together, by its key; "" if there is none.
std::string split_call(const std::vector<Path>& paths) {
  std::set<std::string> closed;
  const Path none;
  for (size_t i = 0; i < paths.size(); ++i) {
    const Path& before = i == 0 ? none : paths[i - 1];
    for (size_t length = 1; length <= paths[i].size(); ++length) {
      const std::string key = key_of(paths[i], length);
      const bool goes_on = before.size() >= length && key_of(before, length) == key;
      if (!goes_on && !closed.insert(key).second) return key;
    }
  }
  return "";
}

// The module of the frame, whose nodes belong to the caller from now on.
std::string take_out(std::vector<Path>& paths, const std::string& key) {
  std::string fqn;
  for (auto& path : paths)
    for (size_t length = 1; length <= path.size(); ++length)
      if (key_of(path, length) == key) {
        fqn = path[length - 1].fqn;
        path.erase(path.begin() + static_cast<std::ptrdiff_t>(length - 1));
        break;
      }
  return fqn;
}

void add_calls(const std::vector<Path>& paths, size_t depth, Call& call) {
  for (size_t i = call.begin; i < call.end;) {
    if (paths[i].size() <= depth) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    const std::string key = key_of(paths[i], depth + 1);
    while (end < call.end && paths[end].size() > depth && key_of(paths[end], depth + 1) == key)
      ++end;
    Call inner{paths[i][depth].fqn, paths[i][depth].type, i, end, {}};
    add_calls(paths, depth + 1, inner);
    call.inner.push_back(std::move(inner));
    i = end;
  }
}

void collect(const Argument& argument, std::vector<const Argument*>& out) {
  if (argument.is_value()) out.push_back(&argument);
  for (const auto& item : argument.items) collect(item, out);
}

// "torch.ops.aten.add_.Tensor"; also where an output is given: "out".
bool is_write(const std::string& target) {
  const auto overload = target.rfind('.');
  return (overload != std::string::npos && overload > 0 && target[overload - 1] == '_') ||
         target.compare(overload + 1, 3, "out") == 0;
}

}  // namespace

CallTree call_tree(const std::vector<ProgramNode>& nodes, const std::vector<std::string>& modules) {
  std::set<std::string> foreign;
  std::vector<Path> paths = told_paths(nodes, modules, foreign);
  CallTree tree;
  tree.inlined.assign(foreign.begin(), foreign.end());
  for (std::string key = split_call(paths); !key.empty(); key = split_call(paths))
    tree.inlined.push_back(take_out(paths, key));
  tree.root.end = nodes.size();
  for (const auto& node : nodes)
    if (!node.stack.empty() && node.stack.front().fqn.empty()) tree.root.type = node.stack[0].type;
  add_calls(paths, 0, tree.root);
  return tree;
}

std::vector<const Argument*> values_read(const ProgramNode& node) {
  std::vector<const Argument*> values;
  for (const auto& input : node.inputs) collect(input.argument, values);
  return values;
}

bool writes(const ProgramGraph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const ProgramNode& node) {
    const auto is_inner_write = [](const NamedArgument& input) {
      return input.argument.graph && writes(*input.argument.graph);
    };
    return is_write(node.target) ||
           std::any_of(node.inputs.begin(), node.inputs.end(), is_inner_write);
  });
}

std::vector<const Argument*> values_made(const ProgramNode& node) {
  std::vector<const Argument*> values;
  for (const auto& output : node.outputs) collect(output, values);
  return values;
}

}  // namespace actsparse::exported
