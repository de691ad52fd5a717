// observe LIBRARY|"" MODEL BATCH LAYER...: are the outputs of the clone with all layers observed
// those of the plain model (on the slow path of attention, if a layer is hidden by the fast one),
// bit for bit? Says so with its exit code.
#include <iostream>

#include "base/error.h"
#include "data/batch_source.h"
#include "model/insert_observers.h"
#include "model/layer_uses.h"
#include "model/load_library.h"
#include "model/load_model.h"
#include "model/own_types.h"
#include "model/run_method.h"
#include "model/slow_path.h"
#include "support/values.h"

using namespace actsparse;

namespace {

int compare(const std::vector<std::string>& arguments) {
  if (!arguments.at(0).empty()) load_library(arguments.at(0));
  const auto model = load_model(arguments.at(1));
  DataConfig data;
  data.batches = {arguments.at(2)};
  const auto batch = open_batches(data)->next().value().arguments;
  int64_t calls = 0;
  std::vector<ObserverSite> sites;
  for (size_t i = 3; i < arguments.size(); ++i)
    sites.push_back({{arguments[i], int64_t{0}}, [&](const at::Tensor&) { ++calls; }});
  const bool is_hidden = !hidden_layers(model, {arguments.begin() + 3, arguments.end()}).empty();
  auto plain = is_hidden ? slow_clone(model) : clone_with_own_types(model, {});
  auto observed = insert_observers(model, sites);
  const bool equal = same_values(run_method(plain, "forward", batch), observed.run(batch));
  std::cout << (equal ? "equal" : "different") << ", " << calls << " calls\n";
  return equal && calls > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return compare({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
