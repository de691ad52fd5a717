#include "page/html.h"

#include "base/error.h"

namespace actsparse {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes of the UTF-8 character that starts here; 0 if none does (RFC 3629).
size_t character_size(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool is_long = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool is_none = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return is_long || is_none ? 0 : size;
}

std::string_view escape_of(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
  }
}

// U+0000 to U+001F but for tab and line feed, U+007F, and U+0080 to U+009F.
bool is_control(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F;
  return byte == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const size_t size = character_size(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    const std::string_view escape = escape_of(character[0]);
    if (size == 0 || is_control(character))
      safe += kReplacement;
    else
      safe += escape.empty() ? character : escape;
    text.remove_prefix(character.size());
  }
  return safe;
}

std::string script_json(const ReportJson& document) {
  // ASCII only: U+2028 ends a line in a script. "<" stands in texts alone, where it has an escape.
  std::string safe;
  for (const char letter : document.dump(-1, ' ', true, ReportJson::error_handler_t::replace)) {
    if (letter == '<')
      safe += "\\u003c";
    else if (letter == '>')
      safe += "\\u003e";
    else if (letter == '&')
      safe += "\\u0026";
    else
      safe += letter;
  }
  return safe;
}

std::string element(std::string_view name, std::string_view content, std::string_view attributes) {
  std::string html = "<";
  html.append(name);
  if (!attributes.empty()) html.append(" ").append(attributes);
  return html.append(">").append(content).append("</").append(name).append(">");
}

std::string paragraph(std::string_view text, std::string_view attributes) {
  return element("p", escaped(text), attributes) + "\n";
}

std::string section(std::string_view id, std::string_view title, std::string_view content) {
  if (content.empty()) return "";
  return element("section", "\n" + element("h2", escaped(title)) + "\n" + std::string(content),
                 "id=\"" + escaped(id) + "\"") +
         "\n";
}

std::string filled(std::string_view pattern,
                   const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  std::string html;
  for (size_t begin; (begin = pattern.find("{{")) != std::string_view::npos;) {
    const size_t end = pattern.find("}}", begin);
    const std::string_view name = pattern.substr(begin + 2, end - begin - 2);
    const std::string_view* found = nullptr;
    for (const auto& [known, value] : values)
      if (known == name) found = &value;
    if (found == nullptr)
      throw Error(ErrorKind::Internal, "page.html: nothing is called " + std::string(name));
    html.append(pattern.substr(0, begin)).append(*found);
    pattern.remove_prefix(end + 2);
  }
  return html.append(pattern);
}

}  // namespace actsparse
