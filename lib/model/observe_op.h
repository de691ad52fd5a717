#pragma once
// The operator actsparse::observe(Tensor input, int observer) -> Tensor: hands its input to a C++
// callback and returns it. It lives in observed clones only; no saved model contains it.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace actsparse {

/// Called with what enters a layer, on the thread that runs the model. Must not write to it.
using Observer = std::function<void(const at::Tensor&)>;

/// A callback with the number that stands for it in graphs, as long as this object lives.
class RegisteredObserver {
 public:
  explicit RegisteredObserver(Observer observer);
  ~RegisteredObserver();
  RegisteredObserver(const RegisteredObserver&) = delete;
  RegisteredObserver& operator=(const RegisteredObserver&) = delete;
  int64_t id() const;
  /// Throws what the callback threw since the last call, if anything: the interpreter itself keeps
  /// only its text.
  void rethrow();

  struct Slot;

 private:
  std::shared_ptr<Slot> slot_;
};

/// Why a tensor that enters a layer cannot be aggregated (undefined, quantized, sparse); empty if
/// it can.
std::string tensor_obstacle(const at::Tensor& input);

/// "actsparse::observe", registered with LibTorch at the first call.
const char* observe_op();

/// "actsparse::watch(Tensor input, int observer, int[](a!) log) -> ()": the same for fast clones.
/// To the compiler it only reads its input and writes to `log`: it stands as long as `log` is
/// needed, and nothing else is held back by it.
const char* watch_op();

}  // namespace actsparse
