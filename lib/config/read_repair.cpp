// `repair`: how a masked model is to keep its answers.
#include "base/nearest.h"
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

const Names methods = {"none", "mean", "linear"};

double share(const JsonNode& node) {
  const double value = node.number();
  if (value < 0 || value >= 1) node.fail("a share: 0 <= holdout < 1");
  return value;
}

void check_ridge(const JsonNode& node, const RepairConfig& repair) {
  if (repair.method == "linear" && repair.holdout == 0 && !repair.ridge)
    node.fail_found("holdout 0 and no ridge",
                    "a ridge where nothing is held out to choose it by: add " +
                        child_path(node.path(), "ridge"));
}

}  // namespace

const Fields<AugmentConfig>& augment_fields() {
  static const Fields<AugmentConfig> fields = {
      {"flip", [](const JsonNode& node, AugmentConfig& augment) { augment.flip = node.boolean(); }},
      {"shift",
       [](const JsonNode& node, AugmentConfig& augment) { augment.shift = node.integer({0}); }},
  };
  return fields;
}

const Fields<TuneConfig>& tune_fields() {
  static const Fields<TuneConfig> fields = {
      {"steps", [](const JsonNode& node, TuneConfig& tune) { tune.steps = node.integer({1}); }},
      {"batch_size",
       [](const JsonNode& node, TuneConfig& tune) { tune.batch_size = node.integer({1}); }},
      {"learning_rate",
       [](const JsonNode& node, TuneConfig& tune) { tune.learning_rate = node.positive_number(); }},
      {"loss",
       [](const JsonNode& node, TuneConfig& tune) {
         tune.loss = node.one_of({"mse", "kl"});
       }},
      {"hints",
       [](const JsonNode& node, TuneConfig& tune) {
         if (!node.json().is_null()) tune.hints = node.boolean();
       }},
      {"augment",
       [](const JsonNode& node, TuneConfig& tune) {
         if (!node.json().is_null()) read_fields(node, augment_fields(), tune.augment.emplace());
       }},
  };
  return fields;
}

const Fields<RepairConfig>& repair_fields() {
  using Repair = RepairConfig;
  static const Fields<Repair> fields = {
      {"method", [](const JsonNode& node, Repair& repair) { repair.method = node.one_of(methods); },
       "one of " + quoted_list(methods)},
      {"sequential",
       [](const JsonNode& node, Repair& repair) { repair.sequential = node.boolean(); }},
      {"ridge",
       [](const JsonNode& node, Repair& repair) {
         if (node.json().is_null()) return;
         repair.ridge = node.number();
         if (*repair.ridge < 0) node.fail("a number >= 0, or null");
       }},
      {"batch_norm",
       [](const JsonNode& node, Repair& repair) {
         if (!node.json().is_null()) repair.batch_norm = node.boolean();
       }},
      {"holdout", [](const JsonNode& node, Repair& repair) { repair.holdout = share(node); }},
      {"tune",
       [](const JsonNode& node, Repair& repair) {
         if (!node.json().is_null()) read_fields(node, tune_fields(), repair.tune.emplace());
       }},
      {"data", [](const JsonNode& node, Repair& repair) { repair.data = read_data(node); }},
  };
  return fields;
}

RepairConfig read_repair(const JsonNode& node) {
  RepairConfig repair;
  if (node.json().is_string()) {
    repair.method = node.one_of(methods);
    return repair;
  }
  node.expect_object(quoted_list(methods) + ", or an object with such a method");
  read_fields(node, repair_fields(), repair);
  check_ridge(node, repair);
  return repair;
}

}  // namespace actsparse
