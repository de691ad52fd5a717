#include "sparsifier/layer_groups.h"

#include "sparsifier/helpers.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

using Groups = std::vector<std::vector<size_t>>;

LayerRecord in_sets(const std::vector<int64_t>& sets, const std::string& align = "group",
                    int64_t value = 0) {
  LayerRecord layer;
  layer.settings.align.name = align;
  layer.channels = LayerChannels{1, value, std::vector<int64_t>(sets.size(), 0), sets};
  return layer;
}

}  // namespace

TEST_CASE("layers that share a ranking set are one group, through others, too", "[sparsifier]") {
  CHECK(layer_groups({in_sets({1, 1}), in_sets({2}), in_sets({1, 3}), in_sets({4}),
                      in_sets({3})}) == Groups{{0, 2, 4}, {1}, {3}});
  CHECK(layer_groups({in_sets({1}), in_sets({2}), in_sets({2, 1})}) == Groups{{0, 1, 2}});
  CHECK(layer_groups({}).empty());
}

TEST_CASE("layers aligned by value go with those that read the same, others stand alone",
          "[sparsifier]") {
  CHECK(layer_groups({in_sets({1}, "value", 7), in_sets({1}, "value", 8), in_sets({9}, "value", 7),
                      in_sets({1}, "none"), in_sets({1}, "none")}) ==
        Groups{{0, 2}, {1}, {3}, {4}});
  LayerRecord unknown = in_sets({1});
  unknown.channels.reset();
  CHECK(layer_groups({in_sets({1}), unknown}) == Groups{{0}, {1}});
}
