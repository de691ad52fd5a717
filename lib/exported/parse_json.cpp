#include "exported/parse_json.h"

#include <cctype>
#include <stdexcept>

namespace actsparse::exported {
namespace {

constexpr int most_levels = 256;

// Walks over JSON's text; what stands in strings is left alone.
class Scanner {
 public:
  explicit Scanner(const std::string& text) : text_(text) { out_.reserve(text.size()); }

  std::string plain() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return copy_string();
    if (c == '-' || c == 'I' || c == 'N') {
      for (const char* word : {"-Infinity", "Infinity", "NaN"})
        if (text_.compare(at_, std::char_traits<char>::length(word), word) == 0) return quote(word);
    }
    if (c == '{' || c == '[') {
      if (++levels_ > most_levels) throw std::runtime_error("its JSON is nested too deeply");
    } else if (c == '}' || c == ']') {
      --levels_;
    }
    out_ += c;
    ++at_;
  }

  void copy_string() {
    const size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
    out_.append(text_, begin, at_ - begin);
  }

  void quote(const std::string& word) {
    out_ += '"' + word + '"';
    at_ += word.size();
  }

  const std::string& text_;
  std::string out_;
  size_t at_ = 0;
  int levels_ = 0;
};

}  // namespace

nlohmann::json parse_json(const std::string& text) try {
  return nlohmann::json::parse(Scanner(text).plain());
} catch (const nlohmann::json::exception& error) {
  throw std::runtime_error(std::string("its JSON is damaged: ") + error.what());
}

}  // namespace actsparse::exported
