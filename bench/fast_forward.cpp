// actsparse_fast_forward MODEL.pt [ROUNDS] [--graph]: what a forward of the fast clone costs, as a
// ratio to the model's own forward: one thread, batches of 8 images of 224x224, all Conv2d and
// Linear layers or the first half of them in call order, an observer that does nothing. Medians of
// paired runs.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "model/fast_clone.h"
#include "model/layer_tree.h"
#include "model/load_model.h"

namespace {

using namespace actsparse;
using torch::jit::Module;

template <class Function>
double seconds(Function&& function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<std::string> layers_in_call_order(const Module& model, const c10::IValue& batch) {
  std::vector<std::string> called;
  std::vector<ObserverSite> sites;
  for (const auto& layer : list_layers(model))
    if (layer.same_as.empty() && (layer.type == "Conv2d" || layer.type == "Linear"))
      sites.push_back({{layer.name}, [&called, name = layer.name](const at::Tensor&) {
                         called.push_back(name);
                       }});
  auto clone = insert_observers(model, sites);
  clone.module().eval();
  clone.run({batch});
  return called;
}

void compare(Module& model, const std::vector<std::string>& layers, const c10::IValue& batch,
             int rounds, bool show_graph) {
  std::vector<ObserverSite> sites;
  for (const auto& layer : layers) sites.push_back({{layer}, [](const at::Tensor&) {}});
  auto exact = insert_observers(model, sites);
  exact.module().eval();
  std::unique_ptr<ObservedModel> fast;
  const double build =
      seconds([&] { fast = std::make_unique<ObservedModel>(fast_clone(model, sites)); });
  if (show_graph) std::cout << *fast->module().get_method("forward").graph();
  const double first = seconds([&] { fast->run({batch}); });
  std::vector<double> plain, fast_ratios, exact_ratios;
  for (int round = -2; round < rounds; ++round) {  // the first two warm up
    const at::NoGradGuard no_grad;
    const double base = seconds([&] { model.forward({batch}); });
    const double quick = seconds([&] { fast->run({batch}); });
    const double slow = seconds([&] { exact.run({batch}); });
    if (round < 0) continue;
    plain.push_back(base);
    fast_ratios.push_back(quick / base);
    exact_ratios.push_back(slow / base);
  }
  std::cout << layers.size() << " layers: plain " << median(plain) << " s, fast / plain "
            << median(fast_ratios) << ", exact / plain " << median(exact_ratios) << "; building "
            << build << " s, first batch " << first << " s\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  at::set_num_threads(1);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 11;
  const bool show_graph = argc > 3;
  auto model = load_model(argv[1]);
  model.eval();
  const c10::IValue batch = at::randn({8, 3, 224, 224});
  auto layers = layers_in_call_order(model, batch);
  std::cout << argv[1] << '\n';
  compare(model, layers, batch, rounds, show_graph);
  layers.resize((layers.size() + 1) / 2);
  compare(model, layers, batch, rounds, show_graph);
  return 0;
}
