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

std::vector<int64_t> read_shape(const JsonNode& node) {
  std::vector<int64_t> shape;
  for (const auto& size : node.filled_list("a list of sizes, the number of samples first"))
    shape.push_back(size.integer({shape.empty() ? 1 : 0}));
  return shape;
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
  read_fields(node, random_fields(), input);
  check_bounds(node, input);
  return input;
}

std::string a_data_file() { return "a file that ends in " + data_extensions(); }

void read_path(const JsonNode& node, FileInput& input) {
  input.path = node.file();
  input.written_path = node.text();
  if (find_data_format(input.path.extension().string()) == nullptr) node.fail(a_data_file());
}

Fields<FileInput> all_file_fields() {
  Fields<FileInput> fields = file_fields();
  fields.insert(fields.end(), conversion_fields().begin(), conversion_fields().end());
  return fields;
}

FileInput read_file_input(const JsonNode& node) {
  FileInput input;
  read_fields(node, all_file_fields(), input);
  check_member(node, input);
  check_conversion(node, input.conversion);
  return input;
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
  Names keys;
};

const std::vector<InputKind>& input_kinds() {
  static const std::vector<InputKind> kinds = {{"path", keys_of(all_file_fields())},
                                               {"random", {"random", "list"}},
                                               {"value", {"value"}},
                                               {"images", keys_of(image_fields())}};
  return kinds;
}

bool has_key(const InputKind& kind, const std::string& key) {
  return std::find(kind.keys.begin(), kind.keys.end(), key) != kind.keys.end();
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

const Names& input_keys() {
  static const Names keys = [] {
    Names all;
    for (const auto& kind : input_kinds())
      for (const auto& key : kind.keys)
        if (std::find(all.begin(), all.end(), key) == all.end()) all.push_back(key);
    return all;
  }();
  return keys;
}

const Fields<FileInput>& file_fields() {
  static const Fields<FileInput> fields = {
      {"path", read_path, a_data_file()},
      {"member", [](const JsonNode& node, FileInput& input) { input.member = node.text(); }},
  };
  return fields;
}

void check_member(const JsonNode& node, const FileInput& input) {
  if (input.member.empty() || find_data_format(input.path.extension().string())->has_members)
    return;
  node.find("member")->fail("it only with a " + member_extensions() + " file");
}

const Fields<RandomInput>& random_fields() {
  static const Fields<RandomInput> fields = {
      {"shape", [](const JsonNode& node, RandomInput& input) { input.shape = read_shape(node); },
       "a list of sizes, the number of samples first"},
      {"dtype",
       [](const JsonNode& node, RandomInput& input) { input.dtype = node.one_of(dtypes()); }},
      {"seed", [](const JsonNode& node, RandomInput& input) { input.seed = node.seed(); }},
      {"low", [](const JsonNode& node, RandomInput& input) { input.low = node.integer(); }},
      {"high", [](const JsonNode& node, RandomInput& input) { input.high = node.integer(); }},
  };
  return fields;
}

InputConfig read_input(const JsonNode& node) {
  node.expect_keys(input_keys());
  const InputKind& kind = kind_of(node);
  for (const auto& key : input_keys())
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
