#include <ATen/ops/mean.h>

#include <cmath>

#include "functions/helpers.h"
#include "functions/registry.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

using Values = std::vector<double>;

const at::Tensor& sample() {
  static const at::Tensor x = tensor_of({1, -2, 3, -4, 5, -6}, {2, 3});
  return x;
}

std::vector<double> over(const std::string& name, std::vector<int64_t> dim, json more = {}) {
  more["dim"] = dim;
  return flat(reduced(name, more, sample()));
}

std::string reduce_error(const std::string& name, const json& parameters) {
  const Error error = error_of([&] { FunctionTable().reduce(named(name, parameters)); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

}  // namespace

TEST_CASE("reduce functions equal values worked out by hand", "[functions]") {
  CHECK(flat(reduced("identity", json::object(), sample())) == flat(sample()));
  CHECK(over("mean", {0}) == Values{-1.5, 1.5, -1.5});
  CHECK(over("mean", {-1, 0}) == Values{-0.5});
  CHECK(over("sum", {1}) == Values{2, -5});
  CHECK(over("max", {0}) == Values{1, 5, 3});
  CHECK(over("max", {0, 1}) == Values{5});
  CHECK(over("min", {-1}) == Values{-2, -6});
  CHECK(over("abs_mean", {1}) == Values{2, 5});
  CHECK(over("norm", {0, 1})[0] == Approx(std::sqrt(91.0)));
  CHECK(over("norm", {1}, {{"p", 1}}) == Values{6, 15});
  CHECK(over("norm", {1}, {{"p", 0}}) == Values{3, 3});
}

TEST_CASE("keepdim keeps size 1", "[functions]") {
  for (const char* name : {"mean", "sum", "max", "min", "abs_mean", "norm"}) {
    CHECK(reduced(name, {{"dim", {0}}, {"keepdim", true}}, sample()).sizes() ==
          at::IntArrayRef({1, 3}));
    CHECK(reduced(name, {{"dim", {0}}}, sample()).sizes() == at::IntArrayRef({3}));
  }
}

TEST_CASE("mean is torch.mean, bit for bit", "[functions]") {
  const auto x = random_tensor({16, 3, 17, 5}, 3);
  for (const std::vector<int64_t>& dim : {std::vector<int64_t>{0}, {1, 3}, {-1}, {0, 1, 2, 3}})
    CHECK(same_bits(reduced("mean", {{"dim", dim}}, x), at::mean(x, at::IntArrayRef(dim), false)));
}

TEST_CASE("integers are reduced too", "[functions]") {
  for (const auto dtype : {at::kLong, at::kByte, at::kInt}) {
    const auto x = ints_of({1, 2, 4}, dtype);
    CHECK(reduced("mean", {{"dim", {0}}}, x).scalar_type() == at::kFloat);
    CHECK(flat(reduced("norm", {{"dim", {0}}, {"p", 1}}, x)) == std::vector<double>{7});
    CHECK(flat(reduced("abs_mean", {{"dim", {0}}}, x))[0] == Approx(7.0 / 3));
    CHECK(same_bits(reduced("sum", {{"dim", {0}}}, x), ints_of({7}).squeeze()));
    CHECK(flat(reduced("max", {{"dim", {0}}}, x)) == std::vector<double>{4});
  }
  CHECK(flat(reduced("abs_mean", {{"dim", {0}}}, ints_of({1, 0}, at::kBool))) ==
        std::vector<double>{0.5});
}

TEST_CASE("dimensions are checked against the tensor, with its shape", "[functions]") {
  const auto refused = [](const json& dim, const at::Tensor& x) {
    const Error error = error_of([&] { reduced("mean", {{"dim", dim}}, x); });
    CHECK(error.kind() == ErrorKind::Function);
    return std::string(error.what());
  };
  CHECK(refused({2}, sample()) ==
        "mean: dim 2 is out of range for a tensor of shape [2, 3]; allowed -2 to 1");
  CHECK(refused({0, -3}, sample()) ==
        "mean: dim -3 is out of range for a tensor of shape [2, 3]; allowed -2 to 1");
  CHECK(refused({0, -2}, sample()) ==
        "mean: dim [0, -2] names a dimension twice for a tensor of shape [2, 3]");
}

TEST_CASE("what torch refuses becomes an error with the function's name", "[functions]") {
  const Error error = error_of([] { reduced("max", {{"dim", {0}}}, tensor_of({}, {0, 3})); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "max: amax"));
  CHECK(!contains(error.what(), "\n"));
  CHECK(!error.details().empty());
}

TEST_CASE("0-d and empty tensors are reduced", "[functions]") {
  const auto scalar = tensor_of({3}).squeeze();
  CHECK(flat(reduced("mean", {{"dim", {-1}}}, scalar)) == std::vector<double>{3});
  CHECK(flat(reduced("max", {{"dim", {0}}}, scalar)) == std::vector<double>{3});
  CHECK(flat(reduced("sum", {{"dim", {0}}}, tensor_of({}, {0, 2}))) == std::vector<double>{0, 0});
}

TEST_CASE("parameters of reduce functions are checked before the run", "[functions]") {
  CHECK(
      reduce_error("mean", json::object()) ==
      "defaults.fn: reduce_fn 'mean' needs the parameter 'dim' (list of int, one or more different "
      "dimensions, negative ones count from the last), e.g. {\"dim\":[0]}");
  CHECK(contains(reduce_error("sum", {{"dim", 0}}), "defaults.fn.dim: found 0, allowed list of"));
  CHECK(contains(reduce_error("sum", {{"dim", json::array()}}), "defaults.fn.dim: found []"));
  CHECK(contains(reduce_error("sum", {{"dim", {1, 1}}}), "defaults.fn.dim: found [1,1]"));
  CHECK(contains(reduce_error("sum", {{"dim", {1}}, {"keepdim", 1}}), "keepdim: found 1"));
  CHECK(contains(reduce_error("norm", {{"dim", {1}}, {"p", -1}}), "found -1, allowed p >= 0"));
  CHECK(contains(reduce_error("mean", {{"dim", {1}}, {"p", 1}}), "unknown parameter"));
  CHECK(contains(reduce_error("identity", {{"dim", {0}}}), "it takes no parameters"));
}
