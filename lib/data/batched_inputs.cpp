#include "data/batched_inputs.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

#include "data/constants.h"
#include "data/data_digest.h"
#include "data/images.h"
#include "data/random.h"
#include "data/sample_reader.h"

namespace actsparse {
namespace {

// One argument: a reader, or the same value every time.
struct Argument {
  std::string name;
  std::unique_ptr<SampleReader> reader;
  c10::IValue value;
  bool as_list = false;
};

struct Open {
  Argument operator()(const FileInput& input) const {
    return {display_name(input), open_samples(input), {}, input.as_list};
  }
  Argument operator()(const RandomInput& input) const {
    return {"random", open_random(input), {}, input.as_list};
  }
  Argument operator()(const ImageInput& input) const {
    return {input.images, open_images(input), {}, input.as_list};
  }
  Argument operator()(const ConstantInput& input) const {
    return {"constant", nullptr, constant(input.value)};
  }
};

// Samples in each input; 0 if there are only constants.
int64_t common_size(const std::vector<Argument>& arguments) {
  int64_t size = 0;
  bool equal = true;
  std::string counts;
  for (const auto& argument : arguments) {
    if (!argument.reader) continue;
    const int64_t own = argument.reader->size();
    equal = equal && (size == 0 || own == size);
    size = own;
    counts += fmt::format("{}{} holds {}", counts.empty() ? "" : ", ", argument.name, own);
  }
  if (!equal)
    throw Error(ErrorKind::Data, "the inputs differ in their number of samples: " + counts +
                                     "; dimension 0 of each must count the same samples");
  return size;
}

std::string joined_names(const std::vector<Argument>& arguments) {
  std::string names;
  for (const auto& argument : arguments)
    if (argument.reader) names += (names.empty() ? "" : ", ") + argument.name;
  return names.empty() ? "constants" : names;
}

class BatchedInputs : public BatchSource {
 public:
  explicit BatchedInputs(const DataConfig& config) : config_(config) {
    for (const auto& input : config.inputs) arguments_.push_back(std::visit(Open{}, input));
    names_ = joined_names(arguments_);
    const int64_t held = common_size(arguments_), size = config.batch_size;
    const int64_t used = std::min(held, config.limit.value_or(held));
    batches_ = held == 0 ? 1 : used / size + (used % size != 0 && !config.drop_last ? 1 : 0);
    samples_ = std::min(used, batches_ * size);
    if (batches_ == 0)
      throw Error(ErrorKind::Data,
                  fmt::format("drop_last leaves no batch: {} samples, batch_size {}; make "
                              "batch_size smaller or drop_last false",
                              used, size));
  }

  std::optional<Batch> next() override {
    if (next_ == batches_) return std::nullopt;
    const int64_t first = next_ * config_.batch_size;
    Batch batch;
    batch.samples = std::min(config_.batch_size, samples_ - first);
    batch.origin = fmt::format("batch {} ({})", ++next_, names_);
    for (auto& argument : arguments_)
      batch.arguments.push_back(argument.reader ? read(argument, first, batch) : argument.value);
    return batch;
  }

  void rewind() override { next_ = 0; }
  void skip(int64_t count) override { next_ = std::min(batches_, next_ + count); }
  int64_t batches() const override { return batches_; }
  std::optional<int64_t> samples() const override { return samples_; }
  int64_t ragged_last() const override { return batches_ > 1 ? samples_ % config_.batch_size : 0; }
  int64_t batch_bytes() const override {
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    int64_t sample = 0, batch = 0;
    for (const auto& argument : arguments_)
      if (argument.reader) sample += argument.reader->sample_bytes();
    const int64_t count = std::min(config_.batch_size, samples_);
    return __builtin_mul_overflow(sample, count, &batch) ? kMost : batch;
  }
  std::string digest() const override { return digest_of_inputs(config_.inputs); }
  std::string fingerprint() const override { return fingerprint_of_inputs(config_.inputs); }

 private:
  static c10::IValue read(const Argument& argument, int64_t first, const Batch& batch) {
    try {
      if (argument.as_list)
        return c10::List<at::Tensor>(argument.reader->read_each(first, batch.samples));
      return argument.reader->read(first, batch.samples);
    } catch (const Error& error) {
      throw error.in(batch.origin);
    } catch (const std::exception& error) {  // no memory for the batch, say
      throw Error(ErrorKind::Data, batch.origin + ": " + argument.name +
                                       " cannot be read: " + first_line(error.what()))
          .with_details(error.what());
    }
  }

  DataConfig config_;
  std::vector<Argument> arguments_;
  std::string names_;
  int64_t batches_ = 0, samples_ = 0, next_ = 0;
};

}  // namespace

std::unique_ptr<BatchSource> open_batched_inputs(const DataConfig& config) {
  return std::make_unique<BatchedInputs>(config);
}

}  // namespace actsparse
