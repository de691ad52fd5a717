#include "exported/read_argument.h"

#include <functional>
#include <limits>
#include <stdexcept>

#include "exported/read_node.h"

namespace actsparse::exported {
namespace {

using nlohmann::json;

Argument constant(c10::IValue value) {
  Argument argument;
  argument.constant = std::move(value);
  return argument;
}

Argument value_named(const json& name, Argument::Type type) {
  Argument argument;
  argument.kind = Argument::Kind::Value;
  argument.type = type;
  argument.name = name.get<std::string>();
  return argument;
}

double read_float(const json& number) {
  if (number.is_number()) return number.get<double>();
  const auto text = number.get<std::string>();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  throw std::runtime_error("'" + text + "' is no number");
}

// torch._export.serde.schema numbers enums in its own way.
int64_t read_layout(const json& number) {
  static const std::vector<int64_t> layouts = {-1, 1, 2, 4, 5, 6, 3, 0};
  const auto at = number.get<size_t>();
  if (at == 0 || at >= layouts.size()) throw std::runtime_error("an unknown layout");
  return layouts[at];
}

int64_t read_memory_format(const json& number) {
  static const std::vector<int64_t> formats = {-1, 0, 2, 3, 1};
  const auto at = number.get<size_t>();
  if (at == 0 || at >= formats.size()) throw std::runtime_error("an unknown memory format");
  return formats[at];
}

c10::IValue read_device(const json& device) {
  const auto type = device.at("type").get<std::string>();
  const auto index = device.find("index");
  if (index == device.end() || index->is_null()) return c10::Device(type);
  return c10::Device(type + ":" + std::to_string(index->get<int>()));
}

Argument list(const json& items, const std::function<Argument(const json&)>& read) {
  Argument argument;
  argument.kind = Argument::Kind::List;
  for (const auto& item : items) argument.items.push_back(read(item));
  return argument;
}

// {"as_name": "s0"} or the constant itself: {"as_int": 3}.
Argument symbol(const json& given, Argument::Type type) {
  if (const auto name = given.find("as_name"); name != given.end()) return value_named(*name, type);
  return read_argument(given);
}

Argument sym_int(const json& given) { return symbol(given, Argument::Type::Int); }
Argument sym_float(const json& given) { return symbol(given, Argument::Type::Float); }
Argument sym_bool(const json& given) { return symbol(given, Argument::Type::Bool); }

Argument tensor(const json& tensor) {
  return value_named(tensor.at("name"), Argument::Type::Tensor);
}

Argument graph_of(const json& given) {
  Argument argument;
  argument.kind = Argument::Kind::Graph;
  argument.name = given.value("name", "");
  argument.graph = std::make_shared<ProgramGraph>(read_graph(given.at("graph")));
  return argument;
}

Argument integer(const json& number) { return constant(number.get<int64_t>()); }
Argument floating(const json& number) { return constant(read_float(number)); }
Argument boolean(const json& value) { return constant(value.get<bool>()); }
Argument text(const json& value) { return constant(value.get<std::string>()); }

using Reader = std::function<Argument(const json&)>;

Reader list_of(const Reader& read) {
  return [read](const json& items) { return list(items, read); };
}

const std::map<std::string, Reader>& readers() {
  const auto none = [](const json&) { return constant({}); };
  static const std::map<std::string, Reader> all = {
      {"as_none", none},
      {"as_tensor", tensor},
      {"as_tensors", list_of(tensor)},
      {"as_optional_tensor", [](const json& item) { return read_argument(item); }},
      {"as_optional_tensors", list_of(read_argument)},
      {"as_nested_tensors", list_of(list_of(tensor))},
      {"as_int", integer},
      {"as_ints", list_of(integer)},
      {"as_int_lists", list_of(list_of(integer))},
      {"as_float", floating},
      {"as_floats", list_of(floating)},
      {"as_complex",
       [](const json& given) {
         return constant(
             c10::complex<double>(read_float(given.at("real")), read_float(given.at("imag"))));
       }},
      {"as_bool", boolean},
      {"as_bools", list_of(boolean)},
      {"as_string", text},
      {"as_strings", list_of(text)},
      {"as_sym_int", sym_int},
      {"as_sym_ints", list_of(sym_int)},
      {"as_sym_float", sym_float},
      {"as_sym_floats", list_of(sym_float)},
      {"as_sym_bool", sym_bool},
      {"as_sym_bools", list_of(sym_bool)},
      {"as_scalar_type",
       [](const json& value) { return constant(static_cast<int64_t>(read_dtype(value))); }},
      {"as_layout", [](const json& value) { return constant(read_layout(value)); }},
      {"as_memory_format", [](const json& value) { return constant(read_memory_format(value)); }},
      {"as_device", [](const json& value) { return constant(read_device(value)); }},
      {"as_graph", graph_of},
  };
  return all;
}

}  // namespace

c10::ScalarType read_dtype(const json& number) {
  const auto at = number.get<int64_t>();
  constexpr int64_t byte = 1, boolean = 12, bfloat16 = 13;
  if (at >= byte && at <= boolean) return static_cast<c10::ScalarType>(at - 1);
  if (at == bfloat16) return c10::ScalarType::BFloat16;
  throw std::runtime_error("it has tensors of a dtype that LibTorch " +
                           std::string("does not have (number ") + std::to_string(at) + ")");
}

Argument read_argument(const json& given) {
  if (!given.is_object() || given.size() != 1)
    throw std::runtime_error("an argument is not of one kind");
  const std::string& kind = given.begin().key();
  const json& value = given.begin().value();
  const auto reader = readers().find(kind);
  if (reader != readers().end()) return reader->second(value);
  if (kind == "as_custom_obj")
    throw std::runtime_error("it holds an object of a custom class; export the model without it");
  throw std::runtime_error("it has an argument of the kind '" + kind + "', which is not taken");
}

}  // namespace actsparse::exported
