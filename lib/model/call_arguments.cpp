#include "model/call_arguments.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <unordered_map>

#include "model/layer_tree.h"

namespace actsparse {
namespace {

using c10::ivalue::Object;
using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

/// What is known of one value; grows until nothing changes. Nothing known: a constant.
struct Fact : CallArgument {
  std::set<const Object*> modules;  // that it can be
};
using Facts = std::unordered_map<const Value*, Fact>;

// True if `known` has grown. What varies need not say what it is made of.
bool join(Fact& known, const Fact& more) {
  bool grows = more.varies && !known.varies;
  known.varies |= more.varies;
  for (const Object* module : more.modules) grows |= known.modules.insert(module).second;
  if (known.varies)
    known.attributes.clear();
  else
    for (const auto& name : more.attributes) grows |= known.attributes.insert(name).second;
  return grows;
}

bool is_written(const Node& node, size_t input) {
  const auto* schema = node.maybeSchema();
  if (schema == nullptr || input >= schema->arguments().size()) return false;
  const auto* alias = schema->arguments()[input].alias_info();
  return alias != nullptr && alias->isWrite();
}

// Whether the node's result shares memory with its first input.
bool is_view(const Node& node) {
  const auto* schema = node.maybeSchema();
  return schema != nullptr && !schema->returns().empty() && !schema->arguments().empty() &&
         !node.inputs().empty() && schema->returns()[0].alias_info() != nullptr &&
         schema->arguments()[0].alias_info() != nullptr;
}

std::shared_ptr<Graph> method_graph(const Object& object, const std::string& method) {
  auto* function = object.type()->findMethod(method);
  return function == nullptr ? nullptr : torch::jit::toGraphFunction(*function).graph();
}

// Follows the values through all methods, over and over until nothing new is found. Instances share
// graphs: what is known is kept for each instance on its own.
class ValueFlow {
 public:
  explicit ValueFlow(const Module& model) {
    for (const auto& layer : list_layers(model))
      names_.emplace(layer.module._ivalue().get(), layer.name);
    do {
      grown_ = false;
      ++pass_;
      for (const auto& method : model.get_methods()) call_root(model, method.name());
    } while (grown_);
  }

  CallArguments arguments() const {
    CallArguments all;
    for (const auto& [callee, pass] : read_in_) {
      const auto& known = facts_.at(callee.first);
      for (const Value* input : method_graph(*callee.first, callee.second)->inputs()) {
        const auto found = known.find(input);
        all[callee].push_back(found == known.end() ? Fact() : found->second);
      }
    }
    return all;
  }

 private:
  void call_root(const Module& model, const std::string& method) {
    Fact given, self;
    given.varies = true;
    self.modules = {model._ivalue().get()};
    std::vector<Fact> all(model.get_method(method).function().getSchema().arguments().size(),
                          given);
    all.at(0) = self;
    call(*model._ivalue(), method, all);
  }

  // What the method returns, as far as it is known.
  std::vector<Fact> call(const Object& callee, const std::string& method,
                         const std::vector<Fact>& given) {
    const auto graph = method_graph(callee, method);
    if (!graph) return {};
    const Object* caller = std::exchange(self_, &callee);
    bool is_new = std::exchange(read_in_[{&callee, method}], pass_) != pass_;
    for (size_t i = 0; i < std::min(given.size(), graph->inputs().size()); ++i)
      is_new |= add(graph->inputs()[i], given[i]);
    if (is_new) read(*graph->block());
    std::vector<Fact> returned;
    for (const Value* output : graph->outputs()) returned.push_back(fact(output));
    self_ = caller;
    return returned;
  }

  void read(const Block& block) {
    for (const Node* node : block.nodes()) {
      read_node(*node);
      for (const Block* inner : node->blocks()) read(*inner);
      if (node->kind() == c10::prim::If || node->kind() == c10::prim::Loop) leave_blocks(*node);
    }
  }

  void read_node(const Node& node) {
    if (node.kind() == c10::prim::GetAttr)
      read_attribute(node);
    else if (node.kind() == c10::prim::SetAttr)
      write_attribute(node);
    else if (node.kind() == c10::prim::CallMethod)
      read_call(node);
    else if (node.kind() == c10::prim::Loop)
      enter_loop(node);
    else if (node.hasAttribute(c10::attr::Subgraph))
      read_subgraph(node);
    else if (node.kind() != c10::prim::If)
      read_operator(node);
  }

