// One line for each operator that no other test has: between two convolutions, of six channels
// three go. rules_test shows graphs; here only what is left counts, and that the answers stay.
#include <ATen/ops/zeros.h>

#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

constexpr const char* masked_factor = " * self.activation_mask";

struct Operation {
  std::string code;  ///< z of y, planes of six channels, each 6 x 6
  Tensors tensors = {};
  int64_t read = 6;  ///< channels of z
};

// A convolution, the operator, a convolution; masked in front of the operator or behind it.
Compacted compacted_around(const Operation& operation, bool masks_before) {
  const int64_t masked = masks_before ? 6 : operation.read;
  const std::vector<int64_t> dropped = {0, 3, 4};
  Tensors tensors = {{"w1", weight({6, 3, 3, 3})},
                     {"b1", weight({6})},
                     {"activation_mask", mask(masked, dropped, 2)},
                     {"w2", weight({4, operation.read, 1, 1})},
                     {"b2", weight({4})}};
  tensors.insert(tensors.end(), operation.tensors.begin(), operation.tensors.end());
  const std::string before = masks_before ? masked_factor : "";
  const std::string behind = masks_before ? "" : masked_factor;
  return compacted(
      net("  y = torch.conv2d(x, self.w1, self.b1)" + before + "\n  z = " + operation.code +
              "\n  return torch.conv2d(z" + behind + ", self.w2, self.b2)\n",
          tensors),
      {3, 8, 8});
}

int64_t left_of_six(const Operation& operation, bool masks_before) {
  return shapes(compacted_around(operation, masks_before).module).at("w1")[0];
}

void check_between(const std::vector<Operation>& operations) {
  for (const auto& operation : operations) {
    CAPTURE(operation.code);
    CHECK(left_of_six(operation, /*masks_before=*/false) == 3);
  }
}

std::vector<Operation> without_tensors(const std::vector<std::string>& codes) {
  std::vector<Operation> operations;
  for (const auto& code : codes) operations.push_back({code});
  return operations;
}

}  // namespace

// What comes of a masked channel is a constant, sin(0) or exp(0), that the next bias takes.
TEST_CASE("every elementwise operator keeps channels apart, and takes constants along",
          "[compact]") {
  const auto codes = without_tensors({"torch.relu6(y)",
                                      "torch.hardsigmoid(y)",
                                      "torch.elu(y)",
                                      "torch.selu(y)",
                                      "torch.celu(y)",
                                      "torch.mish(y)",
                                      "torch.softplus(y)",
                                      "torch.hardshrink(y)",
                                      "torch.softshrink(y)",
                                      "torch.threshold(y, 0.1, 0.3)",
                                      "torch.log_sigmoid(y)",
                                      "torch.clamp_min(y, 0.1)",
                                      "torch.clamp_max(y, -0.1)",
                                      "torch.neg(y)",
                                      "torch.exp(torch.tanh(y))",
                                      "torch.exp2(torch.tanh(y))",
                                      "torch.expm1(torch.tanh(y))",
                                      "torch.log(torch.abs(y) + 1)",
                                      "torch.log1p(torch.abs(y))",
                                      "torch.log2(torch.abs(y) + 1)",
                                      "torch.log10(torch.abs(y) + 1)",
                                      "torch.sqrt(torch.abs(y))",
                                      "torch.rsqrt(torch.square(y) + 1)",
                                      "torch.reciprocal(torch.square(y) + 1)",
                                      "torch.sin(y)",
                                      "torch.cos(y)",
                                      "torch.tan(torch.tanh(y))",
                                      "torch.asin(torch.tanh(y) * 0.9)",
                                      "torch.acos(torch.tanh(y) * 0.9)",
                                      "torch.atan(y)",
                                      "torch.sinh(torch.tanh(y))",
                                      "torch.cosh(torch.tanh(y))",
                                      "torch.erf(y)",
                                      "torch.erfc(y)",
                                      "torch.floor(y)",
                                      "torch.ceil(y)",
                                      "torch.trunc(y)",
                                      "torch.round(y)",
                                      "torch.frac(y)",
                                      "torch.sign(y)",
                                      "torch.logit(torch.sigmoid(torch.tanh(y)))",
                                      "torch.nan_to_num(y)",
                                      "torch.logical_not(y > 0).float()",
                                      "torch.isnan(y).float() + y",
                                      "torch.isinf(y).float() + y",
                                      "torch.isfinite(y).float() + y",
                                      "torch.rrelu(y, 0.1, 0.3, False)",
                                      "torch.feature_dropout(y, 0.5, False)",
                                      "torch.fake_quantize_per_tensor_affine(y, 0.1, 0, -128, 127)",
                                      "y.to(15).float()",
                                      "y.half().float()",
                                      "y.type_as(x)"});
  for (const auto& operation : codes) {
    CAPTURE(operation.code);
    CHECK(left_of_six(operation, /*masks_before=*/false) == 3);
    CHECK(left_of_six(operation, /*masks_before=*/true) == 3);
  }
}

