#include "model/linear_node.h"

#include <torch/csrc/jit/ir/constants.h>

#include <set>
#include <string>
#include <utility>

namespace actsparse {
namespace {

using torch::jit::Node;

// The constant that an argument is; nothing if it is computed, or the operator has none such.
std::optional<c10::IValue> constant_argument(const Node& node, const char* argument) {
  const auto* schema = node.maybeSchema();
  if (schema == nullptr) return std::nullopt;
  const auto place = schema->argumentIndexWithName(argument);
  if (!place) return std::nullopt;
  const auto value = torch::jit::toIValue(node.inputs().at(static_cast<size_t>(*place)));
  return value ? std::optional<c10::IValue>(*value) : std::nullopt;
}

std::optional<std::vector<int64_t>> size_list(const Node& node, const char* argument) {
  const auto value = constant_argument(node, argument);
  if (!value || !value->isIntList()) return std::nullopt;
  return value->toIntVector();
}

// padding="same" puts one more zero behind than before, where their number is odd.
std::optional<Window> padded_by_name(const Node& node, ConvolutionArguments arguments) {
  const auto name = constant_argument(node, "padding");
  if (!name || !name->isString()) return std::nullopt;
  Window window = window_of(std::move(arguments));
  if (name->toStringRef() == "valid") return window;
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    const int64_t total = window.dilation[i] * (window.kernel[i] - 1);
    window.before[i] = total / 2;
    window.after[i] = total - total / 2;
  }
  return window;
}

std::optional<bool> is_transposed(const Node& node) {
  const auto* schema = node.maybeSchema();
  if (schema == nullptr) return std::nullopt;
  if (!schema->argumentIndexWithName("transposed"))
    return std::string(node.kind().toUnqualString()).find("transpose") != std::string::npos;
  const auto value = constant_argument(node, "transposed");
  return value && value->isBool() ? std::optional(value->toBool()) : std::nullopt;
}

std::optional<Window> convolution_window(const Node& node, at::IntArrayRef kernel) {
  ConvolutionArguments arguments;
  arguments.kernel = kernel.vec();
  const auto stride = size_list(node, "stride"), dilation = size_list(node, "dilation");
  const auto groups = constant_argument(node, "groups");
  const auto transposed = is_transposed(node);
  if (!stride || !dilation || !groups || !groups->isInt() || !transposed) return std::nullopt;
  arguments.stride = *stride;
  arguments.dilation = *dilation;
  arguments.groups = groups->toInt();
  arguments.transposed = *transposed;
  if (*transposed) {
    const auto output_padding = size_list(node, "output_padding");
    if (!output_padding) return std::nullopt;
    arguments.output_padding = *output_padding;
  }
  const auto padding = size_list(node, "padding");
  if (!padding) return padded_by_name(node, std::move(arguments));
  arguments.padding = *padding;
  return window_of(std::move(arguments));
}

}  // namespace

bool is_linear_node(const Node& node) {
  static const std::set<std::string> names = {
      "aten::linear",           "aten::conv1d",           "aten::conv2d",
      "aten::conv3d",           "aten::_convolution",     "aten::conv_transpose1d",
      "aten::conv_transpose2d", "aten::conv_transpose3d", "aten::convolution"};
  return names.count(node.kind().toQualString()) != 0;
}

std::optional<LinearNode> linear_node(const Node& node, at::IntArrayRef kernel) {
  if (!is_linear_node(node)) return std::nullopt;
  if (node.kind() == c10::aten::linear) return LinearNode{};
  const auto window = convolution_window(node, kernel);
  return window ? std::optional(LinearNode{*window}) : std::nullopt;
}

}  // namespace actsparse
