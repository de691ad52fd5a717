#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/ir/constants.h>

#include "compact/rules/contraction.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

bool all_zero(const c10::IValue& padding) {
  if (!padding.isIntList()) return padding.isString() && padding.toStringRef() == "valid";
  const auto sizes = padding.toIntVector();
  return std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size == 0; });
}

// By the flag of the operators that have one, else by name. Nothing if the flag is computed.
std::optional<bool> is_transposed(const torch::jit::Node& node) {
  const auto flag = node.maybeSchema()->argumentIndexWithName("transposed");
  if (!flag)
    return std::string(node.kind().toUnqualString()).find("transpose") != std::string::npos;
  const auto value = torch::jit::toIValue(node.inputs().at(*flag));
  return value ? std::optional(value->toBool()) : std::nullopt;
}

// One convolution node with weights as [groups, outputs, inputs, kernel...].
struct Kernel {
  explicit Kernel(const Visit& visit) {
    weight = visit.constant(visit.input("weight"));
    bias = visit.optional_constant(visit.input("bias"));
    groups = visit.value(visit.input("groups")).toInt();
    is_padded = !all_zero(visit.value(visit.input("padding")));
    const auto is_back = is_transposed(visit.node);
    visit.require(is_back.has_value(), "no rule");
    transposed = *is_back;
    const int64_t rank = visit.channels(0).dim();
    visit.require(rank == weight.dim() || rank + 1 == weight.dim(), "no rule");
    axis = rank == weight.dim() ? 1 : 0;
    visit.require(weight.is_floating_point() && weight.size(0) % groups == 0, "no rule");
  }

  at::Tensor grouped(const at::Tensor& tensor) const {
    auto sizes = tensor.sizes().vec();
    sizes[0] /= groups;
    sizes.insert(sizes.begin(), groups);
    const auto split = tensor.reshape(sizes);
    return transposed ? split.transpose(1, 2) : split;
  }

  // The weight of the kept outputs and inputs. `out` [groups, outputs] and `in` [groups, inputs]
  // are bool, with equally many in each group of which any is left.
  at::Tensor reduced(const at::Tensor& out, const at::Tensor& in) const {
    std::vector<at::Tensor> parts;
    const auto all = grouped(weight);
    for (int64_t group = 0; group < groups; ++group) {
      const auto rows = out[group].nonzero().flatten(), columns = in[group].nonzero().flatten();
      if (columns.numel() == 0) continue;
      const auto part = all[group].index_select(0, rows.to(weight.device()));
      const auto kept = part.index_select(1, columns.to(weight.device()));
      parts.push_back(transposed ? kept.transpose(0, 1) : kept);
    }
    return at::cat(parts, 0).contiguous();
  }

  at::Tensor weight, bias;
  int64_t groups = 1, axis = 1;  // the channels' axis: 0 of one sample without a batch
  bool is_padded = false, transposed = false;
};

Contraction contraction_of(const Visit& visit, const Kernel& kernel) {
  const auto input = visit.along(0, kernel.axis);
  const auto weight = kernel.grouped(kernel.weight).detach().to(at::kCPU, at::kDouble);
  const auto flat = weight.reshape({weight.size(0), weight.size(1), weight.size(2), -1});
  const auto bias = kernel.bias.defined()
                        ? kernel.bias.detach().to(at::kCPU, at::kDouble)
                        : at::zeros({weight.size(0) * weight.size(1)}, at::kDouble);
  return {input.ids.view({kernel.groups, -1}),
          input.known.view({kernel.groups, -1}),
          flat.sum(3),
          flat.ne(0).any(3),
          bias.view({kernel.groups, -1}),
          kernel.is_padded || kernel.transposed};
}

// What is kept for the edit.
struct Parts {
  Kernel kernel;
  Contraction contraction;
  Channels input, output;
  at::Tensor out;  // ids, [groups, outputs]
  Gather gather;
};

