#include "compact/trace.h"

#include <ATen/core/List.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/runtime/custom_operator.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "model/run_clone.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

using Recorded = std::vector<std::optional<IValue>>;

// Where record() puts what it gets. Forks are inlined: a graph runs on the thread that called it.
thread_local Recorded* recording = nullptr;

// Lends the vector to record() for one run, also if that throws.
class Recording {
 public:
  explicit Recording(Recorded& recorded) { recording = &recorded; }
  ~Recording() { recording = nullptr; }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
};

IValue without_data(const IValue& value);

IValue list_without_data(const IValue& value) {
  c10::impl::GenericList list(value.type()->expectRef<c10::ListType>().getElementType());
  for (const IValue& element : value.toListRef()) list.push_back(without_data(element));
  return list;
}

IValue tuple_without_data(const IValue& value) {
  std::vector<IValue> elements;
  for (const IValue& element : value.toTupleRef().elements())
    elements.push_back(without_data(element));
  return c10::ivalue::Tuple::create(std::move(elements));
}

IValue dict_without_data(const IValue& value) {
  const auto dict = value.toGenericDict();
  c10::impl::GenericDict copy(dict.keyType(), dict.valueType());
  for (const auto& entry : dict) copy.insert(entry.key(), without_data(entry.value()));
  return copy;
}

// A nested tensor has no sizes: nothing is known of it.
IValue tensor_without_data(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  if (tensor.is_nested()) return {};
  return at::empty(tensor.sizes(), tensor.options().device(at::kMeta));
}

IValue without_data(const IValue& value) {
  if (value.isTensor()) return tensor_without_data(value.toTensor());
  if (value.isTensorList() || (value.isList() && !value.isIntList()))
    return list_without_data(value);
  if (value.isIntList()) return value.deepcopy();
  if (value.isTuple()) return tuple_without_data(value);
  if (value.isGenericDict()) return dict_without_data(value);
  return value.isObject() ? IValue() : value;
}

void record(torch::jit::Stack& stack) {
  if (recording == nullptr) throw Error(ErrorKind::Internal, "a value is recorded outside a run");
  const int64_t id = torch::jit::pop(stack).toInt();
  recording->at(id) = without_data(torch::jit::pop(stack));
}

// "actsparse::record(t value, int id) -> ()", registered with LibTorch at the first call.
c10::Symbol record_op() {
  static const torch::jit::RegisterOperators registration({torch::jit::Operator(
      "actsparse::record(t value, int id) -> ()", record, c10::AliasAnalysisKind::CONSERVATIVE)});
  return c10::Symbol::fromQualString("actsparse::record");
}

// Inserts nodes that hand every value of the graph to record(); they are gone when it ends.
class RecordNodes {
 public:
  explicit RecordNodes(torch::jit::Graph& graph) : graph_(graph) { insert(*graph.block()); }
  ~RecordNodes() {
    for (auto it = nodes_.rbegin(); it != nodes_.rend(); ++it) (*it)->destroy();
  }
  RecordNodes(const RecordNodes&) = delete;
  RecordNodes& operator=(const RecordNodes&) = delete;
  const std::vector<const Value*>& values() const { return values_; }

 private:
  void insert(Block& block) {
    Node* const first = *block.nodes().begin();
    std::vector<Node*> nodes(block.nodes().begin(), block.nodes().end());
    for (Value* value : block.inputs()) insert(value, *first);
    for (Node* node : nodes) {
      for (Block* inner : node->blocks()) insert(*inner);
      for (Value* value : node->outputs()) insert(value, *node->next());
    }
  }

  void insert(Value* value, Node& before) {
    // Modules need not be recorded, and functions cannot: the interpreter keeps no register for
    // them.
    if (value->type()->cast<c10::ClassType>() || value->type()->cast<c10::FunctionType>()) return;
    const torch::jit::WithInsertPoint guard(&before);
    Value* id = graph_.insertConstant(static_cast<int64_t>(values_.size()));
    nodes_.push_back(id->node());
    nodes_.push_back(graph_.insertNode(graph_.create(record_op(), {value, id}, 0)));
    values_.push_back(value);
  }

