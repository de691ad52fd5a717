#include "pipeline/trial_batches.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include <algorithm>

#include "base/error.h"
#include "model/run_clone.h"
#include "record/run.h"

namespace actsparse {
namespace {

constexpr int64_t kShortest = 3;  // what is left must not be 1, which operators treat apart

int64_t three_quarters(int64_t side) {
  const int64_t smaller = side * 3 / 4;
  return smaller >= 32 ? smaller / 32 * 32 : smaller;
}

using Sizes = std::vector<std::vector<int64_t>>;

bool holds_samples(const c10::IValue& argument, int64_t samples) {
  return samples_in(argument) == samples;
}

// The sizes of an argument without the number of samples; of a list those that occur in it.
Sizes sample_sizes(const c10::IValue& argument, int64_t samples) {
  Sizes sizes = sizes_in(argument);
  if (!holds_samples(argument, samples)) return sizes;
  if (argument.isTensor()) sizes[0][0] = -1;
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

// Of all arguments.
std::vector<Sizes> sample_shapes(const Arguments& batch) {
  const int64_t samples = batch_size_of(batch);
  std::vector<Sizes> shapes;
  for (const auto& argument : batch) shapes.push_back(sample_sizes(argument, samples));
  return shapes;
}

using AnyList = c10::impl::GenericList;

AnyList chosen_elements(const AnyList& list, const at::Tensor& index) {
  AnyList chosen(list.elementType());
  for (int64_t i = 0; i < index.numel(); ++i) chosen.push_back(list.get(index[i].item<int64_t>()));
  return chosen;
}

c10::IValue chosen_samples(const c10::IValue& argument, const at::Tensor& index) {
  if (argument.isTensor()) return argument.toTensor().index_select(0, index);
  return chosen_elements(argument.toList(), index);
}

// Of two arguments that hold samples.
c10::IValue joined(const c10::IValue& argument, const c10::IValue& more) {
  if (argument.isTensor()) return at::cat({argument.toTensor(), more.toTensor()});
  AnyList all = argument.toList().copy();
  for (const c10::IValue& element : more.toListRef()) all.push_back(element);
  return all;
}

bool has_same_samples(const Arguments& a, const Arguments& b) {
  return a.size() == b.size() && sample_shapes(a) == sample_shapes(b);
}

bool has_same_size(const Arguments& a, const Arguments& b) {
  return has_same_samples(a, b) && batch_size_of(a) == batch_size_of(b);
}

Arguments joined(Arguments batch, const Arguments& more) {
  const int64_t samples = batch_size_of(batch), others = batch_size_of(more);
  for (size_t i = 0; i < batch.size(); ++i)
    if (holds_samples(batch[i], samples) && holds_samples(more[i], others))
      batch[i] = joined(batch[i], more[i]);
  return batch;
}

// A batch of few samples has those of others, too: one sample, repeated, shows little.
Arguments enough_samples(const TrialBatch& batch) {
  Arguments samples = batch.arguments;
  for (const auto& other : batch.others)
    if (batch_size_of(samples) < kEnoughSamples && has_same_samples(batch.arguments, other))
      samples = joined(std::move(samples), other);
  return samples;
}

// Integers that are none of the samples' own may be numbers of samples (the edges of a graph).
bool may_name_samples(const Arguments& batch) {
  const int64_t samples = batch_size_of(batch);
  return std::any_of(batch.begin(), batch.end(), [&](const c10::IValue& argument) {
    return argument.isTensor() && argument.toTensor().defined() &&
           argument.toTensor().scalar_type() != at::kBool &&
           at::isIntegralType(argument.toTensor().scalar_type(), false) &&
           !holds_samples(argument, samples);
  });
}

bool may_take_fewer(const Session& session, const Arguments& batch) {
  return session.device == "cpu" || !may_name_samples(batch);
}

// Two samples; none where they must not be tried.
Arguments few_samples(const Session& session, const Arguments& batch) {
  return may_take_fewer(session, batch) ? with_samples(batch, 2) : Arguments();
}

// Collects the sizes that the model takes.
class SizesTaken {
 public:
  SizesTaken(const Session& session, std::vector<Arguments>& found)
      : session_(session), found_(found) {}

  /// True if the model takes it: it has been added, or was there.
  bool add(Arguments batch) {
    if (batch.empty()) return false;
    for (const auto& known : found_)
      if (batch_size_of(batch) > 0 && has_same_size(known, batch)) return true;
    if (!takes(session_, batch)) return false;
    found_.push_back(std::move(batch));
    return true;
  }

 private:
  const Session& session_;
  std::vector<Arguments>& found_;
};

// Two samples, another number of them, smaller ones, and those of the data that have other shapes.
std::vector<Arguments> sizes_taken(const Session& session, const TrialBatch& batch) {
  std::vector<Arguments> found;
  SizesTaken sizes(session, found);
  const Arguments samples = enough_samples(batch);
  const bool takes_few = sizes.add(few_samples(session, samples));
  if (!takes_few) {
    run_clone(session, batch.arguments);  // throws why it does not take that
    found.push_back(batch.arguments);
  }
  for (const auto& other : batch.others)
    if (!takes_few || !has_same_samples(batch.arguments, other))
      if (!sizes.add(few_samples(session, other))) sizes.add(other);
  for (const auto& other : other_counts(session, samples))
    if (!has_same_size(found[0], other) && sizes.add(other)) break;
  const Arguments first = found[0];
  sizes.add(with_smaller_images(first));
  sizes.add(with_shorter_rows(first));
  return found;
}

// Of the batch itself; those of one sample together.
std::vector<Arguments> first_input(const TrialBatch& batch) {
  std::vector<Arguments> input = {batch.arguments};
  if (batch_size_of(batch.arguments) == 1)
    for (const auto& other : batch.others)
      if (has_same_size(batch.arguments, other)) input.push_back(other);
  return input;
}

// The upper left of planes, whatever they stand in.
at::Tensor smaller_planes(const at::Tensor& images) {
  const int64_t height = three_quarters(images.size(-2)), width = three_quarters(images.size(-1));
  if (height < 1 || width < 1) return images;
  return images.narrow(-2, 0, height).narrow(-1, 0, width).contiguous();
}

// Of a tensor of images, or of a list of images without a batch; anything else as it is.
c10::IValue smaller_images(const c10::IValue& argument) {
  const Sizes sizes = sizes_in(argument);
  const size_t rank = argument.isTensor() ? 4 : 3;
  if (sizes.empty() || sizes[0].size() != rank) return argument;
  if (argument.isTensor()) return smaller_planes(argument.toTensor());
  AnyList images(argument.toList().elementType());
  for (const c10::IValue& image : argument.toListRef())
    images.push_back(smaller_planes(image.toTensor()));
  return images;
}

}  // namespace

Arguments with_samples(const Arguments& batch, int64_t count) {
  const int64_t size = batch_size_of(batch);
  if (size < 1) return {};
  const auto index = at::arange(count).remainder(size);
  Arguments chosen;
  for (const auto& argument : batch)
    chosen.push_back(holds_samples(argument, size) ? chosen_samples(argument, index) : argument);
  return chosen;
}

Arguments with_smaller_images(const Arguments& batch) {
  Arguments smaller;
  bool changed = false;
  for (const auto& argument : batch) {
    smaller.push_back(smaller_images(argument));
    changed |= sizes_in(smaller.back()) != sizes_in(argument);
  }
  return changed ? smaller : Arguments();
}

Arguments with_shorter_rows(const Arguments& batch) {
  int64_t length = 0;
  Arguments shorter;
  for (const auto& argument : batch) {
    shorter.push_back(argument);
    if (!argument.isTensor() || argument.toTensor().dim() < 2) continue;
    const auto& rows = argument.toTensor();
    if (length == 0) length = rows.size(1);
    if (rows.size(1) == length && length >= kShortest)
      shorter.back() = rows.narrow(1, 0, three_quarters(length)).contiguous();
  }
  return length >= kShortest ? shorter : Arguments();
}

Trials find_trials(const Session& session, const TrialBatch& batch) {
  Trials trials{sizes_taken(session, batch), {first_input(batch)}};
  const Arguments& first = trials.sizes[0];
  for (const auto& size : trials.sizes)
    if (has_same_samples(first, size) && !has_same_size(first, size))
      trials.samples = batch_size_of(first);
  // Of samples of one shape another number shows as much as any.
  std::vector<Arguments> chosen;
  const auto is_shown = [&](const Arguments& size) {
    return has_same_size(batch.arguments, size) ||
           std::any_of(chosen.begin(), chosen.end(),
                       [&](const Arguments& other) { return has_same_samples(other, size); });
  };
  for (const auto& size : trials.sizes)
    if (!is_shown(size)) chosen.push_back(size);
  for (const auto& size : chosen) trials.inputs.push_back({size});
  return trials;
}

std::vector<Arguments> other_counts(const Session& session, const Arguments& batch) {
  const int64_t samples = batch_size_of(batch);
  std::vector<Arguments> others;
  if (samples < 1) return others;
  for (const int64_t count : {int64_t{2}, int64_t{3}, int64_t{4}, 2 * samples, int64_t{1}})
    if (count > samples || (count < samples && may_take_fewer(session, batch)))
      others.push_back(with_samples(batch, count));
  return others;
}

bool takes(const Session& session, const Arguments& batch) {
  try {
    run_clone(session, batch);
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool takes_other_counts(const Session& session, const Arguments& batch) {
  const auto others = other_counts(session, batch);
  return std::any_of(others.begin(), others.end(),
                     [&](const Arguments& other) { return takes(session, other); });
}

}  // namespace actsparse