TEST_CASE("every operator of two operands keeps channels apart, and takes constants along",
          "[compact]") {
  const auto codes = without_tensors(
      {"torch.sub(y, torch.tanh(y), alpha=2)", "torch.div(y, 2.5)",
       "torch.div(y, torch.exp(torch.tanh(y)))", "torch.minimum(y, torch.tanh(y))",
       "torch.maximum(y, torch.tanh(y))", "torch.pow(y, 2)", "(y > 0.1).float()",
       "(y >= torch.tanh(y)).float()", "(y < 0.1).float()", "(y <= torch.sin(y)).float()",
       "(y != 0.5).float()", "torch.eq(y, 0).float()", "torch.remainder(y, 0.7)",
       "torch.fmod(y, 0.7)", "torch.floor_divide(y, 0.7)",
       "torch.atan2(y, torch.exp(torch.tanh(y)))", "torch.hypot(y, torch.tanh(y))"});
  for (const auto& operation : codes) {
    CAPTURE(operation.code);
    CHECK(left_of_six(operation, /*masks_before=*/false) == 3);
    CHECK(left_of_six(operation, /*masks_before=*/true) == 3);
  }
}

TEST_CASE("operators of several operands join what belongs together", "[compact]") {
  const Tensors constant = {{"c", weight({6, 1, 1})}};
  check_between({{"torch.addcmul(y, torch.tanh(y), torch.relu(y), value=0.5)"},
                 {"torch.addcmul(y, torch.tanh(y), self.c)", constant},
                 {"torch.addcmul(self.c, y, y)", constant},
                 {"torch.addcdiv(y, torch.tanh(y), torch.exp(torch.tanh(y)))"},
                 {"torch.lerp(y, torch.tanh(y), torch.sigmoid(y))"},
                 {"torch.logical_and(y > 0, y < 1).float()"},
                 {"torch.logical_or(y > 1, y < 0).float()"},
                 {"torch.logical_xor(y > 0, y < 1).float()"},
                 {"((y > 0) & (y < 1)).float()"},
                 {"((y > 1) | (y < 0)).float()"},
                 {"((y > 0) ^ (y < 1)).float()"},
                 {"torch.bitwise_and(y > 0, y < 1).float()"},
                 {"torch.bitwise_or(y > 1, y < 0).float()"},
                 {"torch.bitwise_xor(y > 0, y < 1).float()"},
                 {"torch.bitwise_not(y > 0).float()"}});
}

TEST_CASE("every operator that moves elements takes their channels along", "[compact]") {
  check_between({{"torch.flatten(y, 2).view_as(y)"},
                 {"y.transpose(2, 3).reshape_as(y)"},
                 {"y.movedim(1, 3).moveaxis(3, 1)"},
                 {"torch.swapaxes(torch.swapdims(y, 1, 2), 1, 2)"},
                 {"torch.unflatten(y, 2, [2, 3]).flatten(2, 3)"},
                 {"torch.vstack([y, torch.tanh(y)])[:x.size(0)]"},
                 {"torch.tile(y, [1, 1, 2, 1])"},
                 {"torch.stack(torch.unbind(y, 2), 2)"},
                 {"torch.cat(torch.tensor_split(y, 2, 3), 3)"}});
  // The mask is of one copy; the other's channels need the same.
  CHECK(left_of_six({"torch.concat([y, torch.tanh(y)], 1)", {}, 12}, false) == 6);
  CHECK(left_of_six({"torch.hstack([y, y])[:, :6]"}, false) == 3);
  CHECK(left_of_six({"torch.pixel_unshuffle(y, 2)[:, ::4]"}, false) == 3);
}

TEST_CASE("padding of lines, planes and volumes keeps their channels", "[compact]") {
  check_between({{"torch.constant_pad_nd(y.flatten(2), [1, 2], 0.5).unsqueeze(3)"},
                 {"torch.reflection_pad1d(y.flatten(2), [2, 1]).unsqueeze(3)"},
                 {"torch.replication_pad1d(y.flatten(2), [2, 1]).unsqueeze(3)"},
                 {"torch.replication_pad2d(y, [1, 2, 0, 1])"},
                 {"torch.constant_pad_nd(y.unsqueeze(2), [1, 0, 2, 1, 1, 1]).select(2, 1)"},
                 {"torch.reflection_pad3d(y.unsqueeze(2), [1, 1, 2, 1, 0, 0]).squeeze(2)"},
                 {"torch.replication_pad3d(y.unsqueeze(2), [1, 1, 2, 1, 1, 1]).select(2, 2)"}});
}

TEST_CASE("channels that are put around those of volumes come and go by themselves", "[compact]") {
  const Operation volumes = {
      "torch.constant_pad_nd(y.unsqueeze(2), [0, 0, 0, 0, 0, 0, 2, 1]).squeeze(2)", {}, 9};
  CHECK(left_of_six(volumes, /*masks_before=*/false) == 4);  // of 2 to 7 two are dropped
}

