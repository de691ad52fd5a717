#include "support/networks.h"

#include <ATen/TensorOperators.h>

#include "support/models.h"

namespace actsparse {
namespace {

using torch::jit::Module;

Module with_parameters(const std::string& type,
                       const std::vector<std::pair<std::string, at::Tensor>>& parameters,
                       const std::string& source) {
  Module module(type);
  for (const auto& [name, value] : parameters)
    module.register_parameter(name, value, /*is_buffer=*/false);
  module.define(source);
  return module;
}

Module conv(int64_t in, int64_t out, int64_t groups) {
  return with_parameters(
      "Conv2d",
      {{"weight", normal({out, in / groups, 3, 3}, 11) * 0.2}, {"bias", normal({out}, 12)}},
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.conv2d(x, self.weight, self.bias, [1, 1], [1, 1], [1, 1], " +
          std::to_string(groups) + ")\n");
}

Module batch_norm(int64_t channels) {
  return with_parameters(
      "BatchNorm2d",
      {{"weight", normal({channels}, 13)},
       {"bias", normal({channels}, 14)},
       {"mean", normal({channels}, 15)},
       {"var", normal({channels}, 16).abs() + 0.5}},
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.batch_norm(x, self.weight, self.bias, self.mean, self.var, False, 0.1, 1e-5, "
      "True)\n");
}

Module lstm_layer(int64_t in, int64_t out) {
  return with_parameters(
      "LSTM",
      {{"w_ih", normal({4 * out, in}, 19)},
       {"w_hh", normal({4 * out, out}, 20)},
       {"b_ih", normal({4 * out}, 21)},
       {"b_hh", normal({4 * out}, 22)}},
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  h = torch.zeros([1, x.size(0), " +
          std::to_string(out) +
          "])\n"
          "  weights = [self.w_ih, self.w_hh, self.b_ih, self.b_hh]\n"
          "  y, _, _ = torch.lstm(x, [h, h], weights, True, 1, 0.0, False, False, True)\n"
          "  return y\n");
}

}  // namespace

Module linear_layer(int64_t in, int64_t out) {
  return with_parameters("Linear", {{"weight", normal({out, in}, 17)}, {"bias", normal({out}, 18)}},
                         "def forward(self, x: Tensor) -> Tensor:\n"
                         "  return torch.linear(x, self.weight, self.bias)\n");
}

Module small_cnn() {
  Module model = make_module("Cnn",
                             "def forward(self, x: Tensor) -> Tensor:\n"
                             "  y = torch.relu_(self.bn1.forward(self.conv1.forward(x)))\n"
                             "  y = y + self.conv2.forward(y)\n"
                             "  return self.fc.forward(y.mean([2, 3]))\n",
                             {{"conv1", conv(3, 8, 1)},
                              {"bn1", batch_norm(8)},
                              {"conv2", conv(8, 8, 2)},
                              {"fc", linear_layer(8, 4)}});
  model.eval();
  return model;
}

Module recurrent() {
  Module model = make_module("Recurrent",
                             "def forward(self, x: Tensor) -> Tensor:\n"
                             "  return self.fc.forward(self.lstm.forward(x)[:, -1])\n",
                             {{"lstm", lstm_layer(3, 4)}, {"fc", linear_layer(4, 2)}});
  model.eval();
  return model;
}

Module minding_layout() {
  Module model = make_module("MindingLayout",
                             "def forward(self, x: Tensor) -> Tensor:\n"
                             "  y = self.conv.forward(x)\n"
                             "  z = self.fc.forward(y.mean([2, 3]))\n"
                             "  if y.is_contiguous():\n"
                             "    z = self.fc.forward(2 * y.mean([2, 3]))\n"
                             "  return z\n",
                             {{"conv", conv(3, 8, 1)}, {"fc", linear_layer(8, 4)}});
  model.eval();
  return model;
}

}  // namespace actsparse
