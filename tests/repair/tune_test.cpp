#include "repair/tune.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/nets.h"
#include "repair/distance.h"
#include "repair/hints.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

const std::string two_layers =
    "  return torch.linear(torch.relu(torch.linear(x, self.w1, self.repaired_bias)), self.w2)\n";

// The same network with weights that are a little off.
Module off_by(double share) {
  Module module("__torch__.Net");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.register_parameter("w1", weight({8, 6}) + share * weight({8, 6}, 5), false);
  module.register_parameter("w2", weight({4, 8}), false);
  module.register_buffer("repaired_bias", at::zeros({8}) + share);
  module.define("def forward(self, x: Tensor) -> Tensor:\n" + two_layers);
  module.attr("w1").toTensor().requires_grad_(true);
  return module;
}

std::unique_ptr<BatchSource> images(int count) {
  std::vector<std::vector<c10::IValue>> all;
  for (int i = 0; i < count; ++i) all.push_back({normal({16, 6}, 40 + static_cast<uint64_t>(i))});
  return batches_in_memory(all);
}

Tuned tuned(const Module& student, const TuneConfig& config, int batches = 10) {
  return tune(off_by(0), student, *images(batches),
              {config, 0.2, 1, std::filesystem::temp_directory_path(), {}});
}

}  // namespace

TEST_CASE("tuning draws a model towards another one's outputs", "[repair]") {
  const auto loss = GENERATE("mse", "kl");
  const Module student = off_by(0.3);
  const auto before = student.attr("w1").toTensor().clone();
  const Tuned found = tuned(student, {200, 16, 0.01, loss, {}});
  CHECK(found.report.before > 0.001);
  CHECK(found.report.after < found.report.before / 2);
  CHECK(found.report.best_step > 0);
  CHECK(bit_equal(student.attr("w1").toTensor(), before));
  CHECK_FALSE(bit_equal(found.module.attr("repaired_bias").toTensor(),
                        student.attr("repaired_bias").toTensor()));
  CHECK(found.module.attr("w1").toTensor().requires_grad());
  CHECK_FALSE(found.module.attr("w2").toTensor().requires_grad());
  CHECK_FALSE(found.module.attr("repaired_bias").toTensor().requires_grad());
  CHECK(bit_equal(run_forward(reloaded(found.module), normal({3, 6}, 9)),
                  run_forward(found.module, normal({3, 6}, 9)).detach()));
}

TEST_CASE("tuning gives the same bytes each time", "[repair]") {
  const TuneConfig config{20, 16, 0.01, "mse", {}};
  CHECK(saved(tuned(off_by(0.3), config).module) == saved(tuned(off_by(0.3), config).module));
}

TEST_CASE("tuning goes on where an earlier process has stopped, to the same bytes", "[repair]") {
  std::vector<TuneProgress> kept;
  TuneOptions options{{50, 16, 0.01, "mse", {}}, 0.2, 1, std::filesystem::temp_directory_path()};
  options.keep = [&](const TuneProgress& progress) { kept.push_back(progress); };
  const Tuned wanted = tune(off_by(0), off_by(0.3), *images(10), options);
  REQUIRE(kept.size() > 3);
  for (const size_t place : {size_t{0}, kept.size() / 2, kept.size() - 1}) {
    TuneOptions later{options.config, 0.2, 1, options.folder};
    later.known = kept[place];
    int64_t steps = 0;
    later.progress = [&](int64_t, int64_t) { ++steps; };
    const Tuned found = tune(off_by(0), off_by(0.3), *images(10), later);
    CHECK(steps == 50 - kept[place].step);
    CHECK(saved(found.module) == saved(wanted.module));
    CHECK(found.report.best_step == wanted.report.best_step);
    CHECK(found.report.before == wanted.report.before);
  }
}

TEST_CASE("residual sums are drawn to what they were, unless that is not wanted", "[repair]") {
  const std::string body =
      "  y = x + torch.linear(torch.relu(torch.linear(x, self.w0)), self.w1)\n"
      "  return torch.linear(y, self.w2)\n";
  const auto made = [&](double off) {
    return net(body, {{"w0", weight({8, 6}) + off * weight({8, 6}, 5)},
                      {"w1", weight({6, 8})},
                      {"w2", weight({2, 6}) + off * weight({2, 6}, 6)}});
  };
  const auto sums_off = [&](bool hints) {
    TuneOptions options{
        {100, 16, 0.01, "mse", hints}, 0.2, 1, std::filesystem::temp_directory_path()};
    const Tuned found = tune(made(0), made(0.3), *images(10), options);
    CHECK(found.report.after < found.report.before / 2);
    const Module teacher = made(0);
    const Hints told(teacher, found.module, "forward", true);
    const std::vector<c10::IValue> batch = {normal({50, 6}, 3)};
    return distance(told.student(batch).sums, told.teacher(batch).sums, "mse").item<double>();
  };
  CHECK(sums_off(true) < 0.5 * sums_off(false));
}

TEST_CASE("what no step makes better stays as it was", "[repair]") {
  const Tuned found = tuned(off_by(0.01), {10, 16, 100.0, "mse", {}});
  CHECK(found.report.best_step == 0);
  CHECK(found.report.after == found.report.before);
  CHECK(bit_equal(found.module.attr("w1").toTensor().detach(),
                  off_by(0.01).attr("w1").toTensor().detach()));
}

TEST_CASE("too few batches to hold some out are told", "[repair]") {
  const auto error = error_of([] { tuned(off_by(0.3), {}, 2); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "repair.tune.batch_size"));
}

TEST_CASE("a model without a floating-point output cannot be tuned, and says so", "[repair]") {
  const Module whole =
      net("  return torch.argmax(torch.linear(x, self.w1), 1)\n", {{"w1", weight({4, 6})}});
  const auto error = error_of([&] {
    tune(whole, whole, *images(10), {{}, 0.2, 1, std::filesystem::temp_directory_path(), {}});
  });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "no floating-point tensor"));
}
