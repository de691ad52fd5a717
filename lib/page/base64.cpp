#include "page/base64.h"

namespace actsparse {
namespace {

unsigned value_of_digit(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

}  // namespace

std::string base64_of_hex(std::string_view digits) {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  unsigned bits = 0, count = 0;
  for (const char digit : digits) {
    bits = bits << 4 | value_of_digit(digit);
    count += 4;
    if (count < 6) continue;
    count -= 6;
    text += kLetters[bits >> count & 63];
  }
  if (count > 0) text += kLetters[bits << (6 - count) & 63];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

}  // namespace actsparse
