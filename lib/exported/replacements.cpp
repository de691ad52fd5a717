#include "exported/replacements.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

namespace actsparse::exported {
namespace {

using torch::jit::NamedValue;
using torch::jit::Value;

// The arguments of a node, and operators on values.
class Builder {
 public:
  Builder(const ProgramNode& node, const Scope& scope) : node_(node), scope_(scope) {}

  Value* op(const std::string& name, const std::vector<NamedValue>& inputs,
            const std::vector<NamedValue>& named = {}) const {
    return scope_.graph.insert(c10::Symbol::aten(name), inputs, named);
  }
  const Argument* find(const std::string& name) const {
    for (const auto& input : node_.inputs)
      if (input.name == name && !input.argument.is_none()) return &input.argument;
    return nullptr;
  }
  Value* tensor(const std::string& name) const {
    const auto* argument = find(name);
    return argument == nullptr ? nullptr : emit_argument(*argument, c10::TensorType::get(), scope_);
  }
  Value* required(const std::string& name) const {
    Value* value = tensor(name);
    if (value == nullptr) throw std::runtime_error("it lacks its '" + name + "'");
    return value;
  }
  std::vector<Argument> required_list(const std::string& name) const {
    const auto* argument = find(name);
    if (argument == nullptr) throw std::runtime_error("it lacks its '" + name + "'");
    return argument->kind == Argument::Kind::List ? argument->items
                                                  : std::vector<Argument>{*argument};
  }
  std::optional<c10::ScalarType> dtype(const std::string& name) const {
    const auto* argument = find(name);
    return argument == nullptr ? std::nullopt : scope_.dtype(argument->name);
  }
  Value* optional(const std::string& name) const {
    Value* given = tensor(name);
    return given == nullptr ? scope_.graph.insertConstant(c10::IValue()) : given;
  }
  // A number, or a list of integers.
  Value* value(const std::string& name) const {
    const auto* argument = find(name);
    if (argument == nullptr) throw std::runtime_error("it lacks its '" + name + "'");
    return emit_argument(*argument, c10::ListType::ofInts(), scope_);
  }
  bool flag(const std::string& name) const {
    const auto* argument = find(name);
    return argument != nullptr && argument->constant.isBool() && argument->constant.toBool();
  }
  double number(const std::string& name, double otherwise) const {
    const auto* argument = find(name);
    if (argument == nullptr) return otherwise;
    if (argument->constant.isDouble()) return argument->constant.toDouble();
    if (argument->constant.isInt()) return static_cast<double>(argument->constant.toInt());
    throw std::runtime_error("its '" + name + "' is no constant");
  }

