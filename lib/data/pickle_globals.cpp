#include "data/pickle_globals.h"

#include <ATen/core/jit_type.h>

#include <array>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

namespace actsparse {
namespace {

using c10::IValue;
using Arguments = std::vector<IValue>;

struct Object {};

// The classes of TorchScript archives are __torch__.Module and the like.
bool is_class(const std::string& name) { return name.compare(0, 10, "__torch__.") == 0; }

struct Storage {
  std::string key;
  c10::ScalarType dtype;
  int64_t elements;
};

const std::map<std::string, c10::ScalarType>& storage_dtypes() {
  static const std::map<std::string, c10::ScalarType> table = {
      {"torch.FloatStorage", at::kFloat},
      {"torch.DoubleStorage", at::kDouble},
      {"torch.HalfStorage", at::kHalf},
      {"torch.BFloat16Storage", at::kBFloat16},
      {"torch.LongStorage", at::kLong},
      {"torch.IntStorage", at::kInt},
      {"torch.ShortStorage", at::kShort},
      {"torch.CharStorage", at::kChar},
      {"torch.ByteStorage", at::kByte},
      {"torch.BoolStorage", at::kBool},
      {"torch.ComplexFloatStorage", at::kComplexFloat},
      {"torch.ComplexDoubleStorage", at::kComplexDouble}};
  return table;
}

Arguments tuple_of(const IValue& value, size_t at_least) {
  if (!value.isTuple()) throw std::runtime_error("expected a tuple");
  const auto& elements = value.toTupleRef().elements();
  if (elements.size() < at_least) throw std::runtime_error("a tuple is too short");
  return elements.vec();
}

int64_t integer(const IValue& value) {
  if (!value.isInt()) throw std::runtime_error("expected an integer");
  return value.toInt();
}

std::vector<int64_t> integers(const IValue& value) {
  std::vector<int64_t> result;
  for (const IValue& element : tuple_of(value, 0)) result.push_back(integer(element));
  return result;
}

// (storage, offset, sizes, strides, requires_grad, hooks[, metadata])
IValue rebuild_tensor(const Arguments& arguments, const TensorLoader& load_tensor) {
  if (arguments.size() > 6 && arguments[6].isGenericDict() && !arguments[6].toGenericDict().empty())
    throw std::runtime_error("a lazily conjugated or negated tensor; save x.resolve_conj()");
  const auto storage = held<Storage>(arguments[0], "a storage");
  return load_tensor({storage.key, storage.dtype, storage.elements, integer(arguments[1]),
                      integers(arguments[2]), integers(arguments[3])});
}

// Lists of C++ keep their element type.
template <class T>
IValue typed_list(const Arguments& arguments, const TensorLoader&) {
  if (!arguments[0].isList()) throw std::runtime_error("expected a list");
  c10::List<T> list;
  for (const IValue& element : arguments[0].toListRef()) list.push_back(element.to<T>());
  return list;
}

IValue first_argument(const Arguments& arguments, const TensorLoader&) { return arguments[0]; }

IValue empty_dict(const Arguments& arguments, const TensorLoader&) {
  if (!arguments.empty()) throw std::runtime_error("an OrderedDict with arguments");
  return c10::impl::GenericDict(c10::AnyType::get(), c10::AnyType::get());
}

struct Function {
  size_t least_arguments;
  std::function<IValue(const Arguments&, const TensorLoader&)> call;
};

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> table = {
      {"torch._utils._rebuild_tensor_v2", {4, rebuild_tensor}},
      {"torch._utils._rebuild_parameter", {1, first_argument}},
      {"torch._utils._rebuild_parameter_with_state", {1, first_argument}},
      {"torch.Size", {1, first_argument}},
      {"collections.OrderedDict", {0, empty_dict}},
      {"torch.jit._pickle.restore_type_tag", {1, first_argument}},
      {"torch.jit._pickle.build_intlist", {1, typed_list<int64_t>}},
      {"torch.jit._pickle.build_doublelist", {1, typed_list<double>}},
      {"torch.jit._pickle.build_boollist", {1, typed_list<bool>}},
      {"torch.jit._pickle.build_tensorlist", {1, typed_list<at::Tensor>}}};
  return table;
}

std::string advice(const std::string& name) {
  static const std::array<std::pair<const char*, const char*>, 5> hints = {
      {{"_rebuild_sparse", "save x.to_dense()"},
       {"_rebuild_qtensor", "save x.dequantize()"},
       {"_rebuild_tensor_v3", "convert it to a dtype that every LibTorch knows"},
       {"numpy", "save torch.from_numpy(x)"},
       {"torch.nn.", "save tensors, not a module"}}};
  for (const auto& [part, hint] : hints)
    if (name.find(part) != std::string::npos) return hint;
  return "save tensors, tuples, lists, dicts and numbers only";
}

}  // namespace

Global known_global(const std::string& name) {
  if (functions().count(name) == 0 && storage_dtypes().count(name) == 0 && !is_class(name))
    throw std::runtime_error("it holds a " + name + ", which cannot be read here; " + advice(name));
  return {name};
}

IValue call_global(const Global& global, const IValue& arguments, const TensorLoader& load_tensor) {
  const auto found = functions().find(global.name);
  if (found == functions().end()) throw std::runtime_error(global.name + " is called");
  return found->second.call(tuple_of(arguments, found->second.least_arguments), load_tensor);
}

IValue new_object(const IValue& global) {
  const auto type = held<Global>(global, "a class");
  if (!is_class(type.name)) throw std::runtime_error("it holds an object of " + type.name);
  return hold(Object{});
}

bool is_object(const IValue& value) {
  return value.isCapsule() && dynamic_cast<Held<Object>*>(value.toCapsule().get()) != nullptr;
}

IValue persistent_storage(const IValue& id) {
  const Arguments parts = tuple_of(id, 5);
  const auto type = held<Global>(parts[1], "a storage's type");
  const auto dtype = storage_dtypes().find(type.name);
  if (dtype == storage_dtypes().end() || !parts[2].isString())
    throw std::runtime_error("expected a storage");
  return hold(Storage{parts[2].toStringRef(), dtype->second, integer(parts[4])});
}

}  // namespace actsparse
