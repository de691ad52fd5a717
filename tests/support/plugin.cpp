// A library as users have them: an operator and a class of their own.
#include <ATen/core/Tensor.h>
#include <ATen/ops/mul.h>
#include <torch/library.h>

namespace {

at::Tensor twice(const at::Tensor& x) { return at::mul(x, 2); }

struct Scale : torch::CustomClassHolder {
  explicit Scale(double by) : factor(by) {}
  at::Tensor apply(at::Tensor x) { return at::mul(x, factor); }
  double factor;
};

}  // namespace

// Taken for actsparse's engine, it is one of another version (app/engine.h).
extern "C" {
extern const char* const actsparse_engine[];
const char* const actsparse_engine[] = {"0.0.0", nullptr};
}

TORCH_LIBRARY(plugin, library) {
  library.def("twice(Tensor x) -> Tensor", twice);
  library.class_<Scale>("Scale")
      .def(torch::init<double>())
      .def("apply", &Scale::apply)
      .def_pickle([](const c10::intrusive_ptr<Scale>& scale) { return scale->factor; },
                  [](double factor) { return c10::make_intrusive<Scale>(factor); });
}
