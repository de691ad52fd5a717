#include "data/pickle_stack.h"

#include <ATen/core/jit_type.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace actsparse {

using c10::IValue;

// Far from what exhausts the call stack when values are walked or destroyed.
constexpr int deepest_nesting = 100;

// About what a number, or the entry for a string, takes wherever it is put.
constexpr int64_t bytes_per_value = 64;

const IValue& PickleStack::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()))
    throw std::runtime_error("the pickle takes a value that is not there");
  return stack_.back();
}

IValue PickleStack::pop() {
  IValue value = top();
  stack_.pop_back();
  return value;
}

IValue PickleStack::pop_result() {
  IValue value = pop();
  Extent whole;
  add(whole, close(value));
  return value;
}

std::vector<IValue> PickleStack::pop_many(size_t count) {
  std::vector<IValue> values(count);
  while (count-- > 0) values[count] = pop();
  return values;
}

std::vector<IValue> PickleStack::pop_to_mark() {
  if (marks_.empty()) throw std::runtime_error("the pickle misses a mark");
  std::vector<IValue> values = pop_many(stack_.size() - marks_.back());
  marks_.pop_back();
  return values;
}

void PickleStack::push_memoized(uint64_t id) {
  const auto found = memo_.find(id);
  if (found == memo_.end()) throw std::runtime_error("the pickle refers to an unknown value");
  push(found->second);
}

void PickleStack::push_tuple(const std::vector<IValue>& values) {
  push_container(c10::ivalue::Tuple::create(values));
  put_in(top(), values);
}

void PickleStack::push_list() { push_container(c10::impl::GenericList(c10::AnyType::get())); }

void PickleStack::push_dict() {
  push_container(c10::impl::GenericDict(c10::AnyType::get(), c10::AnyType::get()));
}

void PickleStack::append(const std::vector<IValue>& values) {
  const IValue list = top();
  if (!list.isList()) throw std::runtime_error("expected a list");
  put_in(list, values);
  auto elements = list.toList();
  for (const IValue& value : values) elements.push_back(value);
}

void PickleStack::set_items(const std::vector<IValue>& items) {
  const IValue dict = top();
  if (!dict.isGenericDict() || items.size() % 2 != 0) throw std::runtime_error("expected a dict");
  put_in(dict, items);
  auto entries = dict.toGenericDict();
  for (size_t i = 0; i < items.size(); i += 2) entries.insert_or_assign(items[i], items[i + 1]);
}

// The address may have belonged to a container that is gone.
void PickleStack::push_container(const IValue& value) {
  extents_[value.internalToPointer()] = {};
  push(value);
}

void PickleStack::put_in(const IValue& container, const std::vector<IValue>& values) {
  Extent extent = extents_[container.internalToPointer()];
  for (const IValue& value : values) add(extent, close(value));
  if (closed_.count(container.internalToPointer()) > 0)
    throw std::runtime_error("a list or dict holds itself");
  extents_[container.internalToPointer()] = extent;
}

void PickleStack::add(Extent& whole, const Extent& part) const {
  whole.depth = std::max(whole.depth, part.depth + 1);
  if (whole.depth > deepest_nesting) throw std::runtime_error("its values are nested too deeply");
  if (__builtin_add_overflow(whole.bytes, part.bytes + bytes_per_value, &whole.bytes) ||
      whole.bytes > most_bytes_)
    throw std::runtime_error("its values would fill far more memory than the file");
}

PickleStack::Extent PickleStack::close(const IValue& value) {
  if (value.isTensor()) return {0, static_cast<int64_t>(value.toTensor().nbytes())};
  if (value.isString()) return {0, static_cast<int64_t>(value.toStringRef().size())};
  if (!value.isTuple() && !value.isList() && !value.isGenericDict()) return {};
  const void* address = value.internalToPointer();
  closed_[address] = value;
  const auto extent = extents_.find(address);
  return extent == extents_.end() ? Extent{} : extent->second;
}

}  // namespace actsparse
