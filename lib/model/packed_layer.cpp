#include "model/packed_layer.h"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/custom_class.h>

#include <optional>

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Node;
using torch::jit::Value;

std::optional<c10::OperatorHandle> find_operator(const char* name) {
  const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
  return found ? std::optional<c10::OperatorHandle>(*found) : std::nullopt;
}

IValue call(const char* name, torch::jit::Stack stack) {
  find_operator(name)->callBoxed(stack);
  return stack.at(0);
}

struct Geometry {
  std::vector<int64_t> stride = {1, 1}, padding = {0, 0}, dilation = {1, 1};
  int64_t groups = 1;
};

// One layer with its weights, which are packed for the size of the first input.
class PackedLayer : public torch::CustomClassHolder {
 public:
  PackedLayer(at::Tensor weight, at::Tensor bias, Geometry geometry)
      : weight_(std::move(weight)), bias_(std::move(bias)), geometry_(std::move(geometry)) {}

  void fuse_relu() { has_relu_ = true; }

  at::Tensor run(const at::Tensor& input) {
    const bool packable = input.scalar_type() == at::kFloat && input.device().is_cpu() &&
                          input.layout() == at::kStrided && input.numel() > 0;
    if (packable && weight_.dim() == 2 && input.dim() > 0) return run_linear(input);
    if (packable && weight_.dim() == 4 && input.dim() == 4)
      return run_packed(input.contiguous(at::MemoryFormat::ChannelsLast));
    return run_plain(input);
  }

 private:
  at::Tensor run_plain(const at::Tensor& input) const {
    const auto& [stride, padding, dilation, groups] = geometry_;
    const auto output = weight_.dim() == 2
                            ? at::linear(input, weight_, bias_)
                            : at::conv2d(input, weight_, bias_, stride, padding, dilation, groups);
    return has_relu_ ? at::relu(output) : output;
  }

  // The rows of a matrix are the pixels of one channels-last image: no copy either way.
  at::Tensor run_linear(const at::Tensor& input) {
    auto sizes = input.sizes().vec();
    const int64_t features = sizes.back();
    if (features != weight_.size(1)) return run_plain(input);  // which says what is wrong
    const auto rows = input.contiguous().view({1, -1, 1, features}).permute({0, 3, 1, 2});
    sizes.back() = weight_.size(0);
    return run_packed(rows).permute({0, 2, 3, 1}).reshape(sizes);
  }

  at::Tensor run_packed(const at::Tensor& input) {
    if (input.size(1) != weight_.size(1) * geometry_.groups) return run_plain(input);
    if (context_.isNone()) pack(input);
    return call("mkldnn_prepacked::conv2d_run", {input, context_}).toTensor();
  }

  void pack(const at::Tensor& input) {
    const auto weight = weight_.dim() == 2 ? weight_.unsqueeze(2).unsqueeze(3) : weight_;
    context_ = call("mkldnn_prepacked::conv2d_prepack",
                    {weight, bias_.defined() ? IValue(bias_) : IValue(), geometry_.stride,
                     geometry_.padding, geometry_.dilation, geometry_.groups, input.sizes().vec(),
                     std::string(has_relu_ ? "relu" : "none")});
  }

  at::Tensor weight_;
  at::Tensor bias_;  // undefined: none
  Geometry geometry_;
  bool has_relu_ = false;
  IValue context_;  // none before the first input
};

void run_packed_layer(torch::jit::Stack& stack) {
  const auto layer = torch::jit::pop(stack).toCustomClass<PackedLayer>();
  const at::Tensor input = torch::jit::pop(stack).toTensor();
  stack.emplace_back(layer->run(input));
}

// "actsparse::packed_layer", registered with LibTorch at the first call.
const char* packed_layer_op() {
  static const torch::class_<PackedLayer> type("actsparse", "PackedLayer");
  static const torch::jit::RegisterOperators registration({torch::jit::Operator(
      "actsparse::packed_layer(Tensor input, __torch__.torch.classes.actsparse.PackedLayer layer) "
      "-> Tensor",
      run_packed_layer, c10::AliasAnalysisKind::FROM_SCHEMA)});
  return "actsparse::packed_layer";
}

