#include "support/models.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/canonicalize.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <regex>
#include <sstream>

namespace actsparse {

using torch::jit::Module;

Module make_module(const std::string& type, const std::string& source, const Children& children) {
  Module module("__torch__." + type);
  module.register_attribute("training", c10::BoolType::get(), true);
  for (const auto& [name, child] : children) module.register_module(name, child);
  module.define(source);
  return module;
}

Module scale(double weight) {
  Module module("__torch__.Scale");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.register_parameter("weight", at::full({1}, weight), /*is_buffer=*/false);
  module.define("def forward(self, x: Tensor) -> Tensor:\n  return torch.mul(x, self.weight)\n");
  return module;
}

Module scale_like(const Module& like, double weight) {
  Module module(like._ivalue()->compilation_unit(), like.type());
  module.setattr("training", true);
  module.setattr("weight", at::full({1}, weight));
  return module;
}

Module chain() {
  const Module a = scale(2);
  return make_module("Chain",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.b.forward(torch.relu(self.a.forward(x)))\n",
                     {{"a", a}, {"b", scale_like(a, 3)}});
}

Module residual() {
  return make_module("Residual",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return x + self.f.forward(x)\n",
                     {{"f", scale(3)}});
}

Module repeated() {
  return make_module("Repeated",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  y = self.a.forward(x)\n"
                     "  for i in range(2):\n"
                     "    y = self.a.forward(y) + i\n"
                     "  if bool(y.sum() > 0):\n"
                     "    y = self.a.forward(y)\n"
                     "  return y\n",
                     {{"a", scale(2)}});
}

Module nested() {
  const Module first = scale(2);
  Module block1 =
      make_module("Block", "def forward(self, x: Tensor) -> Tensor:\n  return self.fc.forward(x)\n",
                  {{"fc", first}});
  Module block2(block1._ivalue()->compilation_unit(), block1.type());
  block2.setattr("training", true);
  block2.setattr("fc", scale_like(first, 3)._ivalue());
  return make_module("Nested",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.block2.forward(self.block1.forward(x))\n",
                     {{"block1", block1}, {"block2", block2}});
}

Module aliased() {
  const Module one = scale(2);
  return make_module("Aliased",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.b.forward(self.a.forward(x))\n",
                     {{"a", one}, {"b", one}});
}

Module keyword_call() {
  const Module join = make_module(
      "Join", "def forward(self, x: Tensor, y: Tensor) -> Tensor:\n  return x + 2 * y\n");
  return make_module("KeywordCall",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.join.forward(x, y=x + 1)\n",
                     {{"join", join}});
}

Module list_argument() {
  const Module cat = make_module("Cat",
                                 "def forward(self, xs: List[Tensor], y: Tensor) -> Tensor:\n"
                                 "  return torch.cat([torch.cat(xs), y])\n");
  return make_module("ListArgument",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.cat.forward([x, x], x)\n",
                     {{"cat", cat}});
}

Module counting() {
  Module counter("__torch__.Counter");
  counter.register_attribute("training", c10::BoolType::get(), true);
  counter.register_attribute("number", c10::IntType::get(), 0);
  counter.register_buffer("calls", at::zeros({1}));
  counter.register_buffer("total", at::zeros({1}));
  counter.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  self.calls.add_(1)\n"
      "  self.total = self.total + x.sum()\n"
      "  self.number = self.number + 1\n"
      "  return self.calls + self.total + self.number\n");
  return make_module("Counting",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return x + self.counter.forward(x)\n",
                     {{"counter", counter}});
}

// What torch.jit.fork(self.a, x) compiles to: `fork` is not known to Module::define.
bool fork_call(const Module& model, size_t number, bool is_late, const std::string& method) {
  using torch::jit::Node;
  auto graph = torch::jit::toGraphFunction(model.get_method(method).function()).graph();
  std::vector<Node*> calls;
  for (Node* node : graph->nodes())
    if (node->kind() == c10::prim::CallMethod) calls.push_back(node);
  if (number >= calls.size()) return false;
  Node* const call = calls[number];
  const auto forked = std::make_shared<torch::jit::Graph>();
  std::map<torch::jit::Value*, torch::jit::Value*> inside;
  for (auto* input : call->inputs()) inside[input] = forked->addInput()->setType(input->type());
  Node* copy =
      forked->createClone(call, [&](torch::jit::Value* value) { return inside.at(value); });
  forked->registerOutput(forked->insertNode(copy)->output());
  Node* fork = graph->create(c10::prim::fork, call->inputs())->insertBefore(call);
  fork->g_(c10::attr::Subgraph, forked);
  fork->output()->setType(c10::FutureType::create(call->output()->type()));
  Node* wait = graph->create(c10::aten::wait, {fork->output()})->insertBefore(call);
  call->output()->replaceAllUsesWith(wait->output()->setType(call->output()->type()));
  call->destroy();
  if (is_late) {  // as late as its first reader allows
    Node* next = wait->next();
    const auto reads = [&](const Node* node) {
      return node->kind() == c10::prim::Return || !node->blocks().empty() ||
             std::find(node->inputs().begin(), node->inputs().end(), wait->output()) !=
                 node->inputs().end();
    };
    while (!reads(next)) next = next->next();
    wait->moveBefore(next);
  }
  return true;
}

