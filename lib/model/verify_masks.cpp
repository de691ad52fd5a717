#include "model/verify_masks.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/mul.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstring>
#include <deque>

#include "base/error.h"
#include "model/insert_observe.h"
#include "model/insert_observers.h"
#include "model/layer_uses.h"
#include "model/run_clone.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using torch::jit::Node;

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

// Sample by sample: activations are large, and two of them are in memory already.
bool is_product(const at::Tensor& product, const at::Tensor& input, const at::Tensor& mask) {
  if (product.dim() == 0 || product.sizes() != input.sizes())
    return same_bytes(at::mul(input, mask), product);
  const at::Tensor masks = mask.expand_as(input);
  for (int64_t i = 0; i < input.size(0); ++i)
    if (!same_bytes(at::mul(input[i], masks[i]), product[i])) return false;
  return true;
}

// The multiplication through which alone the layer may read its input.
Node* masking_node(const LayerUse& use, const std::string& layer, const std::string& buffer) {
  if (use.reader == nullptr && use.input->uses().size() != 1)
    failed(layer, "reads its input besides the mask in " + use.name);
  Node* node = use.reader != nullptr ? use.reader : use.input->uses()[0].user;
  const bool multiplies = node->kind() == c10::aten::mul && node->inputs().size() == 2;
  const auto mask = multiplies ? attribute_path_of(*node->inputs()[1]) : std::nullopt;
  if (!mask || !(*mask == use.owner.then(buffer)))
    failed(layer, "does not multiply its input by " + buffer + " in " + use.name);
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
      const bool is_masked = is_product(product, input, site->mask.to(input.device()));
      input = at::Tensor();
      ++calls;
      if (!is_masked)
        failed(site->site.layer, "does not see input * mask in call " + std::to_string(calls));
    });
  }
};

void attach(const Module& model, Probe& probe, const LayerUses& uses) {
  const MaskSite& site = *probe.site;
  const LayerOwner layer = find_owner(model, site.site.layer);
  const std::string buffer = mask_buffer(layer);
  if (buffer.empty()) failed(site.site.layer, "has no mask buffer");
  if (!same_bytes(layer.module.attr(buffer).toTensor(), site.mask))
    failed(site.site.layer, "holds another mask than the state");
  for (const auto& use : uses.of(site.site)) {
    Node* product = masking_node(use, site.site.layer, buffer);
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
