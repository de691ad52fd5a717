#include "report/group_warnings.h"

#include "support/catch.h"

using namespace actsparse;
using Texts = std::vector<std::string>;

TEST_CASE("Warnings that differ in numbers and names only are one", "[report]") {
  const Texts warnings{"layer 'conv1': 3 of 16 are zero", "no data",
                       "layer 'features.0': 12 of 64 are zero", "layer 'fc': its mask is empty",
                       "layer 'x y': 1 of 1 are zero"};
  CHECK(group_warnings(warnings) ==
        Texts{"layer 'conv1': 3 of 16 are zero (and 2 more like it: the report has each)",
              "no data", "layer 'fc': its mask is empty"});
}

TEST_CASE("An apostrophe is no quote", "[report]") {
  const Texts warnings{"the model's first layer isn't read", "the model's last layer isn't read"};
  CHECK(group_warnings(warnings) == warnings);
  CHECK(group_warnings({"layer 'open", "layer 'other"}).size() == 2);
  CHECK(group_warnings({}).empty());
}
