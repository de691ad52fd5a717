#include "compact/operator_times.h"

#include <ATen/Functions.h>

#include "base/error.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

bool knows(const OperatorTimes& times, const std::string& what) {
  for (const auto& [name, seconds] : times.known)
    if (name.find(what) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("a call takes what its operators take, each measured once", "[compact]") {
  const auto model = net("  return torch.relu(torch.linear(x, self.w)) + torch.linear(x, self.w)\n",
                         {{"w", weight({6, 6})}});
  OperatorTimes times;
  const double first = times.seconds(model, {normal({4, 6}, 1)});
  CHECK(first > 0);
  CHECK(knows(times, "aten::linear"));
  CHECK(knows(times, "aten::relu"));
  const auto known = times.known;
  CHECK(times.seconds(model, {normal({4, 6}, 2)}) == first);
  CHECK(times.known == known);
  times.seconds(model, {normal({5, 6}, 2)});
  CHECK(times.known.size() > known.size());
}

TEST_CASE("what is known is taken from there", "[compact]") {
  const auto model = net("  return torch.relu(x)\n", {});
  OperatorTimes times;
  times.seconds(model, {normal({4, 6}, 1)});
  REQUIRE(times.known.size() == 1);
  times.known.begin()->second = 7;
  CHECK(times.seconds(model, {normal({4, 6}, 1)}) == 7);
}

TEST_CASE("branches, loops, lists and writing operators are run as they are", "[compact]") {
  const auto body = GENERATE(
      "  if x.sum() > 0:\n    x = torch.relu(x)\n  else:\n    x = torch.tanh(x)\n  return x + 1\n",
      "  for i in range(3):\n    x = torch.relu(x) + i\n  return x\n",
      "  return torch.cat([x, x * 2], 0)\n",
      "  y = torch.zeros([4, 6])\n  y.add_(x)\n  y[0] = 1\n  return y\n",
      "  n = x.size(0)\n  return x.view([n * 2, 3]).softmax(1)\n");
  OperatorTimes times;
  CHECK(times.seconds(net(body, {}), {normal({4, 6}, 1)}) > 0);
}

TEST_CASE("arguments that a model does not take are told", "[compact]") {
  OperatorTimes times;
  const auto model = net("  return torch.linear(x, self.w)\n", {{"w", weight({6, 6})}});
  const auto error = error_of([&] { times.seconds(model, {normal({4, 5}, 1)}); });
  CHECK(error.kind() == ErrorKind::Data);
}
