#include "exported/emit_cond.h"

#include <map>
#include <stdexcept>

namespace actsparse::exported {
namespace {

using torch::jit::Block;
using torch::jit::Value;

std::vector<Argument> in_one_list(const std::vector<Argument>& arguments) {
  const bool is_list = arguments.size() == 1 && arguments[0].kind == Argument::Kind::List;
  return is_list ? arguments[0].items : arguments;
}

void emit_branch(const ProgramGraph& branch, const std::vector<Value*>& operands, Block* block,
                 const Scope& scope) {
  if (branch.inputs.size() != operands.size())
    throw std::runtime_error("a branch takes other values than it is given");
  const torch::jit::WithInsertPoint inside(block);
  std::map<std::string, Value*> values;
  for (size_t i = 0; i < operands.size(); ++i) values[branch.inputs[i].name] = operands[i];
  Scope inner = scope;
  inner.value = [&](const std::string& name) { return values.at(name); };
  inner.define = [&](const std::string& name, Value* value) { values[name] = value; };
  for (const auto& node : branch.nodes) emit_node(node, inner);
  for (const auto& output : in_one_list(branch.outputs))
    block->registerOutput(emit_argument(output, c10::AnyType::get(), inner));
}

}  // namespace

void emit_cond(const ProgramNode& node, const Scope& scope) {
  const auto& inputs = node.inputs;
  if (inputs.size() < 3 || !inputs[1].argument.graph || !inputs[2].argument.graph)
    throw std::runtime_error("its branches are missing");
  Value* condition = emit_argument(inputs[0].argument, c10::BoolType::get(), scope);
  if (condition->type()->kind() == c10::TypeKind::TensorType)
    condition = scope.graph.insert(c10::aten::Bool, {condition});
  std::vector<Argument> given;
  for (size_t i = 3; i < inputs.size(); ++i) given.push_back(inputs[i].argument);
  std::vector<Value*> operands;
  for (const auto& argument : in_one_list(given))
    operands.push_back(emit_argument(argument, c10::AnyType::get(), scope));
  auto* choice = scope.graph.insertNode(scope.graph.create(c10::prim::If, {condition}, 0));
  emit_branch(*inputs[1].argument.graph, operands, choice->addBlock(), scope);
  emit_branch(*inputs[2].argument.graph, operands, choice->addBlock(), scope);
  const auto yes = choice->blocks()[0]->outputs(), no = choice->blocks()[1]->outputs();
  const auto results = in_one_list(node.outputs);
  if (yes.size() != no.size() || results.size() != yes.size())
    throw std::runtime_error("its branches give different numbers of results");
  for (size_t i = 0; i < yes.size(); ++i) {
    if (*yes[i]->type() != *no[i]->type())
      throw std::runtime_error("its branches give results of different types");
    Value* result = choice->addOutput()->setType(yes[i]->type());
    if (results[i].is_value()) scope.define(results[i].name, result);
  }
}

}  // namespace actsparse::exported
