#include "base/error.h"

#include <utility>

namespace actsparse {

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(message), kind_(kind) {}

Error Error::in(const std::string& where) const {
  return Error(kind_, where + ": " + what()).with_details(details_);
}

Error Error::with_details(std::string details) const {
  Error copy = *this;
  copy.details_ = std::move(details);
  return copy;
}

std::string first_line(const std::string& text) {
  const auto begin = text.find_first_not_of(" \n\r\t");
  if (begin == std::string::npos) return "no message";
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  const auto trace = line.find(" (Exception raised from");
  if (trace != std::string::npos) line.resize(trace);
  return line;
}

}  // namespace actsparse
