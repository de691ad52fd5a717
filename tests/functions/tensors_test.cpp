#include "functions/tensors.h"

#include "functions/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

TEST_CASE("shapes and dtypes are written as torch does", "[functions]") {
  CHECK(shape_text({16, 3}) == "[16, 3]");
  CHECK(shape_text({}) == "[]");
  CHECK(dtype_name(at::kFloat) == "float32");
  CHECK(dtype_name(at::kLong) == "int64");
  CHECK(dtype_name(at::kQInt8) == "QInt8");
}

TEST_CASE("magnitudes of integers do not overflow", "[functions]") {
  CHECK(same_bits(magnitudes(ints_of({-128, 127}, at::kChar)), ints_of({128, 127})));
  CHECK(same_bits(magnitudes(ints_of({1, 0}, at::kBool)), ints_of({1, 0})));
  CHECK(same_bits(magnitudes(tensor_of({-1, 2})), tensor_of({1, 2})));
  const auto complex = tensor_of({3}).to(at::kComplexFloat);
  CHECK(same_bits(magnitudes(complex), tensor_of({3})));
}

TEST_CASE("dimensions wrap; a 0-d tensor has one", "[functions]") {
  CHECK(wrapped_dim(-1, tensor_of({1, 2}, {1, 2})) == 1);
  CHECK(wrapped_dim(1, tensor_of({1, 2}, {1, 2})) == 1);
  CHECK(wrapped_dim(-1, tensor_of({1}).squeeze()) == 0);
  CHECK(error_of([] { wrapped_dim(2, tensor_of({1, 2}, {1, 2})); }).kind() == ErrorKind::Function);
}

TEST_CASE("guarded keeps the kind of an Error and names the function", "[functions]") {
  const Error ours =
      error_of([] { guarded("f", []() -> int { throw Error(ErrorKind::Data, "no"); }); });
  CHECK(ours.kind() == ErrorKind::Data);
  CHECK(ours.what() == std::string("f: no"));
  const Error other =
      error_of([] { guarded("f", []() -> int { throw std::runtime_error("one\ntwo"); }); });
  CHECK(other.kind() == ErrorKind::Function);
  CHECK(other.what() == std::string("f: one"));
  CHECK(other.details() == "one\ntwo");
}
