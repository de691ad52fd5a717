#include "model/slow_path.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir_views.h>
#include <torch/csrc/jit/runtime/operator.h>
#include <torch/jit.h>

#include <algorithm>
#include <set>
#include <string>

#include "model/inline_calls.h"
#include "model/own_types.h"

namespace actsparse {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;

// aten::_native_multi_head_attention and aten::_transformer_encoder_layer_fwd, argument by argument
// (torch/nn/modules/activation.py and transformer.py; Vaswani et al. 2017, arXiv:1706.03762).
constexpr const char* source = R"(
def attend(q, k, v, heads: int, mask: Optional[Tensor], mask_type: Optional[int]) -> Tuple[Tensor, Tensor]:
    q = q.reshape(q.size(0), q.size(1), heads, -1).transpose(1, 2)
    k = k.reshape(k.size(0), k.size(1), heads, -1).transpose(1, 2)
    v = v.reshape(v.size(0), v.size(1), heads, -1).transpose(1, 2)
    scores = torch.matmul(q * float(q.size(3)) ** -0.5, k.transpose(2, 3))
    if mask is not None:
        dropped = mask
        if mask_type is not None and mask_type == 1:
            dropped = mask.reshape(k.size(0), 1, 1, k.size(2))
        scores = scores.masked_fill(dropped, float('-inf'))
    weights = torch.softmax(scores, -1)
    answer = torch.matmul(weights, v).transpose(1, 2)
    return answer.reshape(answer.size(0), answer.size(1), -1), weights

def self_attention(query, key, value, embed_dim: int, num_head: int, qkv_weight, qkv_bias, proj_weight, proj_bias,
                   mask: Optional[Tensor], need_weights: bool, average_attn_weights: bool,
                   mask_type: Optional[int]) -> Tuple[Tensor, Tensor]:
    q, k, v = torch.chunk(torch.linear(query, qkv_weight, qkv_bias), 3, -1)
    answer, weights = attend(q, k, v, num_head, mask, mask_type)
    if need_weights and average_attn_weights:
        weights = weights.mean(1)
    return torch.linear(answer, proj_weight, proj_bias), weights

def cross_attention(query, key, value, embed_dim: int, num_head: int, qkv_weight, qkv_bias, proj_weight, proj_bias,
                    mask: Optional[Tensor], need_weights: bool, average_attn_weights: bool,
                    mask_type: Optional[int]) -> Tuple[Tensor, Tensor]:
    w_q, w_k, w_v = torch.chunk(qkv_weight, 3, 0)
    b_q, b_k, b_v = torch.chunk(qkv_bias, 3, 0)
    answer, weights = attend(torch.linear(query, w_q, b_q), torch.linear(key, w_k, b_k),
                             torch.linear(value, w_v, b_v), num_head, mask, mask_type)
    if need_weights and average_attn_weights:
        weights = weights.mean(1)
    return torch.linear(answer, proj_weight, proj_bias), weights

def attention_block(x, embed_dim: int, num_heads: int, qkv_weight, qkv_bias, proj_weight, proj_bias,
                    mask: Optional[Tensor], mask_type: Optional[int]):
    q, k, v = torch.chunk(torch.linear(x, qkv_weight, qkv_bias), 3, -1)
    return torch.linear(attend(q, k, v, num_heads, mask, mask_type)[0], proj_weight, proj_bias)

def hidden_block(x, use_gelu: bool, weight_1, bias_1, weight_2, bias_2):
    hidden = torch.linear(x, weight_1, bias_1)
    if use_gelu:
        hidden = torch.gelu(hidden)
    else:
        hidden = torch.relu(hidden)
    return torch.linear(hidden, weight_2, bias_2)

def encoder_layer(src, embed_dim: int, num_heads: int, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu: bool,
                  norm_first: bool, eps: float, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1,
                  ffn_bias_1, ffn_weight_2, ffn_bias_2, mask: Optional[Tensor], mask_type: Optional[int]):
    width = [embed_dim]
    x = src
    if norm_first:
        x = torch.layer_norm(x, width, norm_weight_1, norm_bias_1, eps)
    x = src + attention_block(x, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, mask_type)
    if not norm_first:
        x = torch.layer_norm(x, width, norm_weight_1, norm_bias_1, eps)
    y = x
    if norm_first:
        y = torch.layer_norm(y, width, norm_weight_2, norm_bias_2, eps)
    x = x + hidden_block(y, use_gelu, ffn_weight_1, ffn_bias_1, ffn_weight_2, ffn_bias_2)
    if not norm_first:
        x = torch.layer_norm(x, width, norm_weight_2, norm_bias_2, eps)
    return x
)";

