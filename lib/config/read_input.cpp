// An entry of data.inputs: a file, random numbers, or a constant.
#include <algorithm>
#include <limits>

#include "base/nearest.h"
#include "config/data_formats.h"
#include "config/sections.h"

namespace actsparse {
namespace {

using nlohmann::json;

struct IntegerDtype {
  const char* name;
  int64_t least, most;
};

template <class T>
constexpr IntegerDtype integer_dtype(const char* name) {
  return {name, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

constexpr IntegerDtype integer_dtypes[] = {
    integer_dtype<uint8_t>("uint8"), integer_dtype<int8_t>("int8"),
    integer_dtype<int16_t>("int16"), integer_dtype<int32_t>("int32"),
    integer_dtype<int64_t>("int64"),
};

const IntegerDtype* find_integer_dtype(const std::string& name) {
  for (const auto& dtype : integer_dtypes)
    if (name == dtype.name) return &dtype;
  return nullptr;
}

constexpr const char* shape_is = "a list of sizes, the number of samples first";

Value<std::vector<int64_t>> shape() {
  const Schema samples = integer({1}).schema, size = integer({0}).schema;
  const Schema schema = {{"type", "array"},
                         {"minItems", 1},
                         {"items", Schema::array({samples})},
                         {"additionalItems", size}};
  return value<std::vector<int64_t>>({schema, "list of integers"}, [](const JsonNode& node) {
    std::vector<int64_t> sizes;
    for (const auto& item : node.filled_list(shape_is))
      sizes.push_back(item.integer({sizes.empty() ? 1 : 0}));
    return sizes;
  });
}

// low and high mean something for integers only, and must lie within the dtype.
void check_bounds(const JsonNode& node, const RandomInput& input) {
  const auto* dtype = find_integer_dtype(input.dtype);
  for (const char* key : {"low", "high"}) {
    const auto bound = node.find(key);
    if (!bound) continue;
    if (dtype == nullptr)
      bound->fail("it only with an integer dtype (dtype is " + input.dtype + ")");
    bound->integer({dtype->least, dtype->most});
  }
  if (dtype != nullptr && input.low >= input.high)
    node.fail_found("low " + std::to_string(input.low) + " and high " + std::to_string(input.high),
                    "low < high");
}

RandomInput read_random(const JsonNode& node) {
  RandomInput input;
  read_object(node, random_object(), input);
  check_bounds(node, input);
  return input;
}

std::string a_data_file() { return "a file that ends in " + data_extensions(); }

void read_path(const JsonNode& node, FileInput& input) {
  input.path = node.file();
  input.written_path = node.text();
  if (find_data_format(input.path.extension().string()) == nullptr) node.fail(a_data_file());
}

const Object<FileInput>& file_object() {
  static const Object<FileInput> object = {"file", "a file",
                                           joined(file_fields(), conversion_fields())};
  return object;
}

FileInput read_file_input(const JsonNode& node) {
  FileInput input;
  read_object(node, file_object(), input);
  check_member(node, input);
  check_conversion(node, input.conversion);
  return input;
}

Form constant_form() {
  const Schema scalar = {{"type", {"null", "boolean", "number", "string"}}};
  const Schema numbers = {{"type", "array"}, {"items", number().schema}};
  return {any_of({scalar, numbers}), "null, true, false, number, string, list of numbers"};
}

ConstantInput read_constant(const JsonNode& node) {
  const std::string allowed = "null, true, false, a number, a string or a list of numbers";
  const json& value = node.json();
  const auto is_number = [](const json& item) { return item.is_number(); };
  if (value.is_object() ||
      (value.is_array() && !std::all_of(value.begin(), value.end(), is_number)))
    node.fail(allowed);
  if (value.is_number_integer()) node.integer();
  if (value.is_array())
    for (const auto& item : node.list(allowed))
      if (item.json().is_number_integer()) item.integer();
  return {value};
}

// What an entry can be, and the keys that go with it.
struct InputKind {
  std::string key;
  Properties properties;
};

const std::vector<InputKind>& input_kinds() {
  const Property random = {"random", {reference_to("random"), "object"}, "random numbers, below"};
  const Property list = {"list", boolean(), list_is_one_per_sample, {}, false};
  const Property value = {
      "value", constant_form(),
      "the same for every batch; a list of integers is a `List[int]`, any other "
      "list of numbers a `List[float]`"};
  static const std::vector<InputKind> kinds = {{"path", properties_of(file_object().fields)},
                                               {"random", {random, list}},
                                               {"value", {value}},
                                               {"images", properties_of(image_object().fields)}};
  return kinds;
}

bool has_key(const InputKind& kind, const std::string& key) {
  const Names keys = keys_of(kind.properties);
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string kinds_with(const std::string& key) {
  std::string text;
  for (const auto& kind : input_kinds())
    if (has_key(kind, key)) text += (text.empty() ? "'" : " or '") + kind.key + "'";
  return text;
}

// The one kind that the entry is.
const InputKind& kind_of(const JsonNode& node) {
  const InputKind* found = nullptr;
  size_t count = 0;
  Names names;
  for (const auto& kind : input_kinds()) {
    names.push_back(kind.key);
    if (!node.find(kind.key)) continue;
    found = &kind;
    ++count;
  }
  if (count != 1) node.fail("exactly one of " + quoted_list(names));
  return *found;
}

}  // namespace

const Names& dtypes() {
  static const Names names = {"float16",   "bfloat16",   "float32", "float64",
                              "complex64", "complex128", "uint8",   "int8",
                              "int16",     "int32",      "int64",   "bool"};
  return names;
}

Value<std::string> dtype_name() {
  auto name = one_of(dtypes());
  name.type = "torch dtype";
  return name;
}

const Properties& input_properties() {
  static const Properties properties = [] {
    Properties all;
    for (const auto& kind : input_kinds())
      for (Property property : kind.properties) {
        property.absent.required = "";  // that is its kind's
        const auto same = [&](const Property& other) { return other.key == property.key; };
        if (std::none_of(all.begin(), all.end(), same)) all.push_back(property);
      }
    return all;
  }();
  return properties;
}

Schema input_rules() {
  Schema kinds = Schema::array();
  for (const auto& kind : input_kinds())
    kinds.push_back({{"required", Schema::array({kind.key})},
                     {"propertyNames", {{"enum", keys_of(kind.properties)}}}});
  const Schema is_gray = {{"properties", {{"channels", {{"const", 1}}}}},
                          {"required", {"order", "channels"}}};
  return {{"oneOf", kinds},
          {"allOf", Schema::array({member_rule(), conversion_rule(), {{"not", is_gray}}})}};
}

const Fields<FileInput>& file_fields() {
  static const Fields<FileInput> fields = {
      field<FileInput>(
          "path", read_path, {{{"type", "string"}, {"pattern", data_file_pattern()}}, "file"},
          "a " + data_extensions() + " file; dimension 0 counts samples", needed(a_data_file())),
      field("member", &FileInput::member, text("string", "a string that is not empty"),
            "the name of the array in a file that holds several (" + member_extensions() + ")",
            otherwise("the only one")),
  };
  return fields;
}

Schema member_rule() {
  const Schema path = {{"pattern", member_file_pattern()}};
  return {{"if", {{"required", Schema::array({"member"})}}},
          {"then", {{"properties", {{"path", path}}}}}};
}

void check_member(const JsonNode& node, const FileInput& input) {
  if (input.member.empty() || find_data_format(input.path.extension().string())->has_members)
    return;
  node.find("member")->fail("it only with a " + member_extensions() + " file");
}

const Object<RandomInput>& random_object() {
  using Random = RandomInput;
  static const Object<Random> object = {
      "random",
      "random numbers; a sample depends on the seed and its own number alone",
      {field("shape", &Random::shape, shape(), "sizes; the first is the number of samples",
             needed(shape_is)),
       field(
           "dtype", &Random::dtype, dtype_name(),
           "floating and complex: standard normal; integer: uniform in [`low`, `high`); `bool`: a "
           "fair coin"),
       field(
           "seed", &Random::seed, seed(),
           "each sample depends on this and its own number alone, not on `batch_size` or `limit`"),
       field("low", &Random::low, integer(), "the least value; integer dtypes only"),
       field("high", &Random::high, integer(),
             "one more than the greatest value; integer dtypes only")}};
  return object;
}

InputConfig read_input(const JsonNode& node) {
  const Names keys = keys_of(input_properties());
  node.expect_keys(keys);
  const InputKind& kind = kind_of(node);
  for (const auto& key : keys)
    if (const auto other = node.find(key); other && !has_key(kind, key))
      other->fail("it only beside " + kinds_with(key));
  const JsonNode entry = *node.find(kind.key);
  if (kind.key == "images") return read_images(node);
  if (kind.key == "path") return read_file_input(node);
  if (kind.key == "value") return read_constant(entry);
  RandomInput random = read_random(entry);
  if (const auto list = node.find("list")) random.as_list = list->boolean();
  return random;
}

}  // namespace actsparse