std::optional<IValue> constant_input(const Node& node, const char* input) {
  const auto value = torch::jit::toIValue(node.namedInput(input));
  return value ? std::optional<IValue>(*value) : std::nullopt;
}

bool is_packable(const std::optional<IValue>& weight, int64_t dim) {
  if (!weight || !weight->isTensor() || !weight->toTensor().defined()) return false;
  const auto& tensor = weight->toTensor();
  return tensor.dim() == dim && tensor.scalar_type() == at::kFloat && tensor.device().is_cpu() &&
         tensor.layout() == at::kStrided && tensor.numel() > 0;
}

std::optional<std::vector<int64_t>> two_integers(const Node& node, const char* input) {
  const auto value = constant_input(node, input);
  if (!value || !value->isIntList()) return std::nullopt;  // padding="same"
  auto integers = value->toIntVector();
  if (integers.size() == 1) integers.push_back(integers[0]);
  return integers.size() == 2 ? std::optional(integers) : std::nullopt;
}

std::optional<Geometry> convolution_geometry(const Node& node) {
  if (node.kind() == c10::aten::_convolution) {
    const auto transposed = constant_input(node, "transposed");
    if (!transposed || transposed->toBool()) return std::nullopt;
  }
  const auto stride = two_integers(node, "stride");
  const auto padding = two_integers(node, "padding");
  const auto dilation = two_integers(node, "dilation");
  const auto groups = constant_input(node, "groups");
  if (!stride || !padding || !dilation || !groups) return std::nullopt;
  return Geometry{*stride, *padding, *dilation, groups->toInt()};
}

std::optional<Geometry> geometry_of(const Node& node) {
  if (node.kind() == c10::aten::linear)
    return is_packable(constant_input(node, "weight"), 2) ? std::optional(Geometry{})
                                                          : std::nullopt;
  if (node.kind() != c10::aten::conv2d && node.kind() != c10::aten::_convolution)
    return std::nullopt;
  return is_packable(constant_input(node, "weight"), 4) ? convolution_geometry(node) : std::nullopt;
}

c10::intrusive_ptr<PackedLayer> packed_layer(const Node& node) {
  const auto geometry = geometry_of(node);
  const auto bias = geometry ? constant_input(node, "bias") : std::nullopt;
  if (!bias) return {};
  return c10::make_intrusive<PackedLayer>(constant_input(node, "weight")->toTensor(),
                                          bias->isTensor() ? bias->toTensor() : at::Tensor(),
                                          *geometry);
}

// The relu that alone reads `output`, if there is one.
Node* only_relu(Value* output) {
  if (output->uses().size() != 1) return nullptr;
  Node* user = output->uses()[0].user;
  const bool is_relu = user->kind() == c10::aten::relu || user->kind() == c10::aten::relu_;
  return is_relu && user->owningBlock() == output->node()->owningBlock() ? user : nullptr;
}

void pack_node(Node& node, const c10::intrusive_ptr<PackedLayer>& layer) {
  auto& graph = *node.owningGraph();
  const torch::jit::WithInsertPoint guard(&node);
  Node* relu = only_relu(node.output());
  if (relu != nullptr) layer->fuse_relu();
  const auto packed = torch::jit::insertConstant(graph, IValue(layer));
  Value* output = graph
                      .insertNode(graph.create(c10::Symbol::fromQualString(packed_layer_op()),
                                               {node.inputs().at(0), packed}))
                      ->output();
  node.output()->replaceAllUsesWith(output);
  if (relu == nullptr) return;
  relu->output()->replaceAllUsesWith(output);
  relu->destroy();
}

void pack_block(torch::jit::Block& block) {
  std::vector<Node*> nodes;
  for (Node* node : block.nodes()) {
    for (auto* inner : node->blocks()) pack_block(*inner);
    if (geometry_of(*node)) nodes.push_back(node);
  }
  for (Node* node : nodes) {
    const auto layer = packed_layer(*node);
    if (!layer) continue;
    pack_node(*node, layer);
    node->destroy();
  }
}

}  // namespace

void pack_layers(const std::shared_ptr<torch::jit::Graph>& graph) {
  if (!at::globalContext().userEnabledMkldnn() || !find_operator("mkldnn_prepacked::conv2d_run"))
    return;
  packed_layer_op();
  pack_block(*graph->block());
}

}  // namespace actsparse
