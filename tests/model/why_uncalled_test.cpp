#include "model/why_uncalled.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include "base/error.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

std::string why(const Module& model, const std::string& layer,
                const std::string& method = "forward") {
  return why_uncalled({model, method}, {layer}).at(0).reason;
}

Module root(const std::string& body, const Children& children) {
  return make_module("Root", "def forward(self, x: Tensor) -> Tensor:\n" + body, children);
}

}  // namespace

TEST_CASE("a layer in a branch is told with the condition", "[model]") {
  const Module model = root(
      "  if self.training:\n"
      "    x = self.aux.forward(x)\n"
      "  return self.main.forward(x)\n",
      {{"aux", scale(2)}, {"main", scale(3)}});
  CHECK(contains(why(model, "aux"), "called only under 'if self.training'"));
  CHECK(contains(why(reloaded(model), "aux"), "called only under 'if self.training'"));
}

TEST_CASE("a way that a batch can take goes before a shorter one of the other mode", "[model]") {
  const Module model = root(
      "  if self.training:\n"
      "    x = self.aux.forward(x)\n"
      "  if x.numel() > 9:\n"
      "    if x.dim() == 7:\n"
      "      x = self.aux.forward(x)\n"
      "  return x\n",
      {{"aux", scale(2)}, {"spare", scale(3)}});
  CHECK(contains(why(model, "aux"), "'if x.numel() > 9'"));
  CHECK_FALSE(why_uncalled(model, {"aux"}).at(0).is_final);
  CHECK(why_uncalled(model, {"spare"}).at(0).is_final);
}

TEST_CASE("all conditions on the way are told, and the least conditional way counts", "[model]") {
  const Module inner = make_module("Inner",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  for i in range(3):\n"
                                   "    x = self.deep.forward(x)\n"
                                   "  return x\n",
                                   {{"deep", scale(2)}});
  const std::string body =
      "  if x.numel() > 9:\n"
      "    if x.dim() == 7:\n"
      "      x = self.inner.forward(x)\n";
  const std::string reason = why(root(body + "  return x\n", {{"inner", inner}}), "inner.deep");
  CHECK(contains(reason, "'if x.numel() > 9'"));
  CHECK(contains(reason, " and 'if x.dim() == 7'"));
  CHECK(contains(reason, " and 'for i in range(3)'"));
  const Module twice = root(body + "  return self.inner.forward(x)\n", {{"inner", inner}});
  CHECK_FALSE(contains(why(twice, "inner.deep"), "numel"));
  CHECK(contains(why(twice, "inner.deep"), "called only under 'for i in range(3)'"));
}

TEST_CASE("a layer whose parameters are read without a call names the reader", "[model]") {
  const Module attention = make_module("Attention",
                                       "def forward(self, x: Tensor) -> Tensor:\n"
                                       "  return torch.mul(x, self.out_proj.weight)\n",
                                       {{"out_proj", scale(2)}});
  const Module model = root("  return self.attn.forward(x)\n", {{"attn", attention}});
  CHECK(why(model, "attn.out_proj") ==
        "its parameters are read by layer 'attn' without a call, and by no linear operator");
}

TEST_CASE("a layer of which only another method is called names that", "[model]") {
  const Module coder = make_module("Coder",
                                   "def forward(self, x: Tensor) -> Tensor:\n  return x\n"
                                   "def encode(self, x: Tensor) -> Tensor:\n  return x + 1\n");
  const Module model = root("  return self.coder.encode(x)\n", {{"coder", coder}});
  CHECK(why(model, "coder") == "only its method 'encode' is called, not forward");
}

TEST_CASE("a layer that no code mentions has no path", "[model]") {
  const Module model = root("  return x\n", {{"spare", scale(2)}});
  CHECK(why(model, "spare") == "no path leads to it from forward");
}

TEST_CASE("paths are those of the method that is run", "[model]") {
  const Module model = make_module("Root",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.a.forward(x)\n"
                                   "def encode(self, x: Tensor) -> Tensor:\n"
                                   "  if x.dim() > 3:\n"
                                   "    x = self.a.forward(x)\n"
                                   "  return x\n",
                                   {{"a", scale(2)}});
  CHECK(contains(why(model, "a", "encode"), "'if x.dim() > 3'"));
  CHECK(why(model, "a") == "its call was not reached");
}

TEST_CASE("calls in forked parts are found", "[model]") {
  CHECK(why(forking(), "a") == "its call was not reached");
  CHECK_THROWS_AS(why(chain(), "nothing"), Error);
}

TEST_CASE("a condition that the compiler added is told by what it reads, or as one", "[model]") {
  const Module model = root(
      "  if x.dim() > 5:\n"
      "    x = self.a.forward(x)\n"
      "  return x\n",
      {{"a", scale(2)}});
  const auto graph = torch::jit::toGraphFunction(model.get_method("forward").function()).graph();
  for (auto* node : graph->nodes())
    if (node->kind() == c10::prim::If) node->setSourceRange(torch::jit::SourceRange());
  CHECK(contains(why(model, "a"), "called only under 'x.dim() > 5'"));
  for (auto* node : graph->nodes()) node->setSourceRange(torch::jit::SourceRange());
  CHECK(why(model, "a") == "called only under a condition that its code does not show");
}

TEST_CASE("calls of a module that is handed over are found", "[model]") {
  CHECK(why(sharing(), "a.act") == "its call was not reached");
  CHECK_FALSE(why_uncalled(sharing(), {"last.act"}).at(0).is_final);
}
