#pragma once
// The one exception type of actsparse. Throw it anywhere, add context on the way up, catch it once
// in main.
#include <stdexcept>
#include <string>

namespace actsparse {

/// Who is at fault. The value is the process's exit code (a contract: see README).
enum class ErrorKind {
  Internal = 1,  ///< a bug in actsparse
  Usage = 2,     ///< wrong command line
  Config = 3,    ///< the config is invalid
  Model =
      4,  ///< model cannot be loaded, rewritten or run; layer unknown, never called, not observable
  Data = 5,      ///< data cannot be read, or does not fit the model
  Function = 6,  ///< a function failed, or its mask does not fit the layer
  State = 7,     ///< state file unreadable, newer, or of another model
  Check = 8,     ///< a check failed: verification, a quality gate
  Output = 9,    ///< an output cannot be written
  Interrupted = 130,
};

/// `what()` is one line: what went wrong, where, and what to do next. Control characters come out as
/// "\x0a".
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message);
  ErrorKind kind() const { return kind_; }
  /// The process's exit code for this error.
  int exit_code() const { return static_cast<int>(kind_); }
  /// The same error with "`where`: " put before its message.
  Error in(const std::string& where) const;
  /// LibTorch's or the system's own words, shown at log level debug only. May span lines, may be
  /// empty.
  const std::string& details() const { return details_; }
  Error with_details(std::string details) const;

 private:
  ErrorKind kind_;
  std::string details_;
};

/// How messages name a layer: "layer 'features.0'"; the root is "layer '' (the root)".
std::string layer_text(const std::string& name);

/// The first line that says something of an exception text of LibTorch: no C++ stack trace, no
/// file:line of its source, no TorchScript traceback.
std::string first_line(const std::string& text);

}  // namespace actsparse
