#pragma once
// Which argument of a layer is observed and masked where nobody says.
#include <cstdint>
#include <optional>
#include <string>

#include "model/call_arguments.h"
#include "model/session.h"
#include "record/site.h"

namespace actsparse {

/// Of the layers of one model, whose graphs are read when the first is asked for.
class DefaultInputs {
 public:
  explicit DefaultInputs(const Session& session) : session_(session) {}

  /// The position of the first argument that holds activations: in each call method of `layer` that
  /// the model calls it is of a type that holds tensors, and something else than parameters,
  /// buffers and constants is handed over in some call. Where one argument alone is of such a type
  /// it is that, unless it is handed the layer's own tensor. 0 if nothing calls the layer. A list
  /// or dict of tensors counts, and is call_methods()'s to refuse. Throws Error(Model) with the
  /// arguments, their types and what they are handed if none holds activations.
  int64_t of(const std::string& layer);

  /// `given`, else the default one.
  InputSelector of(const std::string& layer, const std::optional<InputSelector>& given);

 private:
  Session session_;
  std::optional<CallArguments> arguments_;
};

}  // namespace actsparse
