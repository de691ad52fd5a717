#include "data/npy_dict.h"

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>

namespace actsparse {
namespace {

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  NpyDict dict() {
    NpyDict result;
    expect('{');
    while (!take('}')) {
      entry(result);
      if (!take(',') && peek() != '}') fail("',' or '}'");
    }
    if (keys_.size() != 3) fail("the keys 'descr', 'fortran_order' and 'shape'");
    if (peek() != '\0' || at_ != text_.size()) fail("the end of the header");
    return result;
  }

 private:
  void entry(NpyDict& result) {
    const std::string key = string();
    if (!keys_.insert(key).second) fail("each key once");
    expect(':');
    if (key == "descr")
      descr(result);
    else if (key == "fortran_order")
      result.fortran_order = boolean();
    else if (key == "shape")
      result.shape = tuple();
    else
      fail("one of the keys 'descr', 'fortran_order', 'shape'");
  }

  void descr(NpyDict& result) {
    result.structured = peek() == '[';
    if (result.structured)
      skip_list();
    else
      result.descr = string();
  }

  // Fields are refused later, with a better message than a syntax error.
  void skip_list() {
    int64_t depth = 0;
    do {
      const char c = peek();
      if (c == '\0') fail("']'");
      if (c == '\'' || c == '"') {
        string();
        continue;
      }
      depth += c == '[' ? 1 : c == ']' ? -1 : 0;
      ++at_;
    } while (depth > 0);
  }

  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string::npos) fail("a closing quote");
    std::string value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return value;
  }

  bool boolean() {
    peek();
    for (const bool value : {true, false}) {
      const std::string word = value ? "True" : "False";
      if (text_.compare(at_, word.size(), word) != 0) continue;
      at_ += word.size();
      return value;
    }
    fail("True or False");
  }

  std::vector<int64_t> tuple() {
    std::vector<int64_t> values;
    expect('(');
    while (!take(')')) {
      values.push_back(integer());
      const bool comma = take(',');
      if (!comma && (peek() != ')' || values.size() == 1)) fail("',' or ')'");
    }
    return values;
  }

  int64_t integer() {
    if (!digit(peek())) fail("a number >= 0");
    int64_t value = 0;
    for (; at_ < text_.size() && digit(text_[at_]); ++at_) {
      const int64_t next = text_[at_] - '0';
      if (value > (std::numeric_limits<int64_t>::max() - next) / 10) fail("a 64-bit number");
      value = value * 10 + next;
    }
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // a long of Python 2
    return value;
  }

  static bool digit(char c) { return c >= '0' && c <= '9'; }

  // The next character that is no white space; '\0' at the end.
  char peek() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("'") + c + "'");
  }
  [[noreturn]] void fail(const std::string& expected) const {
    throw std::runtime_error("expected " + expected + " at character " + std::to_string(at_));
  }

  const std::string& text_;
  size_t at_ = 0;
  std::set<std::string> keys_;
};

}  // namespace

NpyDict parse_npy_dict(const std::string& text) { return Parser(text).dict(); }

}  // namespace actsparse
