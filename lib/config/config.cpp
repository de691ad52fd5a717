// The whole config: the small sections, and the checks that cross sections.
#include "config/config.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "config/json_reader.h"
#include "config/overrides.h"
#include "config/preset.h"
#include "config/sections.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

constexpr int64_t config_version = 1;

// Before all else: the keys of a newer version would only be called unknown.
void check_version(const JsonNode& top) {
  const auto version = top.find("version");
  if (!version) return;
  if (version->json().is_number_integer() && version->json() > config_version)
    version->fail("1; the config is for a newer actsparse: get that one");
  if (version->json() != config_version) version->fail("1");
}

std::vector<FunctionFile> read_function_files(const JsonNode& node) {
  std::vector<FunctionFile> files;
  for (const auto& item : node.list("a list of TorchScript source files"))
    files.push_back({item.file(), item.text()});
  return files;
}

std::vector<LayerSelector> read_layers(const JsonNode& node) {
  std::vector<LayerSelector> layers;
  for (const auto& item : node.filled_list("a list with at least one layer entry"))
    layers.push_back(read_layer(item));
  return layers;
}

Config parse(const std::string& text, JsonSource source, const fs::path& file,
             const std::vector<Override>& overrides) {
  Config config;
  MissingKeys missing;
  source.missing = &missing;
  config.file = file;
  config.effective = read_json(text, source.label);
  for (const auto& change : overrides)
    apply_override(config.effective, change, source.label, source.outputs, source.base);
  const JsonNode top(config.effective, source);
  top.expect_object();
  check_version(top);
  top.expect_keys(keys_of(config_fields()));
  apply_preset(config.effective, source);
  read_fields(top, config_fields(), config);
  if (!missing.empty()) reject_missing(source.label, missing);
  for (const auto& layer : config.layers) check_merged(source, config.defaults, layer);
  check_outputs(config, source.label);
  return config;
}

std::string read_text(const fs::path& file) {
  const auto unreadable = [&](const std::string& why) {
    return Error(ErrorKind::Config, file.string() + ": the config cannot be read: " + why);
  };
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) throw unreadable("it is a folder; name a JSON file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw unreadable(std::strerror(errno));
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (stream.bad()) throw unreadable(std::strerror(errno));
  return text;
}

fs::path absolute_folder(const fs::path& folder) {
  return fs::absolute(folder.empty() ? fs::path(".") : folder).lexically_normal();
}

}  // namespace

const Fields<ModelConfig>& model_fields() {
  static const Fields<ModelConfig> fields = {
      {"path",
       [](const JsonNode& node, ModelConfig& model) {
         model.path = node.file();
         model.written_path = node.text();
       },
       "the path of a TorchScript file"},
      {"method",
       [](const JsonNode& node, ModelConfig& model) { model.method = node.text("a method"); }},
      {"mode",
       [](const JsonNode& node, ModelConfig& model) {
         model.mode = node.one_of({"eval", "train"});
       }},
  };
  return fields;
}

const Fields<CheckpointConfig>& checkpoint_fields() {
  static const Fields<CheckpointConfig> fields = {
      {"batches", [](const JsonNode& node,
                     CheckpointConfig& checkpoint) { checkpoint.batches = node.integer({1}); }},
      {"seconds",
       [](const JsonNode& node, CheckpointConfig& checkpoint) {
         checkpoint.seconds = node.positive_number();
       }},
      {"path", [](const JsonNode& node,
                  CheckpointConfig& checkpoint) { checkpoint.path = node.output_file(); }},
  };
  return fields;
}

const Fields<RunConfig>& run_fields() {
  static const Fields<RunConfig> fields = {
      {"seed", [](const JsonNode& node, RunConfig& run) { run.seed = node.seed(); }},
      {"precision",
       [](const JsonNode& node, RunConfig& run) {
         run.precision = node.one_of({"exact", "fast"});
       }},
      {"tolerance",
       [](const JsonNode& node, RunConfig& run) { run.tolerance = node.positive_number(); }},
      {"checkpoint",
       [](const JsonNode& node, RunConfig& run) {
         read_fields(node, checkpoint_fields(), run.checkpoint);
       }},
  };
  return fields;
}

const Fields<Config>& config_fields() {
  static const Fields<Config> fields = {
      {"$schema", [](const JsonNode& node, Config&) { node.text(); }},
      {"version", [](const JsonNode&, Config&) { /* see check_version */ }},
      {"preset", [](const JsonNode&, Config&) { /* see apply_preset */ }},
      {"model",
       [](const JsonNode& node, Config& config) {
         read_fields(node, model_fields(), config.model);
       },
       "an object with the model's 'path'"},
      {"data", [](const JsonNode& node, Config& config) { config.data = read_data(node); },
       "an object with 'inputs' or 'batches'"},
      {"functions",
       [](const JsonNode& node, Config& config) { config.functions = read_function_files(node); }},
      {"defaults", [](const JsonNode& node,
                      Config& config) { read_fields(node, settings_fields(), config.defaults); }},
      {"layers", [](const JsonNode& node, Config& config) { config.layers = read_layers(node); },
       "a list with at least one layer entry"},
      {"run",
       [](const JsonNode& node, Config& config) { read_fields(node, run_fields(), config.run); }},
      {"repair", [](const JsonNode& node, Config& config) { config.repair = read_repair(node); }},
      {"search", [](const JsonNode& node, Config& config) { config.search = read_search(node); }},
      {"evaluate",
       [](const JsonNode& node, Config& config) { config.evaluate = read_evaluate(node); }},
      {"output", [](const JsonNode& node,
                    Config& config) { read_fields(node, output_fields(), config.output); }},
  };
  return fields;
}

std::map<std::string, Names> accepted_keys() {
  return {{"config", keys_of(config_fields())},
          {"model", keys_of(model_fields())},
          {"data", keys_of(data_fields())},
          {"input", input_keys()},
          {"random", keys_of(random_fields())},
          {"settings", keys_of(settings_fields())},
          {"align", keys_of(align_fields())},
          {"layer", keys_of(layer_fields())},
          {"function", function_keys()},
          {"run", keys_of(run_fields())},
          {"checkpoint", keys_of(checkpoint_fields())},
          {"repair", keys_of(repair_fields())},
          {"tune", keys_of(tune_fields())},
          {"augment", keys_of(augment_fields())},
          {"search", keys_of(search_fields())},
          {"evaluate", keys_of(evaluate_fields())},
          {"labels", keys_of(labels_fields())},
          {"gate", keys_of(gate_fields())},
          {"output", keys_of(output_fields())},
          {"compact", keys_of(compact_fields())}};
}

Config load_config(const fs::path& file, const std::vector<Override>& overrides) {
  const JsonSource source{file.string(), absolute_folder(file.parent_path()), absolute_folder({})};
  return parse(read_text(file), source, fs::absolute(file).lexically_normal(), overrides);
}

Config parse_config(const std::string& text, const fs::path& base, const std::string& label,
                    const std::vector<Override>& overrides) {
  return parse(text, JsonSource{label, absolute_folder(base)}, {}, overrides);
}

}  // namespace actsparse
