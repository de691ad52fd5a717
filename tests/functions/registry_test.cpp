#include "functions/registry.h"

#include "functions/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

MergedSettings with_mask(const std::string& name, const nlohmann::json& sparse_config) {
  MergedSettings settings;
  settings.mask_fn = FunctionConfig{name, nlohmann::json::object(), ""};
  settings.sparse_config = sparse_config;
  return settings;
}

}  // namespace

TEST_CASE("every mask function says whether it ranks and what sparsity was asked", "[functions]") {
  CHECK(requested_sparsity(with_mask("magnitude", {{"sparsity_level", 0.3}})) == 0.3);
  CHECK(requested_sparsity(with_mask("block", {{"sparsity_level", 0.25}})) == 0.25);
  CHECK(requested_sparsity(with_mask("random", {{"sparsity_level", 0.5}})) == 0.5);
  CHECK(requested_sparsity(with_mask("topk", {{"keep_ratio", 0.25}})) == 0.75);
  CHECK(requested_sparsity(with_mask("nm", {{"n", 1}, {"m", 4}})) == 0.75);
  for (const char* by_data : {"threshold", "quantile", "topk", "no_such_function"})
    CHECK_FALSE(requested_sparsity(with_mask(by_data, nlohmann::json::object())));
  CHECK_FALSE(requested_sparsity({}));
  for (const char* ranking : {"magnitude", "topk", "quantile", "block", "random", "a_users"})
    CHECK(ranks({ranking, nlohmann::json::object(), ""}));
  for (const char* other : {"nm", "threshold"})
    CHECK_FALSE(ranks({other, nlohmann::json::object(), ""}));
}

TEST_CASE("what needs nothing needs nothing", "[functions]") {
  const auto needs = FunctionTable().needs_of(with_mask("magnitude", {{"sparsity_level", 0.3}}));
  CHECK(needs.statistics.empty());
  CHECK_FALSE(needs.weight);
}

TEST_CASE("statistics that would be confused are refused", "[functions]") {
  const auto needing = [](const std::string& name, const std::string& statistic, const char* kept) {
    ScoreRow row{name, "", {}, [](const nlohmann::json& /*values*/) -> ReduceFn {
                   return [](const at::Tensor& x) { return x; };
                 }};
    row.facts.needs.statistics = {{statistic, FunctionConfig{kept, {{"except_dim", {-1}}}, ""}}};
    return row;
  };
  const auto refused = [](FunctionKind kind, const ScoreRow& row) {
    return error_of([&] { const RegisterFunction registered(kind, row); }).kind();
  };
  CHECK(refused(FunctionKind::Reduce, needing("r", "data", "mean")) == ErrorKind::Usage);
  CHECK(refused(FunctionKind::Aggregate, needing("r", "largest", "mean")) == ErrorKind::Usage);
  const RegisterFunction reduce(FunctionKind::Reduce, needing("r", "spread", "std"));
  const RegisterFunction same(FunctionKind::Mask, needing("same", "spread", "std"));
  const RegisterFunction other(FunctionKind::Mask, needing("other", "spread", "max"));
  MergedSettings settings = with_mask("same", {});
  settings.reduce_fn = FunctionConfig{"r", nlohmann::json::object(), ""};
  CHECK(FunctionTable().needs_of(settings).statistics.size() == 1);
  settings.mask_fn->name = "other";
  const Error confused = error_of([&] { FunctionTable().needs_of(settings); });
  CHECK(confused.kind() == ErrorKind::Config);
  CHECK(contains(confused.what(), "'spread'"));
}

TEST_CASE("a name is registered once", "[functions]") {
  CHECK(error_of([] { const RegisterFunction again(aggregate_rows().front()); }).kind() ==
        ErrorKind::Usage);
}
