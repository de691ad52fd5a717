#include "compact/flat_text.h"

#include <torch/csrc/jit/ir/constants.h>

#include <map>
#include <sstream>

#include "compact/flat_model.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

template <class Items, class Text>
std::string joined(const Items& items, const Text& text) {
  std::string all;
  for (const auto& item : items) all += (all.empty() ? "" : ", ") + text(item);
  return all;
}

class Printer {
 public:
  explicit Printer(const FlatModel& flat) : flat_(flat) {}

  std::string print() {
    std::string text;
    for (const Node* node : flat_.graph->nodes())
      if (node->kind() != c10::prim::Constant) text += line(*node);
    return text + "return " + inputs(*flat_.graph->return_node()) + "\n";
  }

 private:
  std::string line(const Node& node) {
    const std::string arguments = inputs(node);
    const std::string results = joined(node.outputs(), [&](const Value* value) {
      return names_[value] = "%" + std::to_string(names_.size() + 1);
    });
    return (results.empty() ? "" : results + " = ") + node.kind().toUnqualString() + "(" +
           arguments + ")\n";
  }

  std::string inputs(const Node& node) {
    return joined(node.inputs(), [&](const Value* value) { return text(*value); });
  }

  std::string text(const Value& value) {
    if (const auto known = names_.find(&value); known != names_.end()) return known->second;
    const auto constant = torch::jit::toIValue(&value);
    if (!constant) return value.debugName().substr(0, value.debugName().find('.'));
    if (!constant->isTensor()) return constant->isNone() ? "None" : plain(*constant);
    const TensorName* const name = flat_.name_of(value);
    return (name == nullptr ? "" : name->path) + "[" +
           joined(constant->toTensor().sizes(), [](int64_t size) { return std::to_string(size); }) +
           "]";
  }

  static std::string plain(const c10::IValue& value) {
    std::ostringstream out;
    if (value.isDouble()) {
      out << value.toDouble();
      return out.str();
    }
    out << value;
    return out.str();
  }

  const FlatModel& flat_;
  std::map<const Value*, std::string> names_;
};

}  // namespace

std::string flat_text(const torch::jit::Module& module) {
  return Printer(flatten(module, "forward")).print();
}

}  // namespace actsparse
