// `data`: where the calibration batches come from.
#include "config/data_formats.h"
#include "config/sections.h"

namespace actsparse {
namespace {

std::vector<InputConfig> read_inputs(const JsonNode& node) {
  std::vector<InputConfig> inputs;
  for (const auto& item : node.filled_list("a list with one entry per argument of the method"))
    inputs.push_back(read_input(item));
  return inputs;
}

std::string read_pattern(const JsonNode& node) {
  const std::string allowed = "a .pt file or a glob";
  auto pattern = node.text(allowed);
  const bool is_glob = pattern.find_first_of("*?[") != std::string::npos;
  if (!is_glob && !is_batch_file(pattern)) node.fail(allowed);
  return pattern;
}

std::vector<std::string> read_batches(const JsonNode& node) {
  if (node.json().is_string()) return {read_pattern(node)};
  std::vector<std::string> patterns;
  for (const auto& item : node.filled_list("a glob, or a list of globs and .pt files"))
    patterns.push_back(read_pattern(item));
  return patterns;
}

// With `batches` each file is one batch: a batch size would promise what does not happen.
void check_batch_keys(const JsonNode& node) {
  for (const char* key : {"batch_size", "drop_last"})
    if (const auto value = node.find(key))
      value->fail("it only with 'inputs' (each file of 'batches' is one batch)");
}

}  // namespace

const Fields<DataConfig>& data_fields() {
  static const Fields<DataConfig> fields = {
      {"inputs", [](const JsonNode& node, DataConfig& data) { data.inputs = read_inputs(node); }},
      {"batches",
       [](const JsonNode& node, DataConfig& data) { data.batches = read_batches(node); }},
      {"batch_size",
       [](const JsonNode& node, DataConfig& data) { data.batch_size = node.integer({1}); }},
      {"limit",
       [](const JsonNode& node, DataConfig& data) {
         IntegerRange range{1};
         range.or_else = " or null";
         if (!node.json().is_null()) data.limit = node.integer(range);
       }},
      {"drop_last",
       [](const JsonNode& node, DataConfig& data) { data.drop_last = node.boolean(); }},
  };
  return fields;
}

DataConfig read_data(const JsonNode& node) {
  DataConfig data;
  data.base = node.source().base;
  data.path = node.path();
  read_fields(node, data_fields(), data);
  if (data.inputs.empty() == data.batches.empty())
    node.fail_found(data.inputs.empty() ? "neither of them" : "both of them",
                    "exactly one of 'inputs', 'batches'");
  if (!data.batches.empty()) check_batch_keys(node);
  return data;
}

}  // namespace actsparse
