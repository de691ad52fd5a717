#include "model/compile_source.h"

#include <torch/csrc/api/include/torch/jit.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <regex>

#include "base/error.h"
#include "model/check_source.h"
#include "model/guard_division.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using torch::jit::CompilationUnit;

std::string without_end(std::string text, const std::string& end) {
  const bool ends =
      text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
  return ends ? text.substr(0, text.size() - end.size()) : text;
}

// What to do about two mistakes that come from habits of Python.
std::string advice(const std::string& cause) {
  if (cause.rfind("expected def", 0) == 0)
    return "; a functions file holds functions and comments only, no imports";
  const bool raises = std::regex_match(cause, std::regex("undefined value \\w*(Error|Exception)"));
  return raises ? "; write assert instead of raise" : "";
}

Error compile_error(const std::string& label, const std::string& text) {
  std::smatch place;
  const bool placed = std::regex_search(text, place, std::regex(", line ([0-9]+)"));
  const std::string cause = without_end(without_end(first_line(text), ":"), " here");
  const auto where = placed ? label + ", line " + place[1].str() : label;
  return Error(ErrorKind::Function, where + ": does not compile: " + cause + advice(cause))
      .with_details(text);
}

std::shared_ptr<CompilationUnit> compile(const std::string& label, const std::string& text) {
  try {
    guard_division();
    check_source(text);
    return torch::jit::compile(text);
  } catch (const std::exception& error) {  // not always a c10::Error
    throw compile_error(label, error.what());
  }
}

// A config may come from anywhere: its functions compute, and do nothing else.
void refuse_file_access(const torch::jit::Block& block, const std::string& place) {
  for (const auto* node : block.nodes()) {
    const std::string name = node->kind().toQualString();
    if (name == "aten::from_file" || name == "aten::save" || name.rfind("c10d::", 0) == 0)
      throw Error(ErrorKind::Function,
                  place + " calls " + node->kind().toUnqualString() +
                      ", which reaches beyond tensors; a function may compute only");
    for (const auto* inner : node->blocks()) refuse_file_access(*inner, place);
  }
}

CompiledFunction callable(const std::shared_ptr<CompilationUnit>& unit,
                          torch::jit::Function* function) {
  const auto call = [unit, function](std::vector<c10::IValue> arguments,
                                     const CompiledFunction::Keywords& keywords) {
    try {
      return (*function)(std::move(arguments), keywords);
    } catch (const std::exception& error) {
      throw Error(ErrorKind::Function, torchscript_cause(error.what())).with_details(error.what());
    }
  };
  return {function->name(), function->getSchema(), call};
}

}  // namespace

std::vector<CompiledFunction> compile_source(const std::string& label, const std::string& text) {
  const auto unit = compile(label, text);
  std::vector<CompiledFunction> functions;
  for (auto* function : unit->get_functions()) {
    refuse_file_access(*torch::jit::toGraphFunction(*function).graph()->block(),
                       label + ": '" + function->name() + "'");
    functions.push_back(callable(unit, function));
  }
  return functions;
}

}  // namespace actsparse
