#include <dlfcn.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/memory.h"
#include "base/version.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

fs::path engine_path() {
  std::error_code failed;
  const fs::path binary = fs::read_symlink("/proc/self/exe", failed);
  if (failed)
    throw Error(ErrorKind::Internal, "/proc/self/exe cannot be read: " + failed.message() +
                                         "; actsparse needs /proc to find its parts");
  return (binary.parent_path() / ACTSPARSE_ENGINE).lexically_normal();
}

// What LibTorch's logs would say of connections is in our errors; stderr is for one log. Set before
// the library starts; who sets them himself keeps them.
void quieten_libtorch() {
  ::setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0);
  ::setenv("GLOG_minloglevel", "3", 0);
}

// LibTorch's libraries are mapped whole, and where OpenBLAS is refused memory it asks forever.
void check_address_space() {
  constexpr int64_t kLibTorch = int64_t{1} << 30;
  const int64_t left = memory_left().address_space;
  if (left < kLibTorch)
    throw Error(ErrorKind::Usage, "LibTorch takes " + bytes_text(kLibTorch) +
                                      " of address space, but " + bytes_text(left) +
                                      " are left of the limit that is set: raise it (ulimit -v)");
}

const EngineEntry& open_engine() {
  const fs::path path = engine_path();
  const auto fail = [&](const std::string& what, const std::string& remedy) {
    throw Error(ErrorKind::Usage, path.string() + ": " + what + "; " + remedy);
  };
  const std::string again = "install actsparse again";
  if (std::error_code unseen; !fs::exists(path, unseen))
    fail("is missing, and actsparse cannot work without this part of it",
         "install actsparse whole (its package, or cmake --install), or make a link to the binary "
         "in "
         "place of a copy");
  check_address_space();
  quieten_libtorch();
  // Lazy: binding all functions of LibTorch at once would take 0.07 s. Global: plug-ins of
  // --load-library find its symbols there.
  void* library = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_GLOBAL);
  if (library == nullptr) fail(std::string("cannot be loaded: ") + ::dlerror(), again);
  const auto* entry = static_cast<const EngineEntry*>(::dlsym(library, "actsparse_engine"));
  if (entry == nullptr) fail("is not actsparse's engine", again);
  if (std::string(entry->version) != tool_version())
    fail("is of version " + std::string(entry->version) + ", actsparse of " + tool_version(),
         again);
  return *entry;
}

}  // namespace

void perform(const Request& request, const GlobalOptions& options, const Job& job) {
  open_engine().perform(request, {options, job, spdlog::default_logger(), log_error});
}

}  // namespace actsparse
