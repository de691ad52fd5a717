#include "config/json_node.h"

#include <algorithm>

#include "base/nearest.h"
#include "config/messages.h"

namespace actsparse {
namespace {

std::string in_words(const IntegerRange& range) {
  const IntegerRange all;
  const bool bounded_below = range.least != all.least, bounded_above = range.most != all.most;
  if (bounded_below && bounded_above)
    return "an integer from " + std::to_string(range.least) + " to " + std::to_string(range.most);
  return bounded_below ? "an integer >= " + std::to_string(range.least) : "an integer";
}

// nlohmann keeps integers beyond int64 as unsigned.
bool fits_int64(const nlohmann::json& value) {
  constexpr auto most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  return value.is_number_integer() && !(value.is_number_unsigned() && value.get<uint64_t>() > most);
}

}  // namespace

bool JsonNode::boolean() const {
  if (!value_->is_boolean()) fail("true or false");
  return value_->get<bool>();
}

int64_t JsonNode::integer(const IntegerRange& range) const {
  if (fits_int64(*value_)) {
    const auto number = value_->get<int64_t>();
    if (range.least <= number && number <= range.most) return number;
  }
  fail(in_words(range) + range.or_else);
}

uint64_t JsonNode::seed() const {
  const bool negative =
      value_->is_number_integer() && !value_->is_number_unsigned() && value_->get<int64_t>() < 0;
  if (!value_->is_number_integer() || negative) fail("an integer from 0 to 2^64-1");
  return value_->get<uint64_t>();
}

std::string JsonNode::text(const std::string& allowed) const {
  if (!value_->is_string()) fail(allowed);
  const auto& text = value_->get_ref<const std::string&>();
  if (text.empty() || text.find('\0') != std::string::npos) fail(allowed);
  return text;
}

std::string JsonNode::one_of(const Names& names) const {
  const std::string name = value_->is_string() ? value_->get<std::string>() : "";
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  fail(quoted_list(names), did_you_mean(name, names));
}

std::vector<JsonNode> JsonNode::list(const std::string& allowed) const {
  if (!value_->is_array()) fail(allowed);
  std::vector<JsonNode> items;
  for (const auto& item : *value_)
    items.emplace_back(item, *source_, child_path(path_, items.size()));
  return items;
}

std::vector<JsonNode> JsonNode::filled_list(const std::string& allowed) const {
  auto items = list(allowed);
  if (items.empty()) fail(allowed);
  return items;
}

std::filesystem::path JsonNode::file() const {
  return (source_->base / text("a path")).lexically_normal();
}

std::filesystem::path JsonNode::output_file() const {
  const auto path = (source_->outputs / text("a path")).lexically_normal();
  if (!path.has_filename()) fail("a file, not a folder");
  return path;
}

double JsonNode::number() const {
  if (!value_->is_number()) fail("a number");
  return value_->get<double>();
}

double JsonNode::positive_number() const {
  if (!value_->is_number() || value_->get<double>() <= 0) fail("a number > 0");
  return value_->get<double>();
}

void JsonNode::expect_object(const std::string& allowed) const {
  if (!value_->is_object()) fail(allowed);
}

void JsonNode::expect_keys(const Names& known) const {
  expect_object();
  for (const auto& [key, value] : value_->items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      JsonNode(value, *source_, child_path(path_, key))
          .fail_found("an unknown key", quoted_list(known), did_you_mean(key, known));
}

std::optional<JsonNode> JsonNode::find(const std::string& key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) return std::nullopt;
  return JsonNode(*found, *source_, child_path(path_, key));
}

void JsonNode::miss(const std::string& key, const std::string& allowed) const {
  const std::string place = child_path(path_, key);
  if (source_->missing == nullptr) reject(source_->label, place, "nothing", allowed);
  source_->missing->emplace_back(place, allowed);
}

void JsonNode::fail(const std::string& allowed, const std::string& hint) const {
  fail_found(describe(*value_), allowed, hint);
}

void JsonNode::fail_found(const std::string& found, const std::string& allowed,
                          const std::string& hint) const {
  reject(source_->label, path_, found, allowed, hint);
}

}  // namespace actsparse
