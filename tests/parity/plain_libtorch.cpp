// A program of a user's: nothing but LibTorch. plain_libtorch MODEL SIZE... prints what the model
// gives for linspace(-1, 1) of these sizes: as it is, frozen, and optimized for inference.
#include <torch/script.h>

#include <iostream>

namespace {

void print(torch::jit::Module model, const torch::Tensor& input) {
  const c10::InferenceMode guard;  // which 2.6 demands for what is optimized
  const torch::Tensor output = model.forward({input}).toTensor().flatten().to(torch::kDouble);
  for (int64_t i = 0; i < output.numel(); ++i) std::cout << output[i].item<double>() << ' ';
  std::cout << '\n';
}

}  // namespace

int main(int count, char** arguments) {
  torch::jit::Module model = torch::jit::load(arguments[1]);
  model.eval();
  std::vector<int64_t> sizes;
  for (int i = 2; i < count; ++i) sizes.push_back(std::stoll(arguments[i]));
  const auto input = torch::linspace(-1, 1, c10::multiply_integers(sizes)).view(sizes);
  print(model, input);
  print(torch::jit::freeze(model), input);
  print(torch::jit::optimize_for_inference(model), input);
}
