#include "base/error.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace actsparse {
namespace {

// Messages quote names out of files, which may hold line feeds or what a terminal obeys.
std::string one_line(const std::string& text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte != 0x7f)
      line += c;
    else
      line += std::string("\\x") + digits[byte / 16] + digits[byte % 16];
  }
  return line;
}

}  // namespace

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(one_line(message)), kind_(kind) {}

Error Error::in(const std::string& where) const {
  return Error(kind_, where + ": " + what()).with_details(details_);
}

Error Error::with_details(std::string details) const {
  Error copy = *this;
  copy.details_ = std::move(details);
  return copy;
}

std::string layer_text(const std::string& name) {
  return name.empty() ? "layer '' (the root)" : "layer '" + name + "'";
}

namespace {

void remove_prefix(std::string& text, const std::string& prefix) {
  if (text.rfind(prefix, 0) == 0) text.erase(0, prefix.size());
}

// What the interpreter puts before the message: these lines, and indented source after them.
bool starts_traceback(const std::string& line) {
  return line.rfind("Traceback of TorchScript", 0) == 0 ||
         line.rfind("The following operation failed in the TorchScript interpreter", 0) == 0;
}

// LibTorch's checks put "[enforce fail at file.cc:123] . " first.
void remove_source_place(std::string& line) {
  const auto end = line.find("] ");
  if (line.rfind("[enforce fail at ", 0) != 0 || end == std::string::npos) return;
  line.erase(0, end + 2);
  remove_prefix(line, ". ");
}

// "1200" of "... you tried to allocate 1200 bytes ..."; empty if it is about something else.
std::string refused_bytes(const std::string& line) {
  const std::string start = "can't allocate memory: you tried to allocate ";
  const auto at = line.find(start);
  if (at == std::string::npos) return "";
  const auto begin = at + start.size();
  return line.substr(begin, line.find(' ', begin) - begin);
}

}  // namespace

std::string first_line(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  bool in_traceback = false;
  while (std::getline(lines, line) && line.rfind("Exception raised from", 0) != 0) {
    const auto begin = line.find_first_not_of(" \r\t");
    in_traceback = in_traceback || starts_traceback(line);
    if (begin == std::string::npos || starts_traceback(line) || (in_traceback && begin > 0))
      continue;
    line.erase(std::min(line.find(" (Exception raised from"), line.find_last_not_of(" \r\t") + 1));
    line.erase(0, begin);
    remove_source_place(line);
    remove_prefix(line, "RuntimeError: ");
    const auto refused = refused_bytes(line);
    return refused.empty() ? line
                           : "out of memory: " + refused +
                                 " more bytes were refused; a smaller data.batch_size takes less";
  }
  return "no message";
}

}  // namespace actsparse
