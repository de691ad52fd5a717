#include "compact/rule.h"

#include <string>
#include <unordered_map>

namespace actsparse {
namespace {

using Names = std::vector<const char*>;

void add(std::unordered_map<c10::Symbol, Rule>& rules, Rule rule, const Names& names) {
  for (const char* name : names) rules[c10::Symbol::fromQualString(name)] = rule;
}

std::unordered_map<c10::Symbol, Rule> make_table() {
  std::unordered_map<c10::Symbol, Rule> rules;
  add(rules, convolution,
      {"aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::_convolution", "aten::convolution",
       "aten::conv_transpose1d", "aten::conv_transpose2d", "aten::conv_transpose3d"});
  add(rules, linear, {"aten::linear", "aten::addmm"});
  add(rules, matmul_with_constant, {"aten::matmul", "aten::mm"});
  add(rules, recurrent, {"aten::lstm", "aten::gru", "aten::rnn_tanh", "aten::rnn_relu"});
  add(rules, elementwise, {"aten::relu",        "aten::relu6",       "aten::hardswish",
                           "aten::hardsigmoid", "aten::hardtanh",    "aten::silu",
                           "aten::gelu",        "aten::sigmoid",     "aten::tanh",
                           "aten::leaky_relu",  "aten::elu",         "aten::selu",
                           "aten::celu",        "aten::mish",        "aten::softplus",
                           "aten::softsign",    "aten::hardshrink",  "aten::softshrink",
                           "aten::threshold",   "aten::log_sigmoid", "aten::clamp",
                           "aten::clamp_min",   "aten::clamp_max",   "aten::abs",
                           "aten::neg",         "aten::exp",         "aten::log",
                           "aten::sqrt",        "aten::rsqrt",       "aten::square",
                           "aten::reciprocal",  "aten::rsub",        "aten::sin",
                           "aten::cos",         "aten::erf",         "aten::floor",
                           "aten::round",       "aten::dropout",     "aten::feature_dropout",
                           "aten::to",          "aten::type_as",     "aten::float",
                           "aten::half",        "aten::double"});
  add(rules, binary,
      {"aten::add", "aten::sub", "aten::mul", "aten::div", "aten::maximum", "aten::minimum",
       "aten::pow"});
  add(rules, prelu, {"aten::prelu"});
  add(rules, pooling,
      {"aten::max_pool1d", "aten::max_pool2d", "aten::max_pool3d", "aten::avg_pool1d",
       "aten::avg_pool2d", "aten::avg_pool3d", "aten::adaptive_avg_pool1d",
       "aten::adaptive_avg_pool2d", "aten::adaptive_avg_pool3d", "aten::upsample_nearest1d",
       "aten::upsample_nearest2d", "aten::upsample_nearest3d", "aten::upsample_linear1d",
       "aten::upsample_bilinear2d", "aten::upsample_trilinear3d", "aten::upsample_bicubic2d"});
  add(rules, mean, {"aten::mean", "aten::sum", "aten::amax", "aten::amin"});
  add(rules, batch_norm, {"aten::batch_norm"});
  add(rules, instance_norm, {"aten::instance_norm"});
  add(rules, group_norm, {"aten::group_norm"});
  add(rules, over_axes, {"aten::layer_norm", "aten::softmax", "aten::log_softmax"});
  add(rules, movement,
      {"aten::permute", "aten::transpose", "aten::t", "aten::movedim", "aten::flatten",
       "aten::unsqueeze", "aten::squeeze", "aten::contiguous", "aten::clone", "aten::flip",
       "aten::cat", "aten::stack", "aten::pixel_shuffle", "aten::pixel_unshuffle", "aten::repeat",
       "aten::roll"});
  add(rules, resize, {"aten::view", "aten::reshape", "aten::unflatten", "aten::expand"});
  add(rules, split, {"aten::chunk", "aten::split", "aten::split_with_sizes", "aten::tensor_split"});
  add(rules, slice, {"aten::slice", "aten::narrow", "aten::select", "aten::unbind"});
  add(rules, index_select, {"aten::index_select"});
  add(rules, pad,
      {"aten::constant_pad_nd", "aten::pad", "aten::reflection_pad1d", "aten::reflection_pad2d",
       "aten::replication_pad1d", "aten::replication_pad2d"});
  add(rules, size, {"aten::size"});
  add(rules, reads_no_values,
      {"aten::dim", "prim::dtype", "prim::device", "prim::layout", "aten::is_floating_point",
       "aten::__is__", "aten::__isnot__", "prim::is_cuda", "prim::requires_grad", "aten::len"});
  add(rules, make_list, {"prim::ListConstruct", "prim::TupleConstruct"});
  add(rules, unpack_list, {"prim::ListUnpack", "prim::TupleUnpack"});
  add(rules, make_dict, {"prim::DictConstruct", "aten::dict"});
  add(rules, append, {"aten::append"});
  add(rules, set_item, {"aten::_set_item"});
  add(rules, item, {"aten::__getitem__", "prim::TupleIndex"});
  add(rules, same_value, {"aten::detach", "prim::unchecked_cast", "aten::alias"});
  return rules;
}

}  // namespace

Rule find_rule(c10::Symbol kind) {
  static const auto table = make_table();
  const auto found = table.find(kind);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace actsparse
