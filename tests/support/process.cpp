#include "support/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "support/files.h"

namespace actsparse {
namespace {

[[noreturn]] void become(const std::vector<std::string>& command,
                         const std::filesystem::path& folder, const std::filesystem::path& out,
                         const std::filesystem::path& err) {
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int mode = O_WRONLY | O_CREAT | O_TRUNC;
  if (::chdir(folder.c_str()) == 0 && ::dup2(::open("/dev/null", O_RDONLY), 0) >= 0 &&
      ::dup2(::open(out.c_str(), mode, 0600), 1) >= 0 &&
      ::dup2(::open(err.c_str(), mode, 0600), 2) >= 0)
    ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command,
                          const std::filesystem::path& folder) {
  const TemporaryFolder streams;
  const auto out = streams / "out", err = streams / "err";
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) become(command, folder, out, err);
  int status = 0;
  ::waitpid(child, &status, 0);
  ProcessResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_file(out);
  result.err = read_file(err);
  return result;
}

std::string actsparse_binary() { return ACTSPARSE_BINARY; }

std::string plugin_library() { return ACTSPARSE_PLUGIN; }

ProcessResult run_actsparse(std::vector<std::string> arguments,
                            const std::filesystem::path& folder) {
  arguments.insert(arguments.begin(), actsparse_binary());
  return run_process(arguments, folder);
}

}  // namespace actsparse
