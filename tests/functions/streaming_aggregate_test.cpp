#include "functions/streaming_aggregate.h"

#include <ATen/ATen.h>

#include "functions/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;
using nlohmann::json;

namespace {

at::Tensor streamed(const std::string& name, const json& parameters,
                    const std::vector<at::Tensor>& inputs) {
  const auto aggregate = aggregate_of(name, parameters);
  for (const auto& input : inputs) aggregate->update(input);
  return aggregate->value();
}

const json per_channel = {{"except_dim", {1}}};

std::vector<at::Tensor> batches() {  // the last one is smaller, and its planes too
  return {random_tensor({4, 3, 5, 6}, 1), random_tensor({4, 3, 5, 6}, 2),
          random_tensor({1, 3, 2, 9}, 3)};
}

// All elements of a channel of all batches: float64 of shape [3, n].
at::Tensor all_of(const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> parts;
  for (const auto& input : inputs)
    parts.push_back(input.to(at::kDouble).transpose(0, 1).reshape({3, -1}));
  return at::cat(parts, 1);
}

}  // namespace

TEST_CASE("Every streaming statistic is that of all elements of a cell", "[functions]") {
  const at::Tensor all = all_of(batches());
  const std::vector<std::pair<std::string, at::Tensor>> expected = {
      {"sum", all.sum(1)},
      {"mean", all.mean(1)},
      {"abs_sum", all.abs().sum(1)},
      {"abs_mean", all.abs().mean(1)},
      {"sq_sum", all.square().sum(1)},
      {"rms", all.square().mean(1).sqrt()},
      {"max", all.amax(1)},
      {"min", all.amin(1)},
      {"abs_max", all.abs().amax(1)},
      {"nonzero", all.ne(0).to(at::kDouble).mean(1)},
      {"var", all.var(1, /*unbiased=*/true)},
      {"std", all.std(1, /*unbiased=*/true)},
  };
  for (const auto& [name, value] : expected) {
    INFO(name);
    const at::Tensor found = streamed(name, per_channel, batches());
    CHECK(found.scalar_type() == at::kFloat);
    CHECK(found.sizes() == at::IntArrayRef({1, 3, 1, 1}));
    CHECK(at::allclose(found.flatten().to(at::kDouble), value, 1e-6, 1e-7));
  }
}

TEST_CASE("dim and except_dim are two ways to say the same", "[functions]") {
  const auto x = batches();
  const at::Tensor found = streamed("mean", per_channel, x);
  for (const json& dims :
       {json{{"dim", {0, 2, 3}}}, json{{"dim", {-1, 0, -2}}}, json{{"except_dim", {-3}}}})
    CHECK(same_bits(streamed("mean", dims, x), found));
  CHECK(streamed("mean", {{"dim", {-1}}}, {x[0]}).sizes() == at::IntArrayRef({4, 3, 5, 1}));
  CHECK(streamed("mean", {{"except_dim", json::array()}}, x).numel() == 1);
}

TEST_CASE("The variance of values around a large mean is right", "[functions]") {
  const at::Tensor x = random_tensor({2000, 1}, 4) + 3000;
  const at::Tensor expected = x.to(at::kDouble).var(0, /*unbiased=*/true);
  const at::Tensor found = streamed("var", {{"dim", {0}}}, x.split(77));
  CHECK(at::allclose(found.to(at::kDouble).flatten(), expected, 1e-6, 0));
  CHECK(std::isnan(streamed("var", {{"dim", {0}}}, {x.narrow(0, 0, 1)}).item<float>()));
  CHECK(streamed("var", {{"dim", {0}}, {"correction", 0}}, {x.narrow(0, 0, 1)}).item<float>() == 0);
}

TEST_CASE("A statistic goes on from what it kept, bit for bit", "[functions]") {
  const auto x = batches();
  for (const auto& row : FunctionTable().list()) {
    if (row.kinds != std::vector<FunctionKind>{FunctionKind::Aggregate}) continue;
    INFO(row.name);
    const auto whole = aggregate_of(row.name, per_channel);
    for (const auto& input : x) whole->update(input);
    auto part = aggregate_of(row.name, per_channel);
    for (const auto& input : x) {
      part->update(input);
      const auto next = aggregate_of(row.name, per_channel);
      next->restore(part->data(), part->calls());
      CHECK(same_bits(next->value(), part->value()));
      part = aggregate_of(row.name, per_channel);
      part->restore(next->data(), next->calls());
    }
    CHECK(part->calls() == 3);
    CHECK(same_bits(part->data(), whole->data()));
    CHECK(same_bits(part->value(), whole->value()));
  }
}

TEST_CASE("What is kept starts with the number of elements in a cell", "[functions]") {
  const auto aggregate = aggregate_of("sum", per_channel);
  CHECK_FALSE(aggregate->data().defined());
  for (const auto& input : batches()) aggregate->update(input);
  const at::Tensor data = aggregate->data();
  CHECK(data.scalar_type() == at::kDouble);
  CHECK(data.dim() == 5);
  CHECK(data[0].eq(4 * 30 + 4 * 30 + 18).all().item<bool>());
}

TEST_CASE("The start of an extreme can be zero, as in the reference", "[functions]") {
  const at::Tensor x = -random_tensor({3, 4}, 1).abs() - 1;
  CHECK(streamed("max", {{"dim", {0}}}, {x}).lt(0).all().item<bool>());
  CHECK(streamed("max", {{"dim", {0}}, {"init", "zeros"}}, {x}).eq(0).all().item<bool>());
}

