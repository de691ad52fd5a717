#include "model/load_library.h"

#include <dlfcn.h>

#include <exception>

#include "base/error.h"

namespace actsparse {

void load_library(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& reason) {
    throw Error(ErrorKind::Usage, "--load-library " + path.string() + ": " + first_line(reason));
  };
  // The loader looks for a name without a slash in the system's folders alone.
  const auto file = std::filesystem::exists(path) ? std::filesystem::absolute(path) : path;
  try {
    if (::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) fail(::dlerror());
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // registering failed: the same operator twice
    fail(error.what());
  }
}

}  // namespace actsparse
