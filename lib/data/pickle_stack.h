#pragma once
// What an unpickler works on: a stack of values, marks in it, and a memo.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace actsparse {

/// Every function throws std::runtime_error if what it needs is not there.
class PickleStack {
 public:
  void push(c10::IValue value) { stack_.push_back(std::move(value)); }
  const c10::IValue& top() const;
  c10::IValue pop();
  std::vector<c10::IValue> pop_many(size_t count);
  void mark() { marks_.push_back(stack_.size()); }
  std::vector<c10::IValue> pop_to_mark();

  void memoize(uint64_t id) { memo_[id] = top(); }
  void memoize_next() { memoize(memo_.size()); }
  void push_memoized(uint64_t id);

  void push_tuple(const std::vector<c10::IValue>& values);
  void push_list();
  void push_dict();
  /// Into the list on top.
  void append(const std::vector<c10::IValue>& values);
  /// Key, value, key, value, ... into the dict on top.
  void set_items(const std::vector<c10::IValue>& items);

 private:
  void push_container(const c10::IValue& value);
  void put_in(const c10::IValue& container, const std::vector<c10::IValue>& values);
  int close(const c10::IValue& value);

  std::vector<c10::IValue> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, c10::IValue> memo_;
  // A container is closed once it lies in another one. Closed ones do not grow: so none can hold
  // itself, and its depth stays true. They are kept, so that no address is used again.
  std::unordered_map<const void*, int> depths_;
  std::unordered_map<const void*, c10::IValue> closed_;
};

}  // namespace actsparse
