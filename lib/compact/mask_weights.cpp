#include "compact/mask_weights.h"

#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>

#include "compact/folded_weight.h"
#include "model/layer_owner.h"
#include "model/layer_uses.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

bool is_own_weight(const Value& value) {
  const Node& read = *value.node();
  return read.kind() == c10::prim::GetAttr && read.s(c10::attr::name) == "weight" &&
         read.input() == read.owningGraph()->inputs().at(0);
}

// The one operator of a call that reads the input, in a graph without calls.
Node& only_reader(const LayerUse& call, Graph& graph) {
  torch::jit::Inline(graph);
  const auto& uses = graph.inputs().at(call.input->offset())->uses();
  Arguments::require(uses.size() == 1 && uses[0].offset == 0,
                     "its input is read by more than one operator");
  return *uses[0].user;
}

at::Tensor masked_weight(const Module& layer, const LayerUse& call, const at::Tensor& mask) {
  const auto graph = call.graph->copy();
  const Arguments arguments(only_reader(call, *graph));
  arguments.require(has_foldable_weight(arguments.node),
                    "it is no convolution and no linear layer");
  const Value& read = *arguments.node.inputs().at(1);
  arguments.require(is_own_weight(read) && read.uses().size() == 1,
                    "its weight is not read by its operator alone");
  const at::Tensor weight = layer.attr("weight").toTensor().detach();
  // A linear layer's input may have any rank, and its channels are the last axis of the mask too.
  const bool is_linear = weight.dim() == 2;
  return folded_weight(arguments, weight, mask,
                       is_linear ? std::max<int64_t>(1, mask.dim()) : weight.dim());
}

void fold(const Module& model, const MaskSite& site, const LayerUses& uses) {
  if (site.gate) throw NotUnderstood{"its gate looks at the input"};
  Module layer = find_owner(model, site.site.layer).module;
  const auto calls = uses.of(site.site);
  Arguments::require(calls.front().reader == nullptr, "its weight is read by a functional call");
  Arguments::require(calls.size() == 1, "it can be called in several ways");
  const at::Tensor weight = masked_weight(layer, calls.front(), site.mask);
  layer.setattr("weight", weight);
}

}  // namespace

MaskedWeights mask_weights(const Session& session, const std::vector<MaskSite>& sites) {
  std::vector<std::string> layers;
  for (const auto& site : sites) layers.push_back(site.site.layer);
  MaskedWeights result{clone_with_own_uses(session, layers), {}, {}, {}};
  const LayerUses uses(result.module, session.method);
  for (const auto& site : sites) try {
      fold(result.module, site, uses);
      result.folded.push_back(site.site.layer);
    } catch (const NotUnderstood& cause) {
      result.left.push_back(site);
      result.reasons.emplace_back(site.site.layer, cause.reason);
    }
  return result;
}

}  // namespace actsparse
