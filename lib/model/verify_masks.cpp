#include "model/verify_masks.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/mul.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstring>
#include <deque>

#include "base/error.h"
#include "model/gate_nodes.h"
#include "model/insert_observe.h"
#include "model/insert_observers.h"
#include "model/layer_uses.h"
#include "model/mask_names.h"
#include "model/run_clone.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

[[noreturn]] void failed(const std::string& layer, const std::string& what) {
  throw Error(ErrorKind::Check, "verification failed: " + layer_text(layer) + " " + what +
                                    "; nothing was written (please report this as a bug)");
}

bool same_bytes(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor x = a.cpu().contiguous(), y = b.cpu().contiguous();
  // An empty tensor has no data pointer, which memcmp must not see.
  return x.nbytes() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

// What the layer must see of an input, or of one sample of it.
at::Tensor expected(const at::Tensor& input, const at::Tensor& mask) {
  return at::mul(input, mask);
}
at::Tensor expected(const at::Tensor& input, const at::Tensor& factors,
                    const at::Tensor& threshold) {
  const at::Tensor sizes = input.abs();
  return at::mul(input, at::gt(factors.defined() ? at::mul(sizes, factors) : sizes, threshold));
}

// Sample by sample: activations are large, and two of them are in memory already. `factors` is what
// broadcasts to the input: the mask, or a gate's factors; it may be undefined.
template <class Expect>
bool is_product(const at::Tensor& product, const at::Tensor& input, const at::Tensor& factors,
                const Expect& expect) {
  if (product.dim() == 0 || product.sizes() != input.sizes())
    return same_bytes(expect(input, factors), product);
  const at::Tensor all = factors.defined() ? factors.expand_as(input) : factors;
  for (int64_t i = 0; i < input.size(0); ++i)
    if (!same_bytes(expect(input[i], all.defined() ? all[i] : all), product[i])) return false;
  return true;
}

bool is_product(const at::Tensor& product, const at::Tensor& input, const MaskSite& site) {
  const auto device = input.device();
  if (!site.gate)
    return is_product(product, input, site.mask.to(device),
                      [](const auto& x, const auto& mask) { return expected(x, mask); });
  const auto& [threshold, factors, dropped] = *site.gate;
  return is_product(product, input, factors.defined() ? factors.to(device) : factors,
                    [cut = threshold.to(device)](const auto& x, const auto& own) {
                      return expected(x, own, cut);
                    });
}

bool is_buffer(const Value* value, const LayerUse& use, const std::string& name) {
  const auto path = attribute_path_of(*value);
  return path && *path == use.owner.then(name);
}

// Of a call the last reader of the layer's input, if it is a multiplication; of a functional use
// the one in front of its operator.
Node* multiplication(const LayerUse& use) {
  Node* last = use.reader;
  if (last == nullptr)
    for (const auto& one : use.input->uses())
      if (last == nullptr || last->isBefore(one.user)) last = one.user;
  const bool multiplies = last != nullptr && last->kind() == c10::aten::mul &&
                          last->inputs().size() == 2 && last->inputs()[0] == use.input;
  return multiplies ? last : nullptr;
}

// Other code may read what enters a functional use.
void check_readers(const LayerUse& use, size_t readers, const std::string& layer) {
  if (use.reader == nullptr && use.input->uses().size() != readers)
    failed(layer, "reads its input besides the mask in " + use.name);
}

// The multiplication through which alone the layer may read its input.
Node* masking_node(const LayerUse& use, const std::string& layer, const std::string& buffer) {
  check_readers(use, 1, layer);
  Node* node = multiplication(use);
  if (node == nullptr || !is_buffer(node->inputs()[1], use, buffer))
    failed(layer, "does not multiply its input by " + buffer + " in " + use.name);
  return node;
}

// The same of a gate, which reads the input twice.
Node* gating_node(const LayerUse& use, const std::string& layer, const std::string& threshold,
                  const std::string& factors) {
  check_readers(use, 2, layer);
  Node* node = multiplication(use);
  const auto gate = node == nullptr ? std::nullopt : gate_nodes(*node);
  const bool is_whole =
      gate && is_buffer(gate->threshold, use, threshold) &&
      (gate->factors == nullptr ? factors.empty() : is_buffer(gate->factors, use, factors));
  if (!is_whole) failed(layer, "does not compare its input with " + threshold + " in " + use.name);
  return node;
}

// What one layer is seen doing; lives as long as the observed clone.
struct Probe {
  const MaskSite* site;
  at::Tensor input;
  int64_t calls = 0;
  std::unique_ptr<RegisteredObserver> before, after;

  explicit Probe(const MaskSite& watched) : site(&watched) {
    before = std::make_unique<RegisteredObserver>([this](const at::Tensor& x) { input = x; });
    // Only the product lies between the two: nothing can have written to the input meanwhile.
    after = std::make_unique<RegisteredObserver>([this](const at::Tensor& product) {
      const bool is_masked = is_product(product, input, *site);
      input = at::Tensor();
      ++calls;
      if (!is_masked)
        failed(site->site.layer, std::string("does not see ") +
                                     (site->gate ? "what its gate lets pass" : "input * mask") +
                                     " in call " + std::to_string(calls));
    });
  }
};

bool holds(const Module& layer, const std::string& buffer, const at::Tensor& tensor) {
  return layer.hasattr(buffer) && same_bytes(layer.attr(buffer).toTensor(), tensor);
}

// Returns the buffer of the factors, which is numbered as the threshold's; "" if the gate has none.
std::string check_gate_buffers(const LayerOwner& layer, const MaskSite& site,
                               const std::string& threshold) {
  const std::string first = mask_name(layer.use, 0, kThresholdBuffer);
  const bool is_gate = threshold.rfind(first, 0) == 0;
  const std::string factors =
      is_gate && site.gate->factors.defined()
          ? mask_name(layer.use, 0, kFactorsBuffer) + threshold.substr(first.size())
          : "";
  if (!is_gate || !holds(layer.module, threshold, site.gate->threshold) ||
      (!factors.empty() && !holds(layer.module, factors, site.gate->factors)))
    failed(site.site.layer, "holds another gate than the state");
  return factors;
}

void attach(const Module& model, Probe& probe, const LayerUses& uses) {
  const MaskSite& site = *probe.site;
  const LayerOwner layer = find_owner(model, site.site.layer);
  const std::string buffer = mask_buffer(layer);
  if (buffer.empty()) failed(site.site.layer, "has no mask buffer");
  const std::string factors = site.gate ? check_gate_buffers(layer, site, buffer) : "";
  if (!site.gate && !holds(layer.module, buffer, site.mask))
    failed(site.site.layer, "holds another mask than the state");
  for (const auto& use : uses.of(site.site)) {
    Node* product = site.gate ? gating_node(use, site.site.layer, buffer, factors)
                              : masking_node(use, site.site.layer, buffer);
    insert_observe(*use.graph, use.input, product, probe.before->id());
    insert_observe(*use.graph, product->output(), product->next(), probe.after->id());
  }
}

}  // namespace

Verification verify_masks(const Session& masked, const std::vector<MaskSite>& sites,
                          const std::vector<c10::IValue>& batch) {
  std::vector<std::string> layers;
  for (const auto& site : sites) layers.push_back(site.site.layer);
  Module clone = clone_with_own_uses(masked, layers);
  const LayerUses uses(clone, masked.method);
  clone.train(masked.training);
  std::deque<Probe> probes;
  for (const auto& site : sites) attach(clone, probes.emplace_back(site), uses);
  try {
    const SameRandomNumbers drawn;
    run_method(clone, masked.method, batch);
  } catch (...) {
    for (const auto& probe : probes) probe.after->rethrow();
    throw;
  }
  Verification result;
  for (const auto& probe : probes) result.calls += probe.calls;
  result.layers = static_cast<int64_t>(sites.size());
  return result;
}

}  // namespace actsparse