TEST_CASE("A histogram answers quantiles or shares", "[functions]") {
  const at::Tensor x = at::arange(1, 1001, at::kFloat).reshape({1000, 1}) / 1000;
  CHECK(std::abs(streamed("histogram", {{"dim", {0}}, {"q", 0.9}}, {x}).item<float>() - 0.9F) <
        0.002F);
  CHECK(std::abs(streamed("histogram", {{"dim", {0}}}, {x}).item<float>() - 0.5F) < 0.002F);
  CHECK(std::abs(streamed("histogram", {{"dim", {0}}, {"threshold", 0.2}}, {x}).item<float>() -
                 0.8F) < 0.002F);
}

TEST_CASE("Cells that change from call to call are refused", "[functions]") {
  const auto aggregate = aggregate_of("mean", {{"except_dim", {1}}});
  aggregate->update(random_tensor({2, 3, 4}, 1));
  const Error error = error_of([&] { aggregate->update(random_tensor({2, 5, 4}, 1)); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "[2, 5, 4] does not fit the statistic of shape [1, 3, 1]"));
  CHECK(error_of([&] { aggregate->update(random_tensor({2, 3}, 1)); }).kind() == ErrorKind::Data);
}

TEST_CASE("A dimension that the input lacks, and complex inputs, are refused", "[functions]") {
  const Error error = error_of([] {
    aggregate_of("mean", {{"dim", {4}}})->update(random_tensor({2, 3}, 1));
  });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "mean: "));
  const auto complex = at::zeros({2}, at::kComplexFloat);
  CHECK(error_of([&] {
          aggregate_of("mean", {{"dim", {0}}})->update(complex);
        }).kind() == ErrorKind::Data);
}

TEST_CASE("dims are checked before the run", "[functions]") {
  const auto refusal = [](const std::string& name, const json& parameters) {
    const Error error = error_of([&] { aggregate_of(name, parameters); });
    CHECK(error.kind() == ErrorKind::Config);
    return std::string(error.what());
  };
  CHECK(contains(refusal("sum", {{"dim", {0}}, {"except_dim", {1}}}), "both 'dim' and"));
  CHECK(contains(refusal("var", json::object()), "neither 'dim' nor 'except_dim'"));
  CHECK(contains(refusal("histogram", json::object()), "neither 'dim' nor 'except_dim'"));
  CHECK(contains(refusal("sum", {{"dim", {0, 0}}}), "listed twice"));
  CHECK(contains(refusal("histogram", {{"dim", {0}}, {"bins", 100}}), "a power of two"));
  CHECK(contains(refusal("histogram", {{"dim", {0}}, {"q", 0.5}, {"threshold", 1}}), "both 'q'"));
}

TEST_CASE("Data that is not a statistic's is refused", "[functions]") {
  const auto refuse = [](const at::Tensor& data) {
    const Error error = error_of([&] { aggregate_of("mean", {{"dim", {0}}})->restore(data, 1); });
    CHECK(error.kind() == ErrorKind::State);
  };
  refuse(at::zeros({1, 1, 3}, at::kDouble));
  refuse(at::zeros({2, 1, 3}));
  refuse(at::full({2, 1, 3}, -1, at::kDouble));
  refuse(at::scalar_tensor(1.0, at::kDouble));
}

TEST_CASE("Only a statistic that reduces dimension 0 takes batches of any size", "[functions]") {
  const FunctionTable functions;
  const auto takes = [&](const std::string& name, const json& parameters) {
    return functions.takes_any_batch_size(named(name, parameters));
  };
  CHECK(takes("mean", {{"except_dim", {1}}}));
  CHECK(takes("std", {{"dim", {0, 2}}}));
  CHECK(takes("mean", {{"dim", {-1}}}));  // cannot be known before the rank is
  CHECK_FALSE(takes("mean", {{"dim", {2, 3}}}));
  CHECK_FALSE(takes("mean", {{"except_dim", {0, 1}}}));
  CHECK_FALSE(takes("mean", json::object()));
  CHECK_FALSE(takes("users", {{"dim", {0}}}));
}

TEST_CASE("Functions that keep the same data can take each other's place", "[functions]") {
  const auto same = [](const json& a, const json& b) {
    const auto config = [](json given) {
      const std::string name = given["name"];
      given.erase("name");
      return named(name, given);
    };
    return keep_the_same(config(a), config(b));
  };
  CHECK(same({{"name", "sum"}, {"dim", {0}}}, {{"name", "mean"}, {"dim", {0}}}));
  CHECK(same({{"name", "histogram"}, {"dim", {0}}, {"q", 0.5}},
             {{"name", "histogram"}, {"dim", {0}}, {"threshold", 0.5}}));
  CHECK_FALSE(same({{"name", "sum"}, {"dim", {0}}}, {{"name", "sum"}, {"dim", {1}}}));
  CHECK_FALSE(same({{"name", "sum"}}, {{"name", "abs_sum"}}));
  CHECK_FALSE(same({{"name", "histogram"}, {"dim", {0}}, {"bins", 64}},
                   {{"name", "histogram"}, {"dim", {0}}, {"bins", 128}}));
}
