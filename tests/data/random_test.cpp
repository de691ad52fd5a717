#include "data/random.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

RandomInput input_of(const std::string& dtype, std::vector<int64_t> shape = {40, 7, 9}) {
  RandomInput input;
  input.shape = std::move(shape);
  input.dtype = dtype;
  input.seed = 3;
  return input;
}

}  // namespace

TEST_CASE("a random sample depends on seed and index alone", "[data]") {
  const std::string dtype = GENERATE("bool", "uint8", "int8", "int16", "int32", "int64", "float16",
                                     "bfloat16", "float32", "float64", "complex64", "complex128");
  CAPTURE(dtype);
  const RandomInput input = input_of(dtype);
  const auto reader = open_random(input);
  const at::Tensor all = reader->read(0, 40);
  CHECK(all.sizes() == at::IntArrayRef{40, 7, 9});
  CHECK(all.is_contiguous());
  CHECK(at::equal(at::cat({reader->read(0, 13), reader->read(13, 27)}), all));
  CHECK(at::equal(open_random(input)->read(39, 1), all.narrow(0, 39, 1)));
  CHECK_FALSE(at::equal(all[0], all[1]));
  RandomInput other = input;
  other.seed = 4;
  CHECK_FALSE(at::equal(open_random(other)->read(0, 40), all));
  other.seed = input.seed + (uint64_t{1} << 32);
  CHECK_FALSE(at::equal(open_random(other)->read(0, 40), all));
}

TEST_CASE("random values follow their distribution", "[data]") {
  const auto values = [](const RandomInput& input) {
    return open_random(input)->read(0, input.shape[0]).to(at::kDouble);
  };
  const at::Tensor normal = values(input_of("float32", {200, 100}));
  CHECK(normal.mean().item<double>() == Approx(0).margin(0.03));
  CHECK(normal.std().item<double>() == Approx(1).margin(0.03));
  RandomInput range = input_of("int16", {200, 100});
  range.low = -3;
  range.high = 5;
  const at::Tensor integers = values(range);
  CHECK(integers.min().item<double>() == -3);
  CHECK(integers.max().item<double>() == 4);
  CHECK(values(input_of("bool", {200, 100})).mean().item<double>() == Approx(0.5).margin(0.03));
}

TEST_CASE("a random input that cannot be drawn is refused at once", "[data]") {
  const auto message = [](const RandomInput& input) {
    const Error error = error_of([&] { open_random(input); });
    CHECK(error.kind() == ErrorKind::Data);
    return std::string(error.what());
  };
  CHECK(contains(message(input_of("flaot32")), "did you mean 'float32'"));
  CHECK(contains(message(input_of("float32", {})), "first dimension"));
  CHECK(contains(message(input_of("float32", {0, 3})), "first dimension"));
  CHECK(contains(message(input_of("float32", {1, -3})), "random input"));
  RandomInput range = input_of("int8");
  range.high = 1000;
  CHECK(contains(message(range), "random input"));
  range.high = range.low;
  CHECK(contains(message(range), "random input"));
}
