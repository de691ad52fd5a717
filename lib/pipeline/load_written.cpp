#include "pipeline/load_written.h"

#include "base/error.h"
#include "model/load_model.h"

namespace actsparse {

torch::jit::Module load_written(const AtomicFile& file, const std::string& device) try {
  return load_model(file.temporary(), device);
} catch (const Error& error) {
  std::string message = error.what();
  const std::string temporary = file.temporary().string();
  if (const auto at = message.find(temporary); at != std::string::npos)
    message.replace(at, temporary.size(), file.target().filename().string());
  throw Error(error.kind(), message).with_details(error.details());
}

}  // namespace actsparse
