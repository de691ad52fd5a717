#include "report/function_list.h"

#include <sstream>

#include "support/catch.h"

namespace actsparse {
namespace {

FunctionList sample_list() {
  FunctionInfo mean;
  mean.name = "mean";
  mean.kinds = {FunctionKind::Reduce, FunctionKind::Mask};
  mean.description = "the mean";
  mean.source = "built-in";
  Parameter dim;
  dim.name = "dim";
  dim.type = "list of int";
  dim.required = true;
  Parameter keepdim;
  keepdim.name = "keepdim";
  keepdim.type = "bool";
  keepdim.default_value = false;
  keepdim.allowed = "true or false";
  mean.parameters = {dim, keepdim};
  return {{mean}};
}

}  // namespace

TEST_CASE("Functions are listed by the first kind they serve as", "[report]") {
  std::ostringstream out;
  print_text(sample_list(), out);
  const std::string text = out.str();
  CHECK(contains(text,
                 "  mean: the mean\n"
                 "      dim (list of int, required)\n"
                 "      keepdim (bool, default false)  true or false\n"));
  CHECK(text.find("mean: ") == text.rfind("mean: "));
  CHECK(text.find(to_string(FunctionKind::Reduce)) < text.find("mean: "));
}

TEST_CASE("The document of the functions has all that is known of them", "[report]") {
  const auto document = to_json(sample_list());
  CHECK(document["version"] == 1);
  const auto& mean = document["functions"].at(0);
  CHECK(mean["kinds"].size() == 2);
  CHECK(mean["source"] == "built-in");
  CHECK(mean["parameters"][0]["required"] == true);
  CHECK(mean["parameters"][1]["default"] == false);
}

}  // namespace actsparse
