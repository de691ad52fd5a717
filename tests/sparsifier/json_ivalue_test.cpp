#include "sparsifier/json_ivalue.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using c10::IValue;
using nlohmann::json;

TEST_CASE("JSON goes to IValues and back", "[sparsifier]") {
  const json value = {{"null", nullptr},
                      {"yes", true},
                      {"int", -3},
                      {"large", int64_t{1} << 60},
                      {"float", 0.1},
                      {"text", "µ"},
                      {"list", {1, 2.5, "x", json::array()}},
                      {"dict", {{"nested", json::object()}}}};
  CHECK(json_from_ivalue(ivalue_from_json(value)) == value);
  CHECK(ivalue_from_json(json(2u)).isInt());
  CHECK(ivalue_from_json(json(2.0)).isDouble());  // a float stays one
}

TEST_CASE("lists and dicts are untyped", "[sparsifier]") {
  const auto list = ivalue_from_json(json::array({1, 2}));
  CHECK(list.type()->expectRef<c10::ListType>().getElementType()->kind() == c10::TypeKind::AnyType);
  const auto dict = ivalue_from_json({{"a", 1}});
  CHECK(dict.toGenericDict().valueType()->kind() == c10::TypeKind::AnyType);
  CHECK(untyped_list().empty());
  CHECK(untyped_dict().empty());
}

TEST_CASE("tuples and typed lists are read as lists", "[sparsifier]") {
  const auto tuple = c10::ivalue::Tuple::create(std::vector<IValue>{1, "x"});
  CHECK(json_from_ivalue(tuple) == json::array({1, "x"}));
  CHECK(json_from_ivalue(std::vector<int64_t>{1, 2}) == json::array({1, 2}));
}

TEST_CASE("what JSON cannot hold is refused", "[sparsifier]") {
  const Error tensor = error_of([] { json_from_ivalue(at::Tensor()); });
  CHECK(tensor.kind() == ErrorKind::State);
  CHECK(contains(tensor.what(), "a value of type Tensor where settings were expected"));
  c10::impl::GenericDict dict(c10::IntType::get(), c10::AnyType::get());
  dict.insert(1, 2);
  CHECK(contains(error_of([&] { json_from_ivalue(dict); }).what(),
                 "a dict key that is not a string"));
  CHECK(error_of([] { ivalue_from_json(json::binary({1})); }).kind() == ErrorKind::Internal);
}
