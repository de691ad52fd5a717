#include "model/observe_op.h"

#include <torch/csrc/jit/runtime/custom_operator.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace actsparse {

struct RegisteredObserver::Slot {
  int64_t id = 0;
  Observer observer;
  std::mutex mutex;  // a forked part of a model may call the same layer from another thread
  std::exception_ptr error;

  void call(const at::Tensor& input) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (error) return;
    try {
      observer(input);
    } catch (...) {
      error = std::current_exception();
      throw std::runtime_error("an observer failed");  // stops the model; rethrow() gives the cause
    }
  }
};

namespace {

using Slot = RegisteredObserver::Slot;

struct Table {
  std::mutex mutex;
  int64_t next_id = 0;
  std::map<int64_t, std::shared_ptr<Slot>> slots;
};

Table& table() {
  static Table instance;
  return instance;
}

std::shared_ptr<Slot> slot_of(int64_t id) {
  const std::lock_guard<std::mutex> lock(table().mutex);
  const auto found = table().slots.find(id);
  if (found == table().slots.end())
    throw std::runtime_error("actsparse::observe outlived its observer");
  return found->second;
}

// Leaves the input on the stack as the output: no copy, same tensor.
void observe(torch::jit::Stack& stack) {
  const int64_t id = torch::jit::pop(stack).toInt();
  slot_of(id)->call(stack.back().toTensor());
}

// The same without a result. The list is there for the compiler alone.
void call_only(torch::jit::Stack& stack) {
  torch::jit::drop(stack, 1);
  const int64_t id = torch::jit::pop(stack).toInt();
  slot_of(id)->call(torch::jit::pop(stack).toTensor());
}

}  // namespace

RegisteredObserver::RegisteredObserver(Observer observer) : slot_(std::make_shared<Slot>()) {
  slot_->observer = std::move(observer);
  const std::lock_guard<std::mutex> lock(table().mutex);
  slot_->id = table().next_id++;
  table().slots[slot_->id] = slot_;
}

RegisteredObserver::~RegisteredObserver() {
  const std::lock_guard<std::mutex> lock(table().mutex);
  table().slots.erase(slot_->id);
}

int64_t RegisteredObserver::id() const { return slot_->id; }

void RegisteredObserver::rethrow() {
  std::exception_ptr error;
  {
    const std::lock_guard<std::mutex> lock(slot_->mutex);
    error = std::exchange(slot_->error, nullptr);
  }
  if (error) std::rethrow_exception(error);
}

std::string tensor_obstacle(const at::Tensor& input) {
  if (!input.defined()) return "the input is an undefined tensor";
  if (input.is_nested())
    return "the input is a NestedTensor, which PyTorch's fast path of transformers makes of padded "
           "batches and which cannot be aggregated; script the model again with the fast path off: "
           "nn.TransformerEncoder(..., enable_nested_tensor=False), or "
           "torch.backends.mha.set_fastpath_enabled(False) before torch.jit.script";
  if (input.is_quantized() || input.layout() != at::kStrided)
    return "the input is quantized or sparse, which cannot be aggregated; register a layer before "
           "it";
  return "";
}

const char* observe_op() {
  // Conservative: optimizations must neither remove nor reorder it, whatever becomes of its result.
  static const torch::jit::RegisterOperators registration(
      {torch::jit::Operator("actsparse::observe(Tensor input, int observer) -> Tensor", observe,
                            c10::AliasAnalysisKind::CONSERVATIVE)});
  return "actsparse::observe";
}

const char* watch_op() {
  static const torch::jit::RegisterOperators registration(
      {torch::jit::Operator("actsparse::watch(Tensor input, int observer, int[](a!) log) -> ()",
                            call_only, c10::AliasAnalysisKind::FROM_SCHEMA)});
  return "actsparse::watch";
}

}  // namespace actsparse