 private:
  const ProgramNode& node_;
  const Scope& scope_;
};

using Values = std::vector<Value*>;

// Keys and values of fewer heads: each serves several heads of the queries.
Value* repeat_heads(const Builder& at, Value* heads, Value* query) {
  Value* times = at.op("floordiv", {at.op("size", {query, -3}), at.op("size", {heads, -3})});
  return at.op("repeat_interleave", {heads, times, -3});
}

Value* scaled(const Builder& at, Value* tensor, Value* query) {
  if (at.find("scale") != nullptr) {
    const double scale = at.number("scale", 1);
    if (scale < 0) throw std::runtime_error("its scale is negative");
    return at.op("mul", {tensor, std::sqrt(scale)});
  }
  Value* root = at.op("sqrt", {at.op("sqrt", {at.op("size", {query, -1})})});
  return at.op("div", {tensor, root});
}

Value* masked(const Builder& at, Value* scores) {
  const double never = -std::numeric_limits<double>::infinity();
  if (at.flag("is_causal")) {
    Value* seen = at.op("tril", {at.op("ones_like", {scores})});
    return at.op("masked_fill", {scores, at.op("eq", {seen, 0}), never});
  }
  if (Value* mask = at.tensor("attn_mask")) {
    const auto dtype = at.dtype("attn_mask");
    if (!dtype) throw std::runtime_error("the dtype of its mask is not told");
    return *dtype == c10::ScalarType::Bool
               ? at.op("masked_fill", {scores, at.op("logical_not", {mask}), never})
               : at.op("add", {scores, mask});
  }
  return scores;
}

// Rows that see nothing at all are 0, not NaN: aten::_safe_softmax.
Value* safe_softmax(const Builder& at, Value* scores) {
  const double never = -std::numeric_limits<double>::infinity();
  Value* blind = at.op("all", {at.op("eq", {scores, never}), -1, true});
  return at.op("masked_fill", {at.op("softmax", {scores, -1}), blind, 0.0});
}

// aten/src/ATen/native/transformers/attention.cpp, _scaled_dot_product_attention_math.
Values attention(const Builder& at) {
  if (at.number("dropout_p", 0) != 0)
    throw std::runtime_error("it drops at random; export the model in eval mode");
  Value* query = at.required("query");
  Value* key = at.required("key");
  Value* value = at.required("value");
  if (at.flag("enable_gqa")) {
    key = repeat_heads(at, key, query);
    value = repeat_heads(at, value, query);
  }
  Value* keys = at.op("transpose", {key, -2, -1});
  Value* scores = at.op("matmul", {scaled(at, query, query), scaled(at, keys, query)});
  Value* weights = at.find("attn_mask") != nullptr ? safe_softmax(at, masked(at, scores))
                                                   : at.op("softmax", {masked(at, scores), -1});
  return {at.op("matmul", {weights, value})};
}

// aten/src/ATen/native/layer_norm.cpp, rms_norm: over the last dimensions.
Values rms_norm(const Builder& at) {
  const auto dtype = at.dtype("input");
  if (dtype != c10::ScalarType::Float && dtype != c10::ScalarType::Double)
    throw std::runtime_error("its input has another dtype than float32 and float64");
  const double smallest = dtype == c10::ScalarType::Float ? std::numeric_limits<float>::epsilon()
                                                          : std::numeric_limits<double>::epsilon();
  const auto count = static_cast<int64_t>(at.required_list("normalized_shape").size());
  std::vector<int64_t> dims;
  for (int64_t dim = -count; dim < 0; ++dim) dims.push_back(dim);
  Value* input = at.required("input");
  Value* mean = at.op("mean", {at.op("pow", {input, 2}), dims, true});
  Value* root = at.op("rsqrt", {at.op("add", {mean, at.number("eps", smallest)})});
  Value* normed = at.op("mul", {input, root});
  Value* weight = at.tensor("weight");
  return {weight == nullptr ? normed : at.op("mul", {normed, weight})};
}

// Of all numbers; over some dimensions it takes one operator each.
Values any(const Builder& at) {
  if (at.find("dim") != nullptr) throw std::runtime_error("it is over some dimensions only");
  return {at.op("any", {at.required("self")})};
}

// Dimensions are counted before any is taken away: the last goes first.
Values squeeze(const Builder& at) {
  std::vector<int64_t> dims;
  for (const auto& dim : at.required_list("dim")) dims.push_back(dim.constant.toInt());
  const bool same_sign = std::all_of(dims.begin(), dims.end(),
                                     [&](int64_t dim) { return (dim < 0) == (dims.front() < 0); });
  if (!same_sign) throw std::runtime_error("its dimensions are counted from both ends");
  const bool from_last = !dims.empty() && dims.front() < 0;
  std::sort(dims.begin(), dims.end());
  if (!from_last) std::reverse(dims.begin(), dims.end());
  Value* tensor = at.required("self");
  for (const int64_t dim : dims) tensor = at.op("squeeze", {tensor, dim});
  return {tensor};
}

// Of inference: running statistics are read, and what training would need is empty.
Values batch_norm(const Builder& at) {
  Value* normed =
      at.op("batch_norm", {at.required("input"), at.optional("weight"), at.optional("bias"),
                           at.required("running_mean"), at.required("running_var"), false,
                           at.number("momentum", 0.1), at.number("eps", 1e-5), true});
  return {normed};
}

// By the statistics of what enters, as instance norms have it.
Values batch_norm_of_itself(const Builder& at) {
  Value* none = at.optional("running_mean");
  return {
      at.op("batch_norm", {at.required("input"), at.optional("weight"), at.optional("bias"), none,
                           none, true, at.number("momentum", 0.1), at.number("eps", 1e-5), true})};
}

Values layer_norm(const Builder& at) {
  return {
      at.op("layer_norm", {at.required("input"), at.value("normalized_shape"),
                           at.optional("weight"), at.optional("bias"), at.number("eps", 1e-5)})};
}

Values group_norm(const Builder& at) {
  return {at.op("group_norm", {at.required("input"), at.value("group"), at.optional("weight"),
                               at.optional("bias"), at.number("eps", 1e-5)})};
}

Values softmax(const Builder& at) {
  if (at.flag("half_to_float")) throw std::runtime_error("it widens its result");
  return {at.op("softmax", {at.required("self"), at.value("dim")})};
}

Values unsafe_view(const Builder& at) {
  return {at.op("reshape", {at.required("self"), at.value("size")})};
}

using Table = std::map<std::string, Values (*)(const Builder&)>;

std::optional<Values> emit_from(const Table& table, const ProgramNode& node, const Scope& scope) {
  const auto found = table.find(node.target);
  if (found == table.end()) return std::nullopt;
  return found->second(Builder(node, scope));
}

}  // namespace

std::optional<std::vector<Value*>> emit_replacement(const ProgramNode& node, const Scope& scope) {
  static const Table known = {
      {"torch.ops.aten.scaled_dot_product_attention.default", attention},
      {"torch.ops.aten.squeeze.dims", squeeze},
      {"torch.ops.aten.rms_norm.default", rms_norm},
      {"torch.ops.aten.any.dims", any},
  };
  return emit_from(known, node, scope);
}

std::optional<std::vector<Value*>> emit_composed(const ProgramNode& node, const Scope& scope) {
  static const Table known = {
      {"torch.ops.aten._native_batch_norm_legit_no_training.default", batch_norm},
      {"torch.ops.aten._native_batch_norm_legit.no_stats", batch_norm_of_itself},
      {"torch.ops.aten.native_layer_norm.default", layer_norm},
      {"torch.ops.aten.native_group_norm.default", group_norm},
      {"torch.ops.aten._softmax.default", softmax},
      {"torch.ops.aten._unsafe_view.default", unsafe_view},
  };
  return emit_from(known, node, scope);
}

}  // namespace actsparse::exported