Reading reading_of(const Kernel& kernel, const Channels& input, const Channels& output,
                   int64_t outputs) {
  const auto plane = [&](const Channels& channels) {
    return static_cast<double>(channels.ids.numel()) /
           static_cast<double>(channels.ids.size(kernel.axis));
  };
  const auto taps = static_cast<double>(kernel.weight[0][0].numel());
  return {taps * static_cast<double>(outputs) * plane(kernel.transposed ? input : output),
          plane(input) * static_cast<double>(kernel.weight.element_size())};
}

void shrink(Rewrite& rewrite, const Arguments& arguments, const Parts& parts) {
  const auto& [kernel, contraction, input, output, out, gather] = parts;
  auto& node = arguments.node;
  const auto rows = rewrite.kept(output, kernel.axis);
  auto columns = rewrite.kept(input, kernel.axis);
  const auto picked =
      worth_picking(gather, contraction, rows, columns,
                    reading_of(kernel, input, output, rewrite.kept_count(output, kernel.axis)));
  if (picked.defined()) {
    rewrite.index_select(node, arguments.input("input"), kernel.axis,
                         places_among(picked, columns));
    columns = picked;
  }
  if (!rows.defined() && !columns.defined()) return;
  const auto in_kept = is_among(columns, contraction.in), out_kept = is_among(rows, out);
  rewrite.set(node, arguments.input("weight"), kernel.reduced(out_kept, in_kept));
  const auto extra = of_removed(contraction, in_kept);
  if (kernel.bias.defined() || extra.ne(0).any().item<bool>())
    rewrite.set(node, arguments.input("bias"),
                sliced((contraction.bias + extra).flatten(), 0, rows).to(kernel.weight.options()));
  const int64_t groups = in_kept.any(1).sum().item<int64_t>();
  if (groups != kernel.groups) rewrite.set(node, arguments.input("groups"), groups);
}

void convolution(Visit& visit) {
  const Kernel kernel(visit);
  const auto contraction = contraction_of(visit, kernel);
  const auto out = visit.findings.ids.fresh(contraction.bias.numel()).view_as(contraction.bias);
  const auto known = contract(visit, contraction, out);
  const Channels input = visit.channels(0);
  const Channels output = spread_over(out, known, kernel.axis, visit.output_sizes());
  if (kernel.groups > 1)
    visit.findings.constraints.balances.push_back({contraction.in, out, &visit.node});
  visit.give(output);
  visit.edit(
      [parts = Parts{kernel, contraction, input, output, out, visit.gather}](
          Rewrite& rewrite, const Arguments& arguments) { shrink(rewrite, arguments, parts); });
}

// Each output sums over one row of the weight; of a transposed one each input does.
int64_t convolution_macs(const torch::jit::Node& node, const Trace& trace) {
  const auto weight = trace.sizes(node.inputs().at(1));
  if (weight.empty()) return 0;
  const bool is_back = is_transposed(node).value_or(false);
  return product(trace.sizes(is_back ? node.inputs().at(0) : node.output())) *
         product(weight.slice(1));
}

at::Tensor fold_into_filters(const Arguments& arguments, const at::Tensor& weight,
                             const at::Tensor& factors) {
  arguments.require(is_transposed(arguments.node) == false, "it is a transposed convolution");
  const auto groups = torch::jit::toIValue(arguments.node.inputs().at(arguments.input("groups")));
  arguments.require(groups.has_value(), "its groups are not constant");
  return masked_columns(weight, factors, groups->toInt());
}

}  // namespace

Rows convolution_rows() {
  return {{{"aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::_convolution",
            "aten::convolution", "aten::_convolution_mode", "aten::conv_transpose1d",
            "aten::conv_transpose2d", "aten::conv_transpose3d"},
           convolution,
           convolution_macs,
           /*axis=*/1,
           fold_into_filters}};
}

}  // namespace actsparse::rules
