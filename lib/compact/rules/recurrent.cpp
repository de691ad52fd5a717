// LSTM, GRU and RNN.
#include <torch/csrc/jit/ir/constants.h>

#include "compact/rules/contraction.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// They read their input through the columns of the first layer's weights.
void recurrent(Visit& visit) {
  const auto params = visit.node.inputs().at(visit.input("params"));
  visit.require(visit.node.maybeSchema()->arguments().at(2).name() == "params", "no rule");
  visit.require(params->node()->kind() == c10::prim::ListConstruct, "no rule");
  const bool has_biases = visit.value(visit.input("has_biases")).toBool();
  const bool both_ways = visit.value(visit.input("bidirectional")).toBool();
  const auto layers = visit.value(visit.input("num_layers")).toInt();
  const size_t tensors = params->node()->inputs().size();
  const size_t directions = both_ways ? 2 : 1, per_direction = tensors / (layers * directions);
  visit.require(per_direction == (has_biases ? 4 : 2), "it has projections");
  std::vector<size_t> weights;
  for (size_t direction = 0; direction < directions; ++direction)
    weights.push_back(direction * per_direction);
  // They are none in a model that writes to a tensor of its own, which what lists hold may be.
  for (const size_t weight : weights)
    visit.require(torch::jit::toIValue(params->node()->inputs().at(weight)).has_value(),
                  "its weights may be written to");
  const Channels input = visit.channels(0);
  const auto columns = visit.along(0, input.dim() - 1);
  for (size_t i = 1; i < visit.node.inputs().size(); ++i)
    if (visit.is_tensor(i)) visit.keep(visit.channels(i).ids, "no rule");
  auto unknown = columns.known.ne(0);  // NaN too
  visit.keep(columns.ids.masked_select(unknown), "");
  for (size_t i = 0; i < visit.node.outputs().size(); ++i)
    visit.give(whole(visit.output_sizes(i)), i);
  visit.edit([input, weights](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, input.dim() - 1);
    if (!index.defined()) return;
    const size_t place = arguments.input("params");
    for (const size_t weight : weights) {
      const auto value =
          torch::jit::toIValue(arguments.node.inputs().at(place)->node()->inputs().at(weight));
      rewrite.set_element(arguments.node, place, weight,
                          sliced(value->toTensor(), 1, index).contiguous());
    }
  });
}

// Every step multiplies with all weights.
int64_t recurrent_macs(const torch::jit::Node& node, const Trace& trace) {
  const auto input = trace.sizes(node.inputs().at(0));
  const auto* const params = trace.value(node.inputs().at(2));
  if (input.size() < 2 || params == nullptr || !params->isTensorList()) return 0;
  int64_t per_step = 0;
  for (const at::Tensor& weight : params->toTensorVector())
    if (weight.dim() == 2) per_step += weight.numel();
  return per_step * product(input.slice(0, input.size() - 1));
}

}  // namespace

Rows recurrent_rows() {
  return {{{"aten::lstm", "aten::gru", "aten::rnn_tanh", "aten::rnn_relu"},
           recurrent,
           recurrent_macs,
           /*axis=*/-1}};
}

}  // namespace actsparse::rules
