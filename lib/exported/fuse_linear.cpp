#include "exported/fuse_linear.h"

#include <algorithm>
#include <map>
#include <set>

#include "exported/call_tree.h"

namespace actsparse::exported {
namespace {

const Argument* find_argument(const ProgramNode& node, const std::string& name) {
  for (const auto& input : node.inputs)
    if (input.name == name) return &input.argument;
  return nullptr;
}

bool is_int(const Argument& argument, int64_t wanted) {
  return argument.kind == Argument::Kind::Constant && argument.constant.isInt() &&
         argument.constant.toInt() == wanted;
}

// Its second dimension first; of a matrix.
bool turns_matrix(const ProgramNode& node) {
  if (node.target == "torch.ops.aten.t.default") return true;
  if (node.target != "torch.ops.aten.permute.default") return false;
  const auto* dims = find_argument(node, "dims");
  return dims != nullptr && dims->items.size() == 2 && is_int(dims->items[0], 1) &&
         is_int(dims->items[1], 0);
}

class LinearLayers {
 public:
  explicit LinearLayers(Program& program) : program_(program) {
    for (const auto& input : program.inputs)
      if (input.kind == InputSpec::Kind::Parameter) {
        const auto shape = program.shapes.find(input.name);
        if (shape != program.shapes.end()) ranks_[input.name] = shape->second.sizes.size();
      }
    for (const auto& node : program.graph.nodes)
      for (const auto* value : values_read(node)) ++reads_[value->name];
    for (const auto& output : program.graph.outputs) ++reads_[output.name];
  }

  void fuse() {
    for (auto& node : program_.graph.nodes) {
      if (turns_matrix(node))
        note_turned(node);
      else if (node.target == "torch.ops.aten.mm.default")
        make_linear(node, find_argument(node, "self"), nullptr);
      else if (node.target == "torch.ops.aten.addmm.default" && node.inputs.size() == 3)
        make_linear(node, find_argument(node, "mat1"), find_argument(node, "self"));
      else if (is_view(node))
        note_view(node);
    }
    take_out_views();
  }

 private:
  bool is_parameter(const Argument* argument, size_t rank) const {
    if (argument == nullptr || !argument->is_value()) return false;
    const auto found = ranks_.find(argument->name);
    return found != ranks_.end() && found->second == rank;
  }

  void take_out_views() {
    std::vector<ProgramNode> kept;
    for (auto& node : program_.graph.nodes)
      if (taken_out_.count(&node) == 0) kept.push_back(std::move(node));
    program_.graph.nodes = std::move(kept);
  }

  static bool is_view(const ProgramNode& node) {
    return (node.target == "torch.ops.aten.view.default" ||
            node.target == "torch.ops.aten._unsafe_view.default" ||
            node.target == "torch.ops.aten.reshape.default") &&
           node.outputs.size() == 1 && find_argument(node, "self") != nullptr &&
           find_argument(node, "self")->is_value();
  }

  const std::vector<Size>* sizes_of(const std::string& name) const {
    const auto found = program_.shapes.find(name);
    return found == program_.shapes.end() || found->second.sizes.empty() ? nullptr
                                                                         : &found->second.sizes;
  }

  // A view of rows of a larger tensor, or one of a linear layer's rows that makes this tensor
  // again.
  void note_view(ProgramNode& node) {
    const std::string from = find_argument(node, "self")->name, to = node.outputs[0].name;
    const auto *before = sizes_of(from), *after = sizes_of(to);
    if (before == nullptr || after == nullptr) return;
    const auto linear = linears_.find(from);
    if (linear == linears_.end()) {
      if (after->size() == 2 && before->size() > 2 && before->back() == after->back())
        rows_of_[to] = from;
      return;
    }
    ProgramNode& layer = *linear->second;
    const auto rows = rows_of_.find(find_argument(layer, "input")->name);
    if (reads_[from] != 1 || rows == rows_of_.end()) return;
    const auto* whole = sizes_of(rows->second);
    const bool is_back = after->size() == whole->size() && after->back() == before->back() &&
                         std::equal(whole->begin(), whole->end() - 1, after->begin());
    if (!is_back) return;
    layer.inputs[0].argument.name = rows->second;
    layer.outputs = node.outputs;
    taken_out_.insert(&node);
  }

  void note_turned(const ProgramNode& node) {
    const auto* weight = find_argument(node, "self");
    if (is_parameter(weight, 2) && node.outputs.size() == 1)
      turned_[node.outputs[0].name] = *weight;
  }

  void make_linear(ProgramNode& node, const Argument* input, const Argument* bias) {
    const auto* second = find_argument(node, "mat2");
    if (input == nullptr || second == nullptr || !second->is_value()) return;
    const auto weight = turned_.find(second->name);
    if (weight == turned_.end() || (bias != nullptr && !is_parameter(bias, 1))) return;
    std::vector<NamedArgument> inputs = {{"input", *input}, {"weight", weight->second}};
    if (bias != nullptr) inputs.push_back({"bias", *bias});
    node.target = "torch.ops.aten.linear.default";
    node.inputs = std::move(inputs);
    if (node.outputs.size() == 1) linears_[node.outputs[0].name] = &node;
  }

  Program& program_;
  std::map<std::string, size_t> ranks_;          // of parameters
  std::map<std::string, Argument> turned_;       // the weight behind a turned one
  std::map<std::string, std::string> rows_of_;   // the tensor behind a matrix of its rows
  std::map<std::string, ProgramNode*> linears_;  // by what they make
  std::map<std::string, size_t> reads_;
  std::set<const ProgramNode*> taken_out_;
};

}  // namespace

void fuse_linear(Program& program) { LinearLayers(program).fuse(); }

}  // namespace actsparse::exported
