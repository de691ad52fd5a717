// `data`: where the calibration batches come from.
#include "config/data_formats.h"
#include "config/sections.h"

namespace actsparse {
namespace {

// A file of batches, or a glob of them.
Value<std::string> batch_pattern() {
  const std::string allowed = "a .pt file or a glob";
  const Form form = {{{"type", "string"}, {"pattern", "(\\.pt$)|[*?\\[]"}}, "glob or `.pt` file"};
  return value<std::string>(form, [allowed](const JsonNode& node) {
    auto pattern = node.text(allowed);
    const bool is_glob = pattern.find_first_of("*?[") != std::string::npos;
    if (!is_glob && !is_batch_file(pattern)) node.fail(allowed);
    return pattern;
  });
}

Value<std::vector<std::string>> batch_patterns() {
  return one_or_list_of(batch_pattern(), "glob, or list of globs and `.pt` files",
                        "a glob, or a list of globs and .pt files");
}

Value<std::vector<InputConfig>> inputs() {
  const auto input = value<InputConfig>({reference_to("input"), "object"}, read_input);
  return list_of(input, "list of objects", "a list with one entry per argument of the method");
}

// With `batches` each file is one batch: a batch size would promise what does not happen.
void check_batch_keys(const JsonNode& node) {
  for (const char* key : {"batch_size", "drop_last"})
    if (const auto value = node.find(key))
      value->fail("it only with 'inputs' (each file of 'batches' is one batch)");
}

Schema one_of_inputs_and_batches() {
  const auto required = [](const char* key) { return Schema{{"required", Schema::array({key})}}; };
  auto batches = required("batches");
  batches["not"] = any_of({required("batch_size"), required("drop_last")});
  return {{"oneOf", Schema::array({required("inputs"), batches})}};
}

}  // namespace

const Object<DataConfig>& data_object() {
  using Data = DataConfig;
  static const Object<Data> object = {
      "data",
      "where batches come from",
      {field("inputs", &Data::inputs, inputs(),
             "one entry per argument of the method, cut into batches along dimension 0"),
       field("batches", &Data::batches, batch_patterns(),
             "each file is one batch: a tensor, or a tuple or list of all arguments; files of a "
             "glob are taken in sorted order"),
       field("batch_size", &Data::batch_size, integer({1}),
             "samples per batch; with `inputs` only"),
       field("limit", &Data::limit, or_null(integer({1, IntegerRange().most, " or null"})),
             "at most so many samples; with `batches`: at most so many files",
             otherwise("null: all")),
       field("drop_last", &Data::drop_last, boolean(),
             "leave out a last batch with fewer than `batch_size` samples; with `inputs` only")},
      one_of_inputs_and_batches()};
  return object;
}

Value<DataConfig> data_value() {
  return value<DataConfig>({reference_to("data"), "object"}, read_data);
}

DataConfig read_data(const JsonNode& node) {
  DataConfig data;
  data.base = node.source().base;
  data.path = node.path();
  read_object(node, data_object(), data);
  if (data.inputs.empty() == data.batches.empty())
    node.fail_found(data.inputs.empty() ? "neither of them" : "both of them",
                    "exactly one of 'inputs', 'batches'");
  if (!data.batches.empty()) check_batch_keys(node);
  return data;
}

}  // namespace actsparse
