// Random attention blocks with random masks: whatever is removed, the answers stay.
#include "compact/attention_nets.h"
#include "compact/compare.h"
#include "compact/nets.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

using AttentionWay = std::pair<std::string, bool>;  // gather, keep_modules
const std::vector<AttentionWay> attention_ways = {
    {"off", false}, {"always", false}, {"off", true}, {"always", true}};

Compacted compact_attention(const AttentionNet& net, const AttentionWay& way) {
  return compact(net.module, {attention_batch(2, 5), attention_batch(3, 5), attention_batch(2, 4)},
                 {1e-5, way.first, way.second});
}

void require_equal_attention(const AttentionNet& net, const Compacted& small) {
  for (const auto& [samples, length] : {std::pair{2, 5}, {5, 5}, {3, 7}})
    REQUIRE(compare_outputs(net.module, small.module, attention_batch(samples, length)).relative <
            1e-9);
}

}  // namespace

// 2,000 of them: ACTSPARSE_NETS=2000 OMP_NUM_THREADS=1 build/release/tests/actsparse_tests "random
// attention*". ACTSPARSE_FIRST_NET tells where to begin.
TEST_CASE("random attention blocks give the same answers when they are compacted", "[compact]") {
  const auto seeds = seeds_to_try(20);
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    const auto net = attention_net(seed, HeadMasks::Any);
    for (const auto& way : attention_ways) {
      CAPTURE(seed, way.first, way.second, net.text);
      require_equal_attention(net, compact_attention(net, way));
    }
  }
}

// What stays: single heads of a group, a channel of values that stands in one tensor with queries.
TEST_CASE("masks of whole heads or of a channel of every head remove most of what they drop",
          "[compact]") {
  const auto seeds = seeds_to_try(60);
  int64_t masked = 0, removed = 0;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    const auto net = attention_net(seed, HeadMasks::Aligned);
    for (const auto& way : attention_ways) {
      CAPTURE(seed, way.first, way.second, net.text);
      const auto small = compact_attention(net, way);
      require_equal_attention(net, small);
      for (const auto& mask : small.masks) {
        masked += mask.masked;
        removed += mask.removed;
      }
    }
  }
  CAPTURE(masked, removed);
  CHECK(10 * removed >= 8 * masked);
}
