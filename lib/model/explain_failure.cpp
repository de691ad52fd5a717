#include "model/explain_failure.h"

#include <sstream>

#include "data/dtypes.h"

namespace actsparse {

std::string input_text(const NamedInput& input) {
  std::ostringstream text;
  text << "input '" << input.name << "' is " << name_of_dtype(input.tensor.scalar_type()) << " "
       << input.tensor.sizes() << ", but the model wants ";
  return text.str();
}

std::string explain_failure(const std::string& cause, const torch::jit::Module& module,
                            const std::vector<NamedInput>& inputs) {
  const std::string text = explain_dtype(cause, module, inputs);
  return text.empty() ? explain_shape(cause, module, inputs) : text;
}

}  // namespace actsparse
