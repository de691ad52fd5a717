#include "compact/tensor_memory.h"

#include <algorithm>
#include <set>

namespace actsparse {
namespace {

using c10::IValue;
using TensorFunction = std::function<void(const at::Tensor&)>;

class TensorVisit {
 public:
  explicit TensorVisit(const TensorFunction& visit) : visit_(visit) {}

  void operator()(const IValue& value) {
    if (value.isTensor()) {
      if (value.toTensor().defined()) visit_(value.toTensor());
    } else if (value.isList()) {
      if (value.isTensorList() || !value.isIntList())
        for (const IValue& element : value.toListRef()) (*this)(element);
    } else if (value.isTuple()) {
      for (const IValue& element : value.toTupleRef().elements()) (*this)(element);
    } else if (value.isGenericDict()) {
      for (const auto& entry : value.toGenericDict()) (*this)(entry.value());
    } else if (value.isObject() && seen_.insert(value.toObject().get()).second) {
      for (const IValue& slot : value.toObject()->slots()) (*this)(slot);
    }
  }

 private:
  const TensorFunction& visit_;
  std::set<const c10::ivalue::Object*> seen_;
};

class Replacement {
 public:
  explicit Replacement(const std::map<TensorPlace, at::Tensor>& by_place) : by_place_(by_place) {}

  IValue operator()(const IValue& value) const {
    if (value.isTensor() && value.toTensor().defined()) {
      const auto found = by_place_.find(place_of(value.toTensor()));
      return found == by_place_.end() ? value : IValue(found->second);
    }
    if (value.isList() && !value.isIntList()) return in_list(value);
    if (value.isTuple()) return in_tuple(value);
    if (value.isGenericDict()) return in_dict(value);
    return value;
  }

 private:
  IValue in_list(const IValue& value) const {
    auto list = value.toList();
    for (size_t i = 0; i < list.size(); ++i) list.set(i, (*this)(list.get(i)));
    return value;
  }

  IValue in_tuple(const IValue& value) const {
    std::vector<IValue> elements;
    for (const IValue& element : value.toTupleRef().elements())
      elements.push_back((*this)(element));
    return c10::ivalue::Tuple::createNamed(std::move(elements),
                                           value.type()->cast<c10::TupleType>());
  }

  IValue in_dict(const IValue& value) const {
    auto dict = value.toGenericDict();
    for (const auto& entry : dict) dict.insert_or_assign(entry.key(), (*this)(entry.value()));
    return value;
  }

  const std::map<TensorPlace, at::Tensor>& by_place_;
};

}  // namespace

bool TensorPlace::operator<(const TensorPlace& other) const {
  return std::tie(storage, begin, end, sizes, strides, form) <
         std::tie(other.storage, other.begin, other.end, other.sizes, other.strides, other.form);
}

bool TensorPlace::operator==(const TensorPlace& other) const {
  return !(*this < other) && !(other < *this);
}

TensorPlace place_of(const at::Tensor& tensor) {
  const auto bytes = static_cast<int64_t>(tensor.element_size());
  const int64_t form = 4 * static_cast<int64_t>(tensor.scalar_type()) + (tensor.is_conj() ? 2 : 0) +
                       (tensor.is_neg() ? 1 : 0);
  if (!tensor.has_storage() || tensor.layout() != at::kStrided)
    return {tensor.unsafeGetTensorImpl(), 0,  tensor.numel() * bytes,
            tensor.sizes().vec(),         {}, form};
  int64_t elements = tensor.numel() == 0 ? 0 : 1;
  for (int64_t axis = 0; elements > 0 && axis < tensor.dim(); ++axis)
    elements += (tensor.size(axis) - 1) * tensor.stride(axis);
  const int64_t first = tensor.storage_offset() * bytes;
  return {tensor.storage().unsafeGetStorageImpl(),
          first,
          first + elements * bytes,
          tensor.sizes().vec(),
          tensor.strides().vec(),
          form};
}

void for_each_tensor(const IValue& value, const TensorFunction& visit) {
  TensorVisit{visit}(value);
}

MemoryRegions::MemoryRegions(const std::vector<at::Tensor>& tensors) {
  std::vector<TensorPlace> places;
  for (const auto& tensor : tensors) places.push_back(place_of(tensor));
  std::sort(places.begin(), places.end());
  Region* last = nullptr;
  const void* storage = nullptr;
  for (const auto& place : places) {
    if (last == nullptr || storage != place.storage || place.begin >= last->end) {
      last = &regions_.emplace(std::pair(place.storage, place.begin), Region{place.end, 0})
                  .first->second;
      last->number = regions_.size();
    }
    last->end = std::max(last->end, place.end);
    storage = place.storage;
  }
}

size_t MemoryRegions::of(const at::Tensor& tensor) const {
  const auto place = place_of(tensor);
  const auto after = regions_.upper_bound({place.storage, place.begin});
  return after == regions_.begin() ? 0 : std::prev(after)->second.number;
}

int64_t MemoryRegions::bytes_in(const void* storage) const {
  int64_t sum = 0;
  for (const auto& [start, region] : regions_)
    if (start.first == storage) sum += region.end - start.second;
  return sum;
}

int64_t MemoryRegions::bytes() const {
  int64_t sum = 0;
  for (const auto& [start, region] : regions_) sum += region.end - start.second;
  return sum;
}

void replace_tensors(const torch::jit::Module& model,
                     const std::map<TensorPlace, at::Tensor>& by_place) {
  const Replacement replacement(by_place);
  for (const torch::jit::Module& module : model.modules()) {
    const auto object = module._ivalue();
    for (size_t slot = 0; slot < object->type()->numAttributes(); ++slot)
      object->setSlot(slot, replacement(object->getSlot(slot)));
  }
}

void own_memory(const torch::jit::Module& model) {
  std::vector<at::Tensor> tensors;
  for_each_tensor(model._ivalue(), [&](const at::Tensor& tensor) { tensors.push_back(tensor); });
  const MemoryRegions regions(tensors);
  std::map<size_t, std::set<TensorPlace>> by_region;
  for (const auto& tensor : tensors) by_region[regions.of(tensor)].insert(place_of(tensor));
  std::map<TensorPlace, at::Tensor> own;
  for (const auto& tensor : tensors) {
    const auto place = place_of(tensor);
    if (!tensor.has_storage() || tensor.layout() != at::kStrided) continue;
    if (by_region.at(regions.of(tensor)).size() == 1 &&
        regions.bytes_in(place.storage) < static_cast<int64_t>(tensor.storage().nbytes()))
      own.emplace(place, tensor.detach().clone().requires_grad_(tensor.requires_grad()));
  }
  if (!own.empty()) replace_tensors(model, own);
}

}  // namespace actsparse
