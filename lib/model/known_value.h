#pragma once
// What is known of a value of a graph without running it: which module it is, which parameter,
// which constant.
#include <ATen/core/ivalue.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace torch::jit {
struct Node;
struct Value;
}  // namespace torch::jit

namespace actsparse {

using ObjectPtr = c10::intrusive_ptr<c10::ivalue::Object>;

/// From an argument of a method through attributes: {0, {"attn", "proj"}} is self.attn.proj.
struct AttributePath {
  size_t argument = 0;
  std::vector<std::string> names = {};
  AttributePath then(const std::string& name) const;
  bool operator==(const AttributePath& other) const {
    return argument == other.argument && names == other.names;
  }
};

/// The path that a value of a method's graph is read by; nothing if it is computed.
std::optional<AttributePath> attribute_path_of(const torch::jit::Value& value);

/// How a matrix stands towards the parameter that it was read from. Some of the parameter's rows,
/// and of its columns if it is transposed, are still the parameter.
enum class WeightForm { AsIs, Transposed, Other };

struct KnownModule {
  ObjectPtr object;
  std::optional<AttributePath> path;  ///< in the method that it is read in
};

/// A parameter of two or more dimensions, or a view of it.
struct KnownWeight {
  ObjectPtr owner;
  std::string name;  ///< the attribute of `owner`
  std::optional<AttributePath>
      path;  ///< of the owner; nothing if the tensor itself was handed over
  WeightForm form = WeightForm::AsIs;
};

struct Unset {};  ///< what a branch gives that raises

/// Nothing (monostate): any value.
using Known = std::variant<std::monostate, Unset, KnownModule, KnownWeight, c10::IValue>;
using KnownValues = std::map<const torch::jit::Value*, Known>;

/// What two branches give together.
Known joined(const Known& a, const Known& b);

/// The constant of `value`, if it is one.
const c10::IValue* constant_of(const Known& value);

/// What `node` gives if all it does is to view, cut up, cast or transpose a known weight.
std::optional<KnownWeight> weight_view(const torch::jit::Node& node, const KnownValues& values);

/// Of `not`, `is`, `is not` and bool(); nothing of anything else, or if it cannot be told.
std::optional<bool> known_condition(const torch::jit::Node& node, const KnownValues& values);

}  // namespace actsparse
