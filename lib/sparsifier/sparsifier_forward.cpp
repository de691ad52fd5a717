// Running the model: through the observed clone, or through the fast one.
#include <ATen/Context.h>
#include <spdlog/fmt/fmt.h>

#include <utility>

#include "base/error.h"
#include "model/apply_masks.h"
#include "model/changed_attributes.h"
#include "model/fast_clone.h"
#include "sparsifier/compare_layers.h"
#include "sparsifier/made_up_batch.h"
#include "sparsifier/mask_buffer.h"
#include "sparsifier/sparsifier_impl.h"

namespace actsparse {
namespace {

// What a model on this device draws random numbers from.
class Generators {
 public:
  explicit Generators(const std::string& device) {
    for (const at::Device source : {at::Device(at::kCPU), at::Device(device)})
      generators_.push_back(at::globalContext().defaultGenerator(source));
    for (const auto& generator : generators_) states_.push_back(generator.get_state());
  }

  void set_back() {
    for (size_t i = 0; i < generators_.size(); ++i) generators_[i].set_state(states_[i]);
  }

 private:
  std::vector<at::Generator> generators_;
  std::vector<at::Tensor> states_;
};

}  // namespace

Session ActivationSparsifier::Impl::masked_model() const {
  std::vector<MaskSite> masks;
  for (const auto& layer : layers) {
    if (layer.summary().hook_state != HookState::Sparsify) continue;
    if (auto site = mask_site(layer.summary())) masks.push_back(std::move(*site));
  }
  return masks.empty() ? session : session.with(apply_masks(session, masks));
}

void ActivationSparsifier::Impl::build_clone() {
  clone = std::make_unique<ObservedModel>(insert_observers(masked_model(), observers_of(layers)));
  clone->module().train(session.training);
}

std::vector<ObserverSite> ActivationSparsifier::Impl::observers_of(
    std::deque<RegisteredLayer>& layers) {
  std::vector<ObserverSite> observers;
  for (auto& layer : layers)
    if (layer.summary().hook_state == HookState::Aggregate)
      observers.push_back(
          {layer.summary().site, [&layer](const at::Tensor& input) { layer.observe(input); }});
  return observers;
}

std::deque<RegisteredLayer> ActivationSparsifier::Impl::copy_layers() const {
  std::deque<RegisteredLayer> copies;
  for (const auto& layer : layers) copies.emplace_back(layer.record(), functions);
  return copies;
}

FastTrial ActivationSparsifier::Impl::try_fast_clone(std::deque<RegisteredLayer>& trial,
                                                     const std::vector<c10::IValue>& batch,
                                                     double tolerance) {
  auto fast = std::make_unique<ObservedModel>(fast_clone(masked_model(), observers_of(trial)));
  fast->run(batch);
  FastTrial found = compare_layers(trial, layers);
  if (!found.reason.empty()) return found;
  if (*found.max_difference > tolerance) {
    found.reason = fmt::format("{}: its statistic differs by {:.2g}, more than {:.2g}",
                               layer_text(found.layer), *found.max_difference, tolerance);
    return found;
  }
  layers.swap(trial);  // the elements stay where they are: observers refer to them
  clone = std::move(fast);
  return found;
}

c10::IValue ActivationSparsifier::forward(const std::vector<c10::IValue>& arguments) {
  if (!impl_->clone) impl_->build_clone();
  impl_->batch_size = batch_size_of(arguments);
  return impl_->clone->run(arguments);
}

FastTrial ActivationSparsifier::use_fast_clone(const std::vector<c10::IValue>& batch,
                                               double tolerance) {
  auto trial = impl_->copy_layers();
  std::vector<c10::IValue> untouched;  // a model may write to its inputs
  for (const auto& argument : batch) untouched.push_back(argument.deepcopy());
  Generators generators(impl_->session.device);
  impl_->clone.reset();
  forward(batch);
  if (impl_->session.training) return {std::nullopt, "", "mode \"train\" cannot be frozen"};
  generators.set_back();
  try {
    return impl_->try_fast_clone(trial, untouched, tolerance);
  } catch (const std::exception& error) {
    return {std::nullopt, "", first_line(error.what())};
  }
}

void ActivationSparsifier::resume_fast_clone(const std::vector<ArgumentRecord>& arguments) {
  auto trial = impl_->copy_layers();
  auto fast = std::make_unique<ObservedModel>(
      fast_clone(impl_->masked_model(), impl_->observers_of(trial)));
  try {
    fast->run(made_up_batch(arguments));
  } catch (const Error&) {  // zeros need not be an input that the model takes
  }
  for (size_t i = 0; i < trial.size(); ++i)
    trial[i] = RegisteredLayer(impl_->layers[i].record(), impl_->functions);
  impl_->layers.swap(trial);  // the elements stay where they are: observers refer to them
  impl_->clone = std::move(fast);
}

Attributes ActivationSparsifier::model_changes() const {
  return impl_->clone ? changed_attributes(impl_->clone->module(), impl_->session.model)
                      : Attributes();
}

void ActivationSparsifier::set_model_changes(const Attributes& attributes) {
  if (!impl_->clone) impl_->build_clone();
  set_attributes(impl_->clone->module(), attributes);
}

}  // namespace actsparse
