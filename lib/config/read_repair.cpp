// `repair`: how a masked model is to keep its answers.
#include "base/nearest.h"
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

const Names methods = {"none", "mean", "linear"};

Value<double> holdout_share() {
  NumberRange range;
  range.least = 0;
  range.below = 1;
  range.allowed = "a share: 0 <= holdout < 1";
  return number(range);
}

Value<double> ridge_strength() {
  NumberRange range;
  range.least = 0;
  range.allowed = "a number >= 0, or null";
  return number(range);
}

// Where nothing is held out there is nothing to choose a ridge by.
Schema ridge_without_holdout() {
  return {{"if",
           {{"properties", {{"method", {{"const", "linear"}}}, {"holdout", {{"const", 0}}}}},
            {"required", Schema::array({"method", "holdout"})}}},
          {"then",
           {{"properties", {{"ridge", {{"type", "number"}}}}},
            {"required", Schema::array({"ridge"})}}}};
}

void check_ridge(const JsonNode& node, const RepairConfig& repair) {
  if (repair.method == "linear" && repair.holdout == 0 && !repair.ridge)
    node.fail_found("holdout 0 and no ridge",
                    "a ridge where nothing is held out to choose it by: add " +
                        child_path(node.path(), "ridge"));
}

}  // namespace

const Object<AugmentConfig>& augment_object() {
  using Augment = AugmentConfig;
  static const Object<Augment> object = {
      "augment",
      "how images are placed anew in each step",
      {field("flip", &Augment::flip, boolean(),
             "whether each is mirrored left to right, with equal chances"),
       field("shift", &Augment::shift, integer({0}),
             "by how many pixels each is moved at most, each way; zeros come in")}};
  return object;
}

const Object<TuneConfig>& tune_object() {
  using Tune = TuneConfig;
  static const Object<Tune> object = {
      "tune",
      "how parameters are tuned towards the unmasked model's outputs",
      {field("steps", &Tune::steps, integer({1}), "steps of Adam, one batch each"),
       field("batch_size", &Tune::batch_size, integer({1}), "samples of a batch"),
       field("learning_rate", &Tune::learning_rate, positive_number(),
             "the highest; it falls to 0 as a cosine does"),
       field("loss", &Tune::loss, one_of({"mse", "kl"}),
             "`mse`: mean squares of all floating outputs, relative to them; `kl`: divergence of "
             "the first one's classes"),
       field("hints", &Tune::hints, or_null(boolean()),
             "whether the sums of residual models are drawn to what they were, too, which keeps "
             "few data from being learned by heart. null: where masks take none of their channels"),
       field("augment", &Tune::augment, or_null(object_of(augment_object())),
             "of models that take images: how these are placed anew in each step")}};
  return object;
}

const Object<RepairConfig>& repair_object() {
  using Repair = RepairConfig;
  static const Object<Repair> object = {
      "repair",
      "how a masked model keeps its answers, from unlabelled data",
      {field("method", &Repair::method, one_of(methods),
             "`none`; `mean`: what masked channels gave on average goes into the bias of the layer "
             "that reads them; `linear`: its weights, too, are solved for, by least squares "
             "towards what the layer gave",
             needed("one of " + quoted_list(methods))),
       field("sequential", &Repair::sequential, boolean(),
             "layer after layer, each on what really enters it once those before are repaired; "
             "else each on what enters the masked model"),
       field("ridge", &Repair::ridge, or_null(ridge_strength()),
             "how strongly weights are held to what they were, as a share of the mean variance of "
             "what enters the layer. null: chosen for each layer on what is held out"),
       field("batch_norm", &Repair::batch_norm, or_null(boolean()),
             "whether batch norms behind a mask take the mean and the variance of what enters them "
             "now. null: each where that is better on what is held out; with `linear` not right "
             "behind a layer that is solved for, whose fit leaves nothing to mend"),
       field("holdout", &Repair::holdout, holdout_share(),
             "share of the batches (at least one) that no fit sees. A layer whose error there does "
             "not fall stays as it was. With 0 and `linear`, `ridge` must be given"),
       field("data", &Repair::data, data_value(),
             "what is fitted on, with the keys of the top level's [`data`](#data)",
             otherwise("the calibration data")),
       field("tune", &Repair::tune, or_null(object_of(tune_object())),
             "after all else, steps of an optimizer on all parameters towards the unmasked model's "
             "outputs. The step with the least loss on what is held out is taken; none, if none is "
             "better than the start")},
      ridge_without_holdout()};
  return object;
}

Value<RepairConfig> repair_value() {
  const Value<std::string> method = one_of(methods);
  return value<RepairConfig>(
      {any_of({method.schema, reference_to("repair")}), method.type + ", object"}, read_repair);
}

RepairConfig read_repair(const JsonNode& node) {
  RepairConfig repair;
  if (node.json().is_string()) {
    repair.method = node.one_of(methods);
    return repair;
  }
  node.expect_object(quoted_list(methods) + ", or an object with such a method");
  read_object(node, repair_object(), repair);
  check_ridge(node, repair);
  return repair;
}

}  // namespace actsparse