TEST_CASE("every pooling and upsampling works channel by channel", "[compact]") {
  check_between({{"torch.max_pool1d(y.flatten(2), [2]).unsqueeze(3)"},
                 {"torch.max_pool1d_with_indices(y.flatten(2), [2])[0].unsqueeze(3)"},
                 {"torch.avg_pool1d(y.flatten(2), [2]).unsqueeze(3)"},
                 {"torch.adaptive_avg_pool1d(y.flatten(2), [2]).unsqueeze(3)"},
                 {"torch.adaptive_max_pool1d(y.flatten(2), [2])[0].unsqueeze(3)"},
                 {"torch.max_pool2d_with_indices(y, [2, 2])[0]"},
                 {"torch.adaptive_max_pool2d(y, [2, 2])[0]"},
                 {"torch.max_pool3d(y.unsqueeze(2), [1, 2, 2]).squeeze(2)"},
                 {"torch.max_pool3d_with_indices(y.unsqueeze(2), [1, 2, 2])[0].squeeze(2)"},
                 {"torch.avg_pool3d(y.unsqueeze(2), [1, 2, 2]).squeeze(2)"},
                 {"torch.adaptive_avg_pool3d(y.unsqueeze(2), [1, 2, 2]).squeeze(2)"},
                 {"torch.adaptive_max_pool3d(y.unsqueeze(2), [1, 2, 2])[0].squeeze(2)"},
                 {"torch.upsample_linear1d(y.flatten(2), [40], False).unsqueeze(3)"},
                 {"torch.upsample_bicubic2d(y, [8, 8], False)"},
                 {"torch._upsample_nearest_exact2d(y, [8, 8])"},
                 {"torch._upsample_bilinear2d_aa(y, [4, 4], False)"},
                 {"torch._upsample_bicubic2d_aa(y, [4, 4], False)"},
                 {"torch.upsample_nearest3d(y.unsqueeze(2), [1, 8, 8]).squeeze(2)"},
                 {"torch.upsample_trilinear3d(y.unsqueeze(2), [1, 8, 8], False).squeeze(2)"},
                 {"torch.grid_sampler(y, self.g.expand([x.size(0), 4, 4, 2]), 0, 0, False)",
                  {{"g", weight({1, 4, 4, 2})}}}});
}

TEST_CASE("every reduction over other axes leaves channels apart", "[compact]") {
  check_between(without_tensors(
      {"torch.amin(y, [3], True)", "torch.aminmax(y, dim=3, keepdim=True)[0]",
       "torch.aminmax(y, dim=3, keepdim=True)[1]", "torch.argmin(y, 3, True).float()",
       "torch.argsort(y, 3).float()", "torch.kthvalue(y, 2, 3, True)[0]",
       "torch.linalg_vector_norm(y, 2, [3], True)", "torch.logsumexp(y, [3], True)",
       "torch.prod(y, 3, True)", "torch.std_mean(y, [3], True, True)[0]",
       "torch.var_mean(y, [3], True, True)[1]", "torch.log_softmax(y, 3)"}));
}

// Behind them the channels are others: those of y go that they do not read.
TEST_CASE("every form of a convolution or a product with a matrix has its rule", "[compact]") {
  const std::vector<Operation> operations = {
      {"torch.conv_transpose1d(y.flatten(2), self.w).unsqueeze(3)", {{"w", weight({6, 6, 2})}}},
      {"torch.conv_transpose3d(y.unsqueeze(2), self.w).squeeze(2)",
       {{"w", weight({6, 6, 1, 2, 2})}}},
      {"torch._convolution(y, self.w, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, False, "
       "False, False, True)",
       {{"w", weight({6, 6, 1, 1})}}},
      {"torch.mm(y.mean([2, 3]), self.w)[:, :, None, None]", {{"w", weight({6, 6})}}}};
  for (const auto& operation : operations) {
    CAPTURE(operation.code);
    CHECK(left_of_six(operation, /*masks_before=*/true) == 3);
  }
}

namespace {

Operation recurrent(const std::string& operation, int64_t gates, const std::string& state) {
  return {"torch." + operation + "(y.mean(3).transpose(1, 2), " + state +
              ", [self.wi, self.wh, self.b, self.b], True, 1, 0.0, False, False, True)[0]"
              ".transpose(1, 2).unsqueeze(3)",
          {{"wi", weight({gates * 6, 6})},
           {"wh", weight({gates * 6, 6}, 2)},
           {"b", weight({gates * 6})},
           {"count_mask", at::zeros({1})}}};
}

const char* const zero_state = "torch.zeros([1, x.size(0), 6])";

}  // namespace

TEST_CASE("every recurrent layer reads its input through its first weight's columns", "[compact]") {
  for (const auto& [name, gates] :
       std::vector<std::pair<std::string, int64_t>>{{"gru", 3}, {"rnn_tanh", 1}, {"rnn_relu", 1}}) {
    CAPTURE(name);
    CHECK(left_of_six(recurrent(name, gates, zero_state), /*masks_before=*/true) == 3);
  }
}

TEST_CASE("a recurrent layer keeps its input in a model that writes to its tensors", "[compact]") {
  auto counting = recurrent("gru", 3, zero_state);
  counting.code += "\n  self.count_mask += 1";
  CHECK(left_of_six(counting, /*masks_before=*/true) == 6);
}
