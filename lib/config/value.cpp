#include "config/value.h"

namespace actsparse {
namespace {

std::string type_of(const IntegerRange& range) {
  const IntegerRange all;
  if (range.least != all.least && range.most != all.most)
    return "integer from " + std::to_string(range.least) + " to " + std::to_string(range.most);
  return range.least != all.least ? "integer >= " + std::to_string(range.least) : "integer";
}

std::string type_of(const NumberRange& range) {
  std::string text = "number";
  const auto add = [&](const char* sign, const std::optional<double>& bound) {
    if (bound)
      text +=
          (text == "number" ? " " : ", ") + std::string(sign) + " " + plain_number(*bound).dump();
  };
  add(">=", range.least);
  add(">", range.above);
  add("<=", range.most);
  add("<", range.below);
  return text;
}

bool holds(const NumberRange& range, double number) {
  return !(range.least && number < *range.least) && !(range.above && number <= *range.above) &&
         !(range.most && number > *range.most) && !(range.below && number >= *range.below);
}

}  // namespace

Value<bool> boolean() {
  return value<bool>({{{"type", "boolean"}}, "true, false"},
                     [](const JsonNode& node) { return node.boolean(); });
}

Value<int64_t> integer(const IntegerRange& range) {
  const IntegerRange all;
  Schema schema = {{"type", "integer"}};
  if (range.least != all.least) schema["minimum"] = range.least;
  if (range.most != all.most) schema["maximum"] = range.most;
  return value<int64_t>({schema, type_of(range)},
                        [range](const JsonNode& node) { return node.integer(range); });
}

Value<uint64_t> seed() {
  const Schema schema = {
      {"type", "integer"}, {"minimum", 0}, {"maximum", std::numeric_limits<uint64_t>::max()}};
  return value<uint64_t>({schema, "0 to 2^64-1"}, [](const JsonNode& node) { return node.seed(); });
}

Value<double> number(const NumberRange& range) {
  Schema schema = {{"type", "number"}};
  if (range.least) schema["minimum"] = plain_number(*range.least);
  if (range.above) schema["exclusiveMinimum"] = plain_number(*range.above);
  if (range.most) schema["maximum"] = plain_number(*range.most);
  if (range.below) schema["exclusiveMaximum"] = plain_number(*range.below);
  return value<double>({schema, type_of(range)}, [range](const JsonNode& node) {
    if (!node.json().is_number() || !holds(range, node.number())) node.fail(range.allowed);
    return node.number();
  });
}

Value<double> positive_number() {
  NumberRange range;
  range.above = 0;
  range.allowed = "a number > 0";
  return number(range);
}

Value<std::string> text(const std::string& type, const std::string& allowed) {
  return value<std::string>({{{"type", "string"}, {"minLength", 1}}, type},
                            [allowed](const JsonNode& node) { return node.text(allowed); });
}

Value<std::string> one_of(const Names& names) {
  std::string type;
  for (const auto& name : names) type += (type.empty() ? "`\"" : ", `\"") + name + "\"`";
  return value<std::string>({{{"enum", names}}, type},
                            [names](const JsonNode& node) { return node.one_of(names); });
}

Value<std::filesystem::path> output_file() {
  const Schema schema = {{"type", "string"}, {"minLength", 1}, {"pattern", "[^/]$"}};
  return value<std::filesystem::path>({schema, "file"},
                                      [](const JsonNode& node) { return node.output_file(); });
}

Schema plain_number(double number) {
  const auto whole = static_cast<int64_t>(number);
  return static_cast<double>(whole) == number ? Schema(whole) : Schema(number);
}

Schema reference_to(const std::string& definition) {
  return {{"$ref", "#/definitions/" + definition}};
}

Schema any_of(const std::vector<Schema>& schemas) { return {{"anyOf", schemas}}; }

}  // namespace actsparse
