#pragma once
// The Python names a pickle may refer to, and what calling them makes.
#include <ATen/core/ivalue.h>

#include <optional>
#include <string>

#include "data/unpickler.h"

namespace actsparse {

/// A storage or a name while it lies on the unpickler's stack.
template <class T>
struct Held : torch::CustomClassHolder {
  explicit Held(T held) : value(std::move(held)) {}
  T value;
};

template <class T>
c10::IValue hold(T value) {
  return c10::IValue::make_capsule(c10::make_intrusive<Held<T>>(std::move(value)));
}

/// Throws std::runtime_error("expected `what`") if `value` is no held T.
template <class T>
T held(const c10::IValue& value, const char* what) {
  if (value.isCapsule())
    if (auto* holder = dynamic_cast<Held<T>*>(value.toCapsule().get())) return holder->value;
  throw std::runtime_error(std::string("expected ") + what);
}

struct Global {
  std::string name;  ///< "torch.FloatStorage"
};

/// Throws std::runtime_error that names the class, and how to save the value instead, if no
/// argument of a model can be made with it.
Global known_global(const std::string& name);

/// What `global(*arguments)` is.
c10::IValue call_global(const Global& global, const c10::IValue& arguments,
                        const TensorLoader& load_tensor);

/// An object of the TorchScript class `global`, without attributes: a place holder, as nothing of
/// it is run. Throws std::runtime_error for any other class.
c10::IValue new_object(const c10::IValue& global);
bool is_object(const c10::IValue& value);

/// ("storage", torch.FloatStorage, key, device, elements), which names a storage.
c10::IValue persistent_storage(const c10::IValue& id);

}  // namespace actsparse
