#include "model/contraction.h"

#include <map>

#include "model/linear_node.h"

namespace actsparse {

std::vector<Contraction> contractions(const torch::jit::Node& node) {
  if (node.kind() == c10::aten::linear) return {{0, 1, true, -1}};
  if (is_linear_node(node)) return {{0, 1, true, 0}};
  static const std::map<std::string, size_t> first_operand = {{"aten::matmul", 0},
                                                              {"aten::mm", 0},
                                                              {"aten::bmm", 0},
                                                              {"aten::addmm", 1},
                                                              {"aten::baddbmm", 1}};
  const auto found = first_operand.find(node.kind().toQualString());
  if (found == first_operand.end()) return {};
  const size_t first = found->second;
  return {{first, first + 1, false, -1}, {first + 1, first, true, -2}};
}

std::string layer_type_of(const torch::jit::Node& node) {
  static const std::map<std::string, std::string> types = {
      {"aten::conv1d", "Conv1d"},
      {"aten::conv2d", "Conv2d"},
      {"aten::conv3d", "Conv3d"},
      {"aten::conv_transpose1d", "ConvTranspose1d"},
      {"aten::conv_transpose2d", "ConvTranspose2d"},
      {"aten::conv_transpose3d", "ConvTranspose3d"},
      {"aten::_convolution", "Conv"},
      {"aten::convolution", "Conv"}};
  const auto found = types.find(node.kind().toQualString());
  return found == types.end() ? "Linear" : found->second;
}

}  // namespace actsparse
