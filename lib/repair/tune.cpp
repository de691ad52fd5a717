#include "repair/tune.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/optim/adam.h>
#include <torch/serialize/input-archive.h>
#include <torch/serialize/output-archive.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>

#include "base/error.h"
#include "model/run_clone.h"
#include "model/run_method.h"
#include "repair/augment.h"
#include "repair/distance.h"
#include "repair/held_out.h"
#include "repair/hints.h"
#include "repair/value_file.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using Tensors = std::vector<at::Tensor>;

// How often the batches held out are judged while it goes on.
constexpr int64_t kChecks = 20;
// How much all residual sums count beside the answers.
constexpr double kHints = 25;

// With autograd, if it is on; run_method() turns it off.
Tensors answers(Module& model, const std::string& method,
                const std::vector<c10::IValue>& inputs) try {
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  return floating_tensors(model.get_method(method)(inputs));
} catch (const Error&) {
  throw;
} catch (const std::exception& failure) {
  throw Error(ErrorKind::Data, "repair.tune: the model fails: " + torchscript_cause(failure.what()))
      .with_details(failure.what());
}

// An operator without a derivative shows here.
void differentiate(const at::Tensor& loss) try {
  loss.backward();
} catch (const std::exception& failure) {
  throw Error(ErrorKind::Model,
              "repair.tune: the model cannot be differentiated (leave 'tune' out): " +
                  first_line(failure.what()))
      .with_details(failure.what());
}

// The leaves that are tuned: parameters, and the biases that repair has added.
Tensors tunable(const Module& model) {
  Tensors found;
  for (const auto& parameter : model.named_parameters())
    if (parameter.value.is_floating_point()) found.push_back(parameter.value);
  for (const auto& buffer : model.named_buffers())
    if (buffer.name.find("repaired_bias") != std::string::npos) found.push_back(buffer.value);
  return found;
}

// Its tensors are leaves of autograd's graph, and ask for no gradient.
Module copied(const Module& model) {
  const at::NoGradGuard no_grad;
  return model.deepcopy();
}

Tensors copies_of(const Tensors& tensors) {
  Tensors copies;
  for (const auto& tensor : tensors) copies.push_back(tensor.detach().clone());
  return copies;
}

void copy_to(const Tensors& tensors, const Tensors& from) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < from.size(); ++i) tensors.at(i).copy_(from[i]);
}

std::string bytes_of(const torch::optim::Adam& adam) {
  torch::serialize::OutputArchive archive;
  adam.save(archive);
  std::ostringstream out;
  archive.save_to(out);
  return out.str();
}

void load(torch::optim::Adam& adam, const std::string& bytes, c10::Device device) {
  torch::serialize::InputArchive archive;
  std::istringstream in(bytes);
  archive.load_from(in, device);
  adam.load(archive);
}

class Tuning {
 public:
  Tuning(const Session& unmasked, const Module& model, const TuneOptions& options)
      : options_(options),
        model_(model),
        teacher_(copied(unmasked.model)),
        student_(copied(model)),
        method_(unmasked.method),
        file_(options.folder),
        random_(options.seed) {
    teacher_.eval();
    student_.eval();
    if (const auto hints = options.config.hints; hints.value_or(true))
      hints_.emplace(teacher_, student_, method_, hints.has_value());
  }

  Tuned run(BatchSource& data) {
    read(data);
    parameters_ = tunable(student_);
    for (const auto& parameter : parameters_) parameter.requires_grad_(true);
    best_ = copies_of(parameters_);
    if (!options_.known) {
      const double before = held_out_loss();
      report_ = {options_.config.steps, 0, options_.config.loss, before, before};
    }
    descend();
    copy_to(parameters_, best_);
    restore_flags();
    return {student_, report_};
  }

 private:
  void read(BatchSource& data) {
    const at::NoGradGuard no_grad;
    data.rewind();
    for (size_t number = 0; const auto batch = data.next(); ++number) {
      const SameRandomNumbers drawn(number);
      auto inputs = fitted_arguments(student_, method_, batch->arguments);
      const size_t arguments = inputs.size();
      for (const auto& wanted : answers(teacher_, method_, inputs)) inputs.emplace_back(wanted);
      (is_held_out(number, options_.holdout) ? held_out_ : fitted_)
          .push_back({file_.keep(std::move(inputs)), arguments});
    }
    if (fitted_.empty() || held_out_.empty())
      throw Error(ErrorKind::Config,
                  "repair.tune: " + std::to_string(fitted_.size() + held_out_.size()) +
                      " batches are too few to hold some out; give more data, or a smaller "
                      "repair.tune.batch_size");
  }

  struct Kept {
    KeptValues values;
    size_t arguments;  // the first of the values; the others are what is wanted
  };

  // The arguments of a batch, and what the teacher gave.
  std::pair<std::vector<c10::IValue>, Tensors> get(const Kept& kept) const {
    auto values = file_.get(kept.values);
    Tensors wanted;
    for (size_t i = kept.arguments; i < values.size(); ++i) wanted.push_back(values[i].toTensor());
    values.resize(kept.arguments);
    return {std::move(values), std::move(wanted)};
  }

