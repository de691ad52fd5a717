#include "report/answer.h"

#include <sstream>

#include "support/catch.h"

namespace actsparse {
namespace {

struct Sum {
  int value = 0;
};
nlohmann::ordered_json to_json(const Sum& sum) { return {{"sum", sum.value}}; }
void print_text(const Sum& sum, std::ostream& out) { out << "the sum is " << sum.value << '\n'; }

std::string printed(const Answer& answer, bool as_json) {
  std::ostringstream out;
  answer.print(out, as_json);
  return out.str();
}

}  // namespace

TEST_CASE("A result is an answer, as text and as one JSON document", "[report]") {
  const Answer answer = Sum{3};
  CHECK(printed(answer, false) == "the sum is 3\n");
  CHECK(printed(answer, true) == "{\n  \"sum\": 3\n}\n");
}

}  // namespace actsparse
