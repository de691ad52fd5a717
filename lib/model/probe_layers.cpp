#include "model/probe_layers.h"

#include <algorithm>

#include "base/error.h"
#include "model/default_input.h"
#include "model/insert_observers.h"
#include "model/layer_uses.h"
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

// The argument that is observed, or why there is none.
void choose_input(LayerProbe& probe, const LayerUses& uses, const ProbeSite& site,
                  DefaultInputs& inputs) {
  try {
    const Site chosen{site.layer, inputs.of(site.layer, site.input)};
    uses.of(chosen);
    probe.input = chosen.input;
  } catch (const Error& error) {
    probe.obstacle = without_layer(error.what(), site.layer);
  }
}

void note(LayerProbe& probe, const at::Tensor& input) {
  ++probe.calls;
  if (probe.obstacle.empty()) probe.obstacle = tensor_obstacle(input);
  if (!input.defined() || input.is_nested()) return;  // which have no sizes
  if (input.numel() == 0) ++probe.empty_calls;
  if (!probe.dtype) probe.dtype = input.scalar_type();
  const auto shape = input.sizes().vec();
  if (std::find(probe.shapes.begin(), probe.shapes.end(), shape) == probe.shapes.end())
    probe.shapes.push_back(shape);
}

void explain_uncalled(const Session& session, const std::vector<ProbeSite>& sites,
                      std::vector<LayerProbe>& probes) {
  std::vector<std::string> names;
  std::vector<LayerProbe*> uncalled;
  for (size_t i = 0; i < sites.size(); ++i) {
    if (!probes[i].obstacle.empty()) continue;
    if (probes[i].calls > 0 && probes[i].calls == probes[i].empty_calls)
      probes[i].obstacle = "called with empty tensors only";
    if (probes[i].calls > 0) continue;
    names.push_back(sites[i].layer);
    uncalled.push_back(&probes[i]);
  }
  const auto reasons = why_uncalled(session, names);
  for (size_t i = 0; i < uncalled.size(); ++i)
    uncalled[i]->obstacle = "never called: " + reasons[i].reason;
}

}  // namespace

std::vector<LayerProbe> probe_layers(const Session& session, const std::vector<ProbeSite>& sites,
                                     const std::vector<c10::IValue>& batch) {
  std::vector<LayerProbe> probes(sites.size());
  std::vector<ObserverSite> observed;
  DefaultInputs inputs(session);
  const LayerUses uses(session);
  for (size_t i = 0; i < sites.size(); ++i) {
    choose_input(probes[i], uses, sites[i], inputs);
    if (probes[i].input)
      observed.push_back({{sites[i].layer, *probes[i].input},
                          [&probe = probes[i]](const at::Tensor& x) { note(probe, x); }});
  }
  auto clone = insert_observers(session, observed);
  clone.module().train(session.training);
  clone.run(batch);
  explain_uncalled(session, sites, probes);
  return probes;
}

}  // namespace actsparse