  at::Tensor loss(const Kept& kept) {
    const auto [arguments, wanted] = get(kept);
    return distance(answers(student_, method_, arguments), wanted, options_.config.loss);
  }

  // What a step goes down: of a model with residual sums, those count, too.
  at::Tensor loss_of_step(const Kept& kept, int64_t step) {
    auto [arguments, wanted] = get(kept);
    const auto& how = options_.config.augment;
    if (how) augment(arguments, *how, options_.seed + static_cast<uint64_t>(step));
    if (!hints_ || !hints_->has_any()) {
      if (how) wanted = teacher_answers(arguments);
      return distance(answers(student_, method_, arguments), wanted, options_.config.loss);
    }
    const auto [returned, sums] = hints_->student(arguments);
    const auto [answer, hints] = hints_->teacher(arguments);
    return distance(floating_tensors(returned), how ? floating_tensors(answer) : wanted,
                    options_.config.loss) +
           kHints / static_cast<double>(sums.size()) * distance(sums, hints, "mse");
  }

  Tensors teacher_answers(const std::vector<c10::IValue>& arguments) {
    const at::NoGradGuard no_grad;
    return answers(teacher_, method_, arguments);
  }

  double held_out_loss() {
    const at::NoGradGuard no_grad;
    double sum = 0;
    for (const auto& kept : held_out_) {
      const SameRandomNumbers drawn;
      sum += loss(kept).item<double>();
    }
    return sum / static_cast<double>(held_out_.size());
  }

  void descend() {
    torch::optim::Adam adam(parameters_, torch::optim::AdamOptions(options_.config.learning_rate));
    const int64_t steps = options_.config.steps, check = std::max<int64_t>(steps / kChecks, 1);
    int64_t step = options_.known ? go_on(adam) : 0;
    while (++step <= steps) {
      set_rate(adam, step);
      adam.zero_grad();
      const SameRandomNumbers drawn(static_cast<uint64_t>(step));
      differentiate(loss_of_step(fitted_[next()], step));
      adam.step();
      if (step % check == 0 || step == steps) {
        judge(step);
        if (options_.keep) options_.keep(progress(step, adam));
      }
      if (options_.progress) options_.progress(step, steps);
    }
  }

  // Gives the step after which an earlier process has stopped.
  int64_t go_on(torch::optim::Adam& adam) {
    const TuneProgress& known = *options_.known;
    report_ = known.report;
    copy_to(parameters_, known.parameters);
    best_ = known.best;
    load(adam, known.optimizer, parameters_.front().device());
    std::istringstream(known.random) >> random_;
    order_.assign(known.order.begin(), known.order.end());
    return known.step;
  }

  TuneProgress progress(int64_t step, const torch::optim::Adam& adam) const {
    std::ostringstream random;
    random << random_;
    return {step,           report_,      copies_of(parameters_),        best_,
            bytes_of(adam), random.str(), {order_.begin(), order_.end()}};
  }

  // Half a cosine from the rate to 0, after a short rise.
  void set_rate(torch::optim::Adam& adam, int64_t step) const {
    const auto steps = static_cast<double>(options_.config.steps), done = static_cast<double>(step);
    const double rise = std::min(1.0, done / std::max(0.05 * steps, 1.0));
    const double fall = 0.5 * (1 + std::cos(std::acos(-1.0) * (done - 1) / steps));
    for (auto& group : adam.param_groups())
      static_cast<torch::optim::AdamOptions&>(group.options())
          .lr(options_.config.learning_rate * rise * fall);
  }

  // Every batch once before any comes again.
  size_t next() {
    if (order_.empty()) {
      for (size_t i = 0; i < fitted_.size(); ++i) order_.push_back(i);
      for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random_() % i]);
    }
    const size_t one = order_.back();
    order_.pop_back();
    return one;
  }

  void restore_flags() {
    const Tensors before = tunable(model_);
    for (size_t i = 0; i < parameters_.size(); ++i) {
      parameters_[i].mutable_grad() = at::Tensor();
      parameters_[i].requires_grad_(before[i].requires_grad());
    }
  }

  void judge(int64_t step) {
    const double loss = held_out_loss();
    if (!(loss < report_.after)) return;
    report_.after = loss;
    report_.best_step = step;
    best_ = copies_of(parameters_);
  }

  const TuneOptions& options_;
  const Module& model_;
  Module teacher_, student_;
  std::string method_;
  std::optional<Hints> hints_;
  ValueFile file_;
  TunedModel report_;
  std::mt19937_64 random_;     // the same on every machine, unlike distributions
  std::vector<size_t> order_;  // of batches, what this round has left; the last is the next
  std::vector<Kept> fitted_, held_out_;
  Tensors parameters_, best_;
};

}  // namespace

Tuned tune(const Session& unmasked, const Module& model, BatchSource& data,
           const TuneOptions& options) {
  return Tuning(unmasked, model, options).run(data);
}

}  // namespace actsparse