const c10::Symbol attention = c10::Symbol::fromQualString("aten::_native_multi_head_attention");
const c10::Symbol encoder_layer =
    c10::Symbol::fromQualString("aten::_transformer_encoder_layer_fwd");

// That makes the nested tensors which the others then work on.
bool makes_nested(const Node& node) {
  static const auto from_mask = c10::Symbol::fromQualString("aten::_nested_tensor_from_mask");
  return node.kind() == from_mask;
}

bool is_fast(const Node& node) {
  return node.kind() == attention || node.kind() == encoder_layer || makes_nested(node);
}

template <class Visit>
void for_each(Block& block, const Visit& visit) {
  for (auto it = block.nodes().begin(); it != block.nodes().end();) {
    Node* const node = *it++;  // a visit may destroy it
    for (Block* inner : node->blocks()) for_each(*inner, visit);
    visit(*node);
  }
}

bool holds_fast(Block& block) {
  const auto nodes = block.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* node) { return is_fast(*node); });
}

void avoid(Node& branch) {
  if (branch.kind() != c10::prim::If) return;
  for (const size_t place : {0, 1}) {
    if (!holds_fast(*branch.blocks().at(place))) continue;
    const torch::jit::WithInsertPoint guard(&branch);
    branch.replaceInput(0, branch.owningGraph()->insertConstant(place == 1));
  }
}

std::string function_for(const Node& node) {
  if (node.kind() == encoder_layer) return "encoder_layer";
  const bool is_self = node.inputs()[0] == node.inputs()[1] && node.inputs()[0] == node.inputs()[2];
  return is_self ? "self_attention" : "cross_attention";
}

std::shared_ptr<Graph> slow_graph(const std::string& function) {
  static const auto unit = torch::jit::compile(source);
  auto graph = torch::jit::toGraphFunction(unit->get_function(function)).graph()->copy();
  inline_calls(*graph);
  return graph;
}

void expand(Node& node) {
  const auto graph = slow_graph(function_for(node));
  const torch::jit::WithInsertPoint guard(&node);
  auto made = torch::jit::insertGraph(*node.owningGraph(), *graph, node.inputs());
  if (made.size() == 1 && node.outputs().size() == 2)
    made = torch::jit::createTupleUnpack(made[0]).vec();
  for (size_t i = 0; i < node.outputs().size(); ++i)
    node.outputs()[i]->replaceAllUsesWith(made.at(i));
  node.destroy();
}

bool has_fast(Block& block) {
  bool found = false;
  for_each(block, [&](const Node& node) { found = found || is_fast(node); });
  return found;
}

// What is left in the open: the branches that held others are never taken.
void expand_open(Graph& graph) {
  std::vector<Node*> open;
  bool is_nested = false;
  for (Node* node : graph.nodes()) {
    is_nested = is_nested || makes_nested(*node);
    if (is_fast(*node)) open.push_back(node);
  }
  if (!is_nested)
    for (Node* node : open) expand(*node);
}

std::vector<std::shared_ptr<Graph>> graphs_of(const Module& model) {
  std::vector<std::shared_ptr<Graph>> graphs;
  std::set<const c10::ClassType*> seen;
  for (const Module& module : model.modules())
    if (seen.insert(module.type().get()).second)
      for (const auto& method : module.get_methods())
        graphs.push_back(torch::jit::toGraphFunction(method.function()).graph());
  return graphs;
}

}  // namespace

bool has_own_fast_path(const Module& module) {
  const auto methods = module.get_methods();
  return std::any_of(methods.begin(), methods.end(), [](const auto& method) {
    return has_fast(*torch::jit::toGraphFunction(method.function()).graph()->block());
  });
}

bool has_fast_path(const Module& model) {
  const auto graphs = graphs_of(model);
  return std::any_of(graphs.begin(), graphs.end(),
                     [](const auto& graph) { return has_fast(*graph->block()); });
}

void take_slow_path(const Module& clone) {
  for (const auto& graph : graphs_of(clone)) {
    for_each(*graph->block(), avoid);
    expand_open(*graph);
  }
}

Module slow_clone(const Module& model) {
  std::vector<std::string> all;
  for (const auto& named : model.named_modules()) all.push_back(named.name);
  Module clone = clone_with_own_types(model, all);
  take_slow_path(clone);
  return clone;
}

}  // namespace actsparse
