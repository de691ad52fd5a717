#include "model/probe_layers.h"

#include <algorithm>

#include "base/error.h"
#include "model/insert_observers.h"
#include "model/layer_tree.h"
#include "model/why_uncalled.h"

namespace actsparse {
namespace {

using torch::jit::Module;

// The layer stands beside it in a table: no need to name it again.
std::string without_layer(const std::string& text, const std::string& layer) {
  const std::string name = layer_text(layer);
  if (text.rfind(name, 0) != 0) return text;
  return text.substr(text.find_first_not_of(", ", name.size()));
}

std::string obstacle_of(const Module& model, const Site& site, const std::string& method) {
  try {
    call_methods(model, find_layer(model, site.layer), site, method);
    return "";
  } catch (const Error& error) {
    return without_layer(error.what(), site.layer);
  }
}

void note(LayerProbe& probe, const at::Tensor& input) {
  ++probe.calls;
  if (probe.obstacle.empty()) probe.obstacle = tensor_obstacle(input);
  if (!input.defined()) return;
  if (!probe.dtype) probe.dtype = input.scalar_type();
  const auto shape = input.sizes().vec();
  if (std::find(probe.shapes.begin(), probe.shapes.end(), shape) == probe.shapes.end())
    probe.shapes.push_back(shape);
}

void explain_uncalled(const Session& session, const std::vector<Site>& sites,
                      std::vector<LayerProbe>& probes) {
  std::vector<std::string> names;
  std::vector<LayerProbe*> uncalled;
  for (size_t i = 0; i < sites.size(); ++i) {
    if (probes[i].calls > 0 || !probes[i].obstacle.empty()) continue;
    names.push_back(sites[i].layer);
    uncalled.push_back(&probes[i]);
  }
  const auto reasons = why_uncalled(session, names);
  for (size_t i = 0; i < uncalled.size(); ++i)
    uncalled[i]->obstacle = "never called: " + reasons[i].reason;
}

}  // namespace

std::vector<LayerProbe> probe_layers(const Session& session, const std::vector<Site>& sites,
                                     const std::vector<c10::IValue>& batch) {
  std::vector<LayerProbe> probes(sites.size());
  std::vector<ObserverSite> observed;
  for (size_t i = 0; i < sites.size(); ++i) {
    probes[i].obstacle = obstacle_of(session.model, sites[i], session.method);
    if (probes[i].obstacle.empty())
      observed.push_back({sites[i], [&probe = probes[i]](const at::Tensor& x) { note(probe, x); }});
  }
  auto clone = insert_observers(session, observed);
  clone.module().train(session.training);
  clone.run(batch);
  explain_uncalled(session, sites, probes);
  return probes;
}

}  // namespace actsparse