  void read_attribute(const Node& node) {
    const auto& name = node.s(c10::attr::name);
    Fact found;
    found.varies = fact(node.input()).varies;
    for (const Object* owner : fact(node.input()).modules) {
      const auto value = owner->getAttr(name);
      const std::string path = path_of(*owner, name);
      if (value.isModule())
        found.modules.insert(value.toObject().get());
      else
        found.attributes.insert(path);
      found.varies |= varying_.count(path) != 0;
    }
    add(node.output(), found);
  }

  void write_attribute(const Node& node) {
    if (!fact(node.inputs().at(1)).varies) return;
    for (const Object* owner : fact(node.inputs().at(0)).modules)
      vary(path_of(*owner, node.s(c10::attr::name)));
  }

  void read_call(const Node& node) {
    const auto callees = fact(node.inputs().at(0)).modules;
    if (callees.empty()) return read_operator(node);
    for (const Object* callee : callees) {
      std::vector<Fact> given;
      for (const Value* input : node.inputs()) given.push_back(fact(input));
      given.at(0).modules = {callee};
      const auto returned = call(*callee, node.s(c10::attr::name), given);
      for (size_t i = 0; i < std::min(returned.size(), node.outputs().size()); ++i)
        add(node.outputs()[i], returned[i]);
    }
  }

  // Inputs: the most iterations, whether to begin, what is carried; the body's: the iteration, what
  // is carried.
  void enter_loop(const Node& node) {
    const Block& body = *node.blocks().at(0);
    for (size_t i = 1; i < body.inputs().size(); ++i) {
      add(body.inputs()[i], fact(node.inputs().at(i + 1)));
      add(body.inputs()[i], fact(body.outputs().at(i)));
      add(node.outputs().at(i - 1), fact(node.inputs().at(i + 1)));
    }
  }

  // A loop's body returns the condition first.
  void leave_blocks(const Node& node) {
    const size_t first = node.kind() == c10::prim::Loop ? 1 : 0;
    for (const Block* block : node.blocks())
      for (size_t i = 0; i < node.outputs().size(); ++i)
        add(node.outputs()[i], fact(block->outputs().at(i + first)));
  }

  void read_subgraph(const Node& node) {
    const auto& subgraph = *node.g(c10::attr::Subgraph);
    for (size_t i = 0; i < std::min(node.inputs().size(), subgraph.inputs().size()); ++i)
      add(subgraph.inputs()[i], fact(node.inputs()[i]));
    read(*subgraph.block());
    for (const Value* output : subgraph.outputs())
      for (const Value* outer : node.outputs()) add(outer, fact(output));
  }

  void read_operator(const Node& node) {
    if (node.kind() == c10::prim::Constant) return;
    Fact all;
    all.varies = node.isNondeterministic();
    for (const Value* input : node.inputs()) join(all, fact(input));
    for (size_t i = 0; all.varies && i < node.inputs().size(); ++i)
      if (is_written(node, i)) vary(*node.inputs()[i]);
    all.modules.clear();
    for (const Value* output : node.outputs()) add(output, all);
  }

  // Something that varies is written into it, and so into what it is a view of.
  void vary(const Value& written) {
    Fact varying;
    varying.varies = true;
    add(&written, varying);
    const Node& node = *written.node();
    if (node.kind() == c10::prim::GetAttr)
      for (const Object* owner : fact(node.input()).modules)
        vary(path_of(*owner, node.s(c10::attr::name)));
    else if (is_view(node))
      vary(*node.inputs()[0]);
  }

  void vary(const std::string& attribute) { grown_ |= varying_.insert(attribute).second; }

  bool add(const Value* value, const Fact& more) {
    const bool grows = join(facts_[self_][value], more);
    grown_ |= grows;
    return grows;
  }

  const Fact& fact(const Value* value) { return facts_[self_][value]; }

  std::string path_of(const Object& owner, const std::string& name) const {
    const auto module = names_.find(&owner);
    return module == names_.end() || module->second.empty() ? name : module->second + "." + name;
  }

  std::map<const Object*, std::string> names_;
  std::map<const Object*, Facts> facts_;                          // of the values of its methods
  std::map<std::pair<const Object*, std::string>, int> read_in_;  // which pass read it last
  std::set<std::string> varying_;                                 // attributes
  const Object* self_ = nullptr;                                  // whose method is read
  int pass_ = 0;
  bool grown_ = false;
};

}  // namespace

CallArguments call_arguments(const Module& model) { return ValueFlow(model).arguments(); }

}  // namespace actsparse