Module forking() {
  const Module model = make_module("Forking",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.a.forward(x) + self.a.forward(x)\n",
                                   {{"a", scale(2)}});
  fork_call(model, 0, false);
  return model;
}

namespace {

using torch::jit::Node;
using torch::jit::Value;

torch::jit::Function& forward_of(const Module& module) {
  return module.get_method("forward").function();
}

std::shared_ptr<torch::jit::Graph> graph_of(const Module& module) {
  return torch::jit::toGraphFunction(forward_of(module)).graph();
}

// A first argument for `given`; code that takes a module cannot be defined from text.
Value* take_module(const Module& module, const Module& given) {
  auto& function = forward_of(module);
  auto arguments = function.getSchema().arguments();
  arguments.insert(arguments.begin() + 1, c10::Argument("module", given.type()));
  function.setSchema(function.getSchema().cloneWithArguments(std::move(arguments)));
  return graph_of(module)->insertInput(1, "module")->setType(given.type());
}

Node* call_in(const Module& module, const std::string& child) {
  for (Node* node : graph_of(module)->nodes())
    if (node->kind() == c10::prim::CallMethod &&
        node->input(0)->node()->s(c10::attr::name) == child)
      return node;
  throw std::out_of_range(child);
}

// The call of `child` is one of `module`'s argument instead.
void call_argument(const Module& module, const std::string& child, Value* argument) {
  call_in(module, child)->replaceInput(0, argument);
}

void pass(const Module& module, const std::string& child, Value* given) {
  call_in(module, child)->insertInput(1, given);
}

Module block(double weight, const Module& act) {
  return make_module("Block",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.act.forward(self.fc.forward(x))\n",
                     {{"fc", scale(weight)}, {"act", act}});
}

}  // namespace

Module sharing() {
  const Module act = scale(2), a = block(3, act), b = block(5, act), inner = block(7, act);
  const Module last = make_module(
      "Last", "def forward(self, x: Tensor) -> Tensor:\n  return self.inner.forward(x)\n",
      {{"inner", inner}, {"act", act}});
  const Module model =
      make_module("Sharing",
                  "def forward(self, x: Tensor) -> Tensor:\n"
                  "  return self.last.forward(self.b.forward(self.a.forward(x)))\n",
                  {{"a", a}, {"b", b}, {"last", last}});
  for (const Module& receiver : {b, inner})
    call_argument(receiver, "act", take_module(receiver, act));
  pass(last, "inner", take_module(last, act));
  auto graph = graph_of(model);
  const torch::jit::WithInsertPoint guard(*graph->nodes().begin());
  Value* owner = graph->insertGetAttr(graph->inputs().at(0), "a");
  Value* shared = graph->insertGetAttr(owner, "act");
  for (const char* child : {"b", "last"}) pass(model, child, shared);
  return model;
}

Module nesting() {
  const auto same = [] {
    return make_module("Same", "def forward(self, x: Tensor) -> Tensor:\n  return x\n");
  };
  return make_module("Nesting",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  mask = torch.ones([x.size(0), x.size(1)]) > 0\n"
                     "  y = self.nested.forward(torch._nested_tensor_from_mask(x, mask))\n"
                     "  return self.plain.forward(torch.nested_to_padded_tensor(y, 0.))\n",
                     {{"nested", same()}, {"plain", same()}});
}

at::Tensor tensor1d(const std::vector<double>& values) {
  return at::tensor(c10::ArrayRef<double>(values)).to(at::kFloat);
}

at::Tensor normal(const std::vector<int64_t>& sizes, uint64_t seed) {
  return at::randn(sizes, at::detail::createCPUGenerator(seed));
}

bool bit_equal(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.contiguous(), right = b.contiguous();
  if (left.nbytes() == 0) return true;  // no data pointer, which memcmp must not see
  return std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

at::Tensor run_forward(Module module, const at::Tensor& x) {
  const at::NoGradGuard no_grad;  // as models are run: LibTorch 2.6 has another LSTM with autograd
  return module.forward({x}).toTensor();
}

std::string saved(const Module& module) {
  std::ostringstream out;
  module.save(out);
  return out.str();
}

Module reloaded(const Module& module) {
  std::istringstream in(saved(module));
  return torch::jit::load(in);
}

std::string graph_text(const Module& module, const std::string& method) {
  const auto graph = torch::jit::toGraphFunction(module.get_method(method).function()).graph();
  const auto renumbered = torch::jit::Canonicalize(graph, /*keep_unique_names=*/false);
  return std::regex_replace(renumbered->toString(/*print_source_locations=*/false),
                            std::regex(R"(___torch_mangle_\d+\.)"), "");
}

std::string all_graphs(const Module& module) {
  std::string text;
  for (const auto& part : module.modules())
    for (auto* function : part.type()->methods())
      text += function->qualname().qualifiedName() + "\n" +
              torch::jit::toGraphFunction(*function).graph()->toString();
  return text;
}

}  // namespace actsparse
