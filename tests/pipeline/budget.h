#pragma once
// What the tests of searches look for, and in what.
#include <string>

#include "pipeline/helpers.h"

namespace actsparse {

/// digits_cnn, its channels in groups; judged on the images that it is repaired on, as search.data.
struct Budget : Workplace {
  explicit Budget(const std::string& budget) {
    json["data"]["batch_size"] = 8;
    json["defaults"]["sparse_config"]["sparsity_level"] = 0.5;
    json["defaults"]["align"] = "group";
    json["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {1}}};
    json["defaults"]["reduce_fn"] = "identity";
    json["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
    json["repair"] = "linear";
    json["search"] = {{"budget", nlohmann::json::parse(budget)},
                      {"levels", {0.25, 0.5, 0.75}},
                      {"data", json["data"]}};
    json["output"] = {{"model", "masked.pt"},
                      {"state", "state.pt"},
                      {"compact", "small.pt"},
                      {"config", "found.json"},
                      {"curve", "curve.json"}};
  }
};

}  // namespace actsparse
