#include "model/check_source.h"

#include "support/catch.h"

using namespace actsparse;

namespace {

std::string refusal(const std::string& text) {
  try {
    check_source(text);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

std::string with_default(const std::string& value) {
  return "def f(x: Tensor, y: int = " + value + ") -> Tensor:\n  return x\n";
}

std::string repeated(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("Functions and comments pass, with literals as defaults", "[model]") {
  CHECK(refusal("# nothing\n") == "");
  for (const char* value : {"3", "-0.5", "2 ** 8", "1e-3 * (4 - 1) / 7", "\"text\"", "True", "None",
                            "[1, 2]", "[[-1], []]", "(1, 2)"}) {
    INFO(value);
    CHECK(refusal(with_default(value)) == "");
  }
}

TEST_CASE("A default that runs code while it is compiled is refused with its place", "[model]") {
  for (const char* value : {"torch.zeros([1])", "len(\"a\")", "1 if True else 2", "1 // 0", "7 % 2",
                            "[i for i in range(9)]"}) {
    INFO(value);
    const std::string message = refusal(with_default(value));
    CHECK(contains(message, "the default of 'y' is not a number, text or list"));
    CHECK(contains(message, "line 1"));
  }
}

TEST_CASE("Source that would exhaust the stack is refused", "[model]") {
  const auto body = [](const std::string& value) {
    return "def f(x: Tensor) -> Tensor:\n  return " + value + "\n";
  };
  CHECK(refusal(body(repeated("(", 100) + "x" + repeated(")", 100))) == "");
  CHECK(contains(refusal(body(repeated("(", 5000) + "x" + repeated(")", 5000))), "too deeply"));
  CHECK(contains(refusal(body(repeated("x + ", 5000) + "x")), "too long a statement"));
  CHECK(contains(refusal(body(repeated("max(x, x) + ", 5000) + "x")), "too long a statement"));
  CHECK(refusal(body("x * torch.tensor([" + repeated("0.5, ", 5000) + "1.0])")) == "");
  std::string branches = "def f(x: Tensor) -> Tensor:\n  if x.dim() == 0:\n    return x\n";
  branches += repeated("  elif x.dim() == 1:\n    return x\n", 1000) + "  return x\n";
  CHECK(contains(refusal(branches), "too many branches"));
}
