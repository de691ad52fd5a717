#include "model/glob.h"

#include <random>

#include "support/catch.h"

using namespace actsparse;

namespace {

// Plainly right and slow: tries every length that a star can have.
bool naive(const char* pattern, const char* name) {
  if (*pattern == '\0') return *name == '\0';
  if (*pattern != '*')
    return *name != '\0' && (*pattern == *name || (*pattern == '?' && *name != '.')) &&
           naive(pattern + 1, name + 1);
  const bool crosses_dots = pattern[1] == '*';
  const char* rest = pattern + (crosses_dots ? 2 : 1);
  for (;; ++name) {
    if (naive(rest, name)) return true;
    if (*name == '\0' || (*name == '.' && !crosses_dots)) return false;
  }
}

std::string drawn(std::mt19937& generator, const std::string& alphabet, size_t most) {
  std::string text;
  for (size_t n = generator() % (most + 1); n > 0; --n)
    text += alphabet[generator() % alphabet.size()];
  return text;
}

}  // namespace

TEST_CASE("stars stay within a name part, double stars cross dots", "[model]") {
  CHECK(glob_matches("encoder.*.fc?", "encoder.0.fc1"));
  CHECK_FALSE(glob_matches("encoder.*.fc?", "encoder.0.1.fc1"));
  CHECK_FALSE(glob_matches("encoder.*.fc?", "encoder.0.fc"));
  CHECK(glob_matches("encoder.**.fc?", "encoder.0.1.fc1"));
  CHECK(glob_matches("**", ""));
  CHECK(glob_matches("**", "a.b.c"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*", "a"));
  CHECK_FALSE(glob_matches("*", "a.b"));
  CHECK_FALSE(glob_matches("?", "."));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK_FALSE(glob_matches("fc", "fc1"));
  CHECK_FALSE(glob_matches("a.c", "abc"));
}

TEST_CASE("globs match what a naive matcher matches", "[model]") {
  std::mt19937 generator(7);
  int matched = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string pattern = drawn(generator, "ab.?**", 6), name = drawn(generator, "aab.", 7);
    const bool expected = naive(pattern.c_str(), name.c_str());
    matched += expected ? 1 : 0;
    INFO("'" << pattern << "' and '" << name << "'");
    REQUIRE(glob_matches(pattern, name) == expected);
  }
  CHECK(matched > 1000);
}

TEST_CASE("no pattern is slow", "[model]") {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "**a";
  CHECK_FALSE(glob_matches(pattern + "b", std::string(200, 'a')));
}
