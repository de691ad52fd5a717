#include "model/mask_names.h"

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("masks of layers and of functional uses are told by their names", "[model][uses]") {
  CHECK(mask_name("", 0) == "activation_mask");
  CHECK(mask_name("in_proj", 2) == "in_proj_activation_mask_2");
  for (const char* name : {"activation_mask", "activation_mask_1", "in_proj_activation_mask_12"})
    CHECK(is_mask_name(name));
  for (const char* name : {"_activation_mask", "activation_masks", "activation_mask_", "mask",
                           "deactivation_mask", "activation_mask_a"})
    CHECK_FALSE(is_mask_name(name));
}

TEST_CASE("a mask's path tells its layer", "[model][uses]") {
  CHECK(layer_of_mask("activation_mask") == "");
  CHECK(layer_of_mask("a.fc.activation_mask_1") == "a.fc");
  CHECK(layer_of_mask("a.in_proj_activation_mask") == "a.in_proj");
  CHECK(layer_of_mask("in_proj_activation_mask_1") == "in_proj");
}
