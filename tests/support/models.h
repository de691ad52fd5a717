#pragma once
// Small TorchScript models, made of text, and what tests ask of modules and tensors.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <utility>
#include <vector>

namespace actsparse {

using Children = std::vector<std::pair<std::string, torch::jit::Module>>;

/// A module of class `type` with these children; `source` holds its methods.
torch::jit::Module make_module(const std::string& type, const std::string& source,
                               const Children& children = {});

/// A layer that returns x * weight, a parameter of one element.
torch::jit::Module scale(double weight);
/// Another instance of scale()'s kind, sharing `like`'s ClassType, as equal submodules do in
/// scripted models.
torch::jit::Module scale_like(const torch::jit::Module& like, double weight);

/// forward(x): b(relu(a(x))), where a (2) and b (3) are scales of one ClassType.
torch::jit::Module chain();
/// forward(x): x + f(x), where f is a scale (3).
torch::jit::Module residual();
/// forward(x): a(x), then a twice in a loop, and once more in a branch if the sum is positive; a is
/// a scale (2).
torch::jit::Module repeated();
/// block1.fc (2) and block2.fc (3): the blocks share one ClassType, and so do the fcs.
torch::jit::Module nested();
/// One scale (2) under the names a and b; forward(x): b(a(x)).
torch::jit::Module aliased();
/// forward(x): join(x, y=x + 1), where join(x, y) = x + 2 * y.
torch::jit::Module keyword_call();
/// forward(x): cat([x, x], x), where cat(xs: List[Tensor], y) concatenates all three.
torch::jit::Module list_argument();
/// forward(x): x + counter(x); counter counts its calls in the buffers `calls` (in place), `total`
/// (assigned) and the attribute `number`.
torch::jit::Module counting();

/// forward(x): a(x) + a(x), the first in a forked part; a is a scale (2).
torch::jit::Module forking();

/// Makes the call of a submodule with that number in a method's outermost block (from 0) a
/// torch.jit.fork; it is waited for at once, or just before its result is read. False: there is
/// none.
bool fork_call(const torch::jit::Module& model, size_t number, bool is_late,
               const std::string& method = "forward");

/// forward(x): last(b(a(x))), where a (x * 3), b (x * 5) and last (x * 7) end in one scale (2) that
/// stands under a.act, b.act and last.act: it is handed to b, and through last to last.inner, as an
/// argument, as the tracer does.
torch::jit::Module sharing();

/// forward(x [N, T, D]): plain(padded(nested(x as a NestedTensor of full length))); both layers
/// return what they get.
torch::jit::Module nesting();

at::Tensor tensor1d(const std::vector<double>& values);
/// Standard normal, float32.
at::Tensor normal(const std::vector<int64_t>& sizes, uint64_t seed);
/// Same dtype, sizes and bits (so -0 is not 0).
bool bit_equal(const at::Tensor& a, const at::Tensor& b);

at::Tensor run_forward(torch::jit::Module module, const at::Tensor& x);
/// Its file, in memory.
std::string saved(const torch::jit::Module& module);
torch::jit::Module reloaded(const torch::jit::Module& module);

/// A method's graph with values renumbered, and class names without LibTorch's mangling.
std::string graph_text(const torch::jit::Module& module, const std::string& method = "forward");
/// All graphs of all modules in it, with class names as they are.
std::string all_graphs(const torch::jit::Module& module);

}  // namespace actsparse
