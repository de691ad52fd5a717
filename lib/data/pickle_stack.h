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
  /// `most_bytes`: see unpickle_value.
  explicit PickleStack(int64_t most_bytes) : most_bytes_(most_bytes) {}

  void push(c10::IValue value) { stack_.push_back(std::move(value)); }
  const c10::IValue& top() const;
  c10::IValue pop();
  /// The value that the pickle is about.
  c10::IValue pop_result();
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
  // What a container comes to if everything in it that is shared is copied.
  struct Extent {
    int depth = 0;
    int64_t bytes = 0;
  };
  void push_container(const c10::IValue& value);
  void put_in(const c10::IValue& container, const std::vector<c10::IValue>& values);
  Extent close(const c10::IValue& value);
  void add(Extent& whole, const Extent& part) const;

  int64_t most_bytes_;
  std::vector<c10::IValue> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, c10::IValue> memo_;
  // A container is closed once it lies in another one. Closed ones do not grow: so none can hold
  // itself, and its extent stays true. They are kept, so that no address is used again.
  std::unordered_map<const void*, Extent> extents_;
  std::unordered_map<const void*, c10::IValue> closed_;
};

}  // namespace actsparse
