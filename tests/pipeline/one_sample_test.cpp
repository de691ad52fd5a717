#include "pipeline/one_sample.h"

#include "pipeline/examination.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

bool one_sample(const std::string& type, const std::string& result, const Arguments& batch) {
  const auto model =
      make_module("Net", "def forward(self, x: " + type + "):\n  return " + result + "\n");
  return is_one_sample(model, batch, output_tree(model.deepcopy().forward(batch)));
}

bool one_sample(const std::string& result, const std::vector<int64_t>& shape) {
  return one_sample("Tensor", result, {normal(shape, 1)});
}

}  // namespace

TEST_CASE("what comes out with other rows, of a model that takes no others, is of one sample",
          "[pipeline]") {
  CHECK(one_sample("x.view([4, 5]).sum(1)", {20}));              // a vector
  CHECK(one_sample("x.view([3, 64]).repeat(2, 1)", {3, 8, 8}));  // an image
  CHECK_FALSE(one_sample("x * 2", {20}));
  CHECK_FALSE(one_sample("x.view([4, 5])[:, 0], x.view([20])", {20}));
  CHECK_FALSE(one_sample("x.view([-1, 4])", {8, 6}));  // takes any number of samples
  CHECK_FALSE(one_sample("x.view([20]).sum()", {20}));
  CHECK_FALSE(one_sample("x.view([1, 20]).sum(1)", {1, 20}));
  const c10::List<at::Tensor> images({normal({3, 4, 4}, 1), normal({3, 4, 4}, 2)});
  CHECK_FALSE(one_sample("List[Tensor]", "[x[0].sum([1, 2]), x[1].sum([1, 2])]", {images}));
}

TEST_CASE("an evaluation counts such batches as samples", "[pipeline]") {
  const auto samples_of = [](const std::string& result) {
    const auto model =
        make_module("Net", "def forward(self, x: Tensor):\n  return " + result + "\n");
    Examination examination({}, FunctionTable(), {"candidate"});
    const EvaluationData data{
        batches_in_memory({{normal({20}, 1)}, {normal({20}, 2)}, {normal({20}, 3)}})};
    examination.run({"baseline", model}, {{"candidate", model}}, data, {});
    return examination.report().samples;
  };
  CHECK(samples_of("x.view([4, 5]).sum(1)") == 3);
  CHECK(samples_of("x * 2") == 60);
}