  torch::jit::Graph& graph_;
  std::vector<Node*> nodes_;
  std::vector<const Value*> values_;
};

Trace::Values record_values(FlatModel& model, const std::vector<IValue>& batch) {
  const RecordNodes nodes(*model.graph);
  Recorded recorded(nodes.values().size());
  {
    const Recording lent(recorded);
    run_clone({model.module, model.method}, batch);
  }
  Trace::Values values;
  for (size_t i = 0; i < recorded.size(); ++i)
    if (recorded[i]) values[nodes.values()[i]] = *recorded[i];
  return values;
}

bool equal(const IValue& a, const IValue& b);

bool equal_elements(c10::ArrayRef<IValue> a, c10::ArrayRef<IValue> b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), equal);
}

bool equal_tensors(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || a.sizes() == b.sizes());
}

bool equal_dicts(const c10::impl::GenericDict& a, const c10::impl::GenericDict& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& entry) {
           const auto other = b.find(entry.key());
           return other != b.end() && equal(entry.value(), other->value());
         });
}

bool equal(const IValue& a, const IValue& b) {
  if (a.isTensor() && b.isTensor()) return equal_tensors(a.toTensor(), b.toTensor());
  if (a.isList() && b.isList()) return equal_elements(a.toListRef(), b.toListRef());
  if (a.isTuple() && b.isTuple())
    return equal_elements(a.toTupleRef().elements(), b.toTupleRef().elements());
  if (a.isGenericDict() && b.isGenericDict())
    return equal_dicts(a.toGenericDict(), b.toGenericDict());
  return a == b;
}

// The tensor itself, or the element of a list.
at::Tensor tensor_in(const IValue& value, size_t element) {
  if (value.isTensor()) return value.toTensor();
  return value.isList() && element < value.toListRef().size() &&
                 value.toListRef()[element].isTensor()
             ? value.toListRef()[element].toTensor()
             : at::Tensor();
}

}  // namespace

const IValue* Trace::value(const Value* value) const {
  const auto found = runs_.front().find(value);
  return found == runs_.front().end() ? nullptr : &found->second;
}

at::IntArrayRef Trace::sizes(const Value* value) const {
  const IValue* const found = this->value(value);
  return found != nullptr && found->isTensor() && found->toTensor().defined()
             ? found->toTensor().sizes()
             : at::IntArrayRef();
}

bool Trace::is_static(const Value* value) const {
  const IValue* first = this->value(value);
  return first != nullptr && std::all_of(runs_.begin(), runs_.end(), [&](const Values& run) {
           const auto found = run.find(value);
           return found != run.end() && equal(*first, found->second);
         });
}

// In each run; -1 where it has no such axis.
std::vector<int64_t> Trace::sizes_along(const Value* value, int64_t axis, size_t element) const {
  std::vector<int64_t> sizes;
  for (const Values& run : runs_) {
    const auto found = run.find(value);
    const auto tensor = found == run.end() ? at::Tensor() : tensor_in(found->second, element);
    sizes.push_back(tensor.defined() && axis < tensor.dim() ? tensor.size(axis) : -1);
  }
  return sizes;
}

bool Trace::is_static(const Value* value, int64_t axis, size_t element) const {
  const auto sizes = sizes_along(value, axis, element);
  return sizes.front() >= 0 && std::all_of(sizes.begin(), sizes.end(),
                                           [&](int64_t size) { return size == sizes.front(); });
}

bool Trace::is_multiple(const Value* value, int64_t axis, int64_t count, size_t element) const {
  const auto sizes = sizes_along(value, axis, element);
  return std::all_of(sizes.begin(), sizes.end(),
                     [&](int64_t size) { return size >= 0 && size % count == 0; });
}

Trace trace(FlatModel& model, const std::vector<std::vector<IValue>>& batches) {
  std::vector<Trace::Values> runs = {record_values(model, batches.at(0))};
  for (size_t i = 1; i < batches.size(); ++i) try {
      runs.push_back(record_values(model, batches[i]));
    } catch (const Error&) {
      // of a size that the model does not take
    }
  return Trace(std::move(runs));
}

}  // namespace actsparse
