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

Value<std::vector<FunctionFile>> function_files() {
  const Form form = {{{"type", "array"}, {"items", text("file", "").schema}}, "list of files"};
  return value<std::vector<FunctionFile>>(form, [](const JsonNode& node) {
    std::vector<FunctionFile> files;
    for (const auto& item : node.list("a list of TorchScript source files"))
      files.push_back({item.file(), item.text()});
    return files;
  });
}

const char* const some_layers = "a list with at least one layer entry";

Value<std::vector<LayerSelector>> layers() {
  const auto layer = value<LayerSelector>({reference_to("layer"), "object"}, read_layer);
  return list_of(layer, "list of objects", some_layers);
}

// What is read before all else, or not at all.
Field<Config> read_elsewhere(const std::string& key, const Form& form, const std::string& meaning,
                             const std::string& by_default) {
  return field<Config>(
      key, [](const JsonNode&, Config&) {}, form, meaning, otherwise(by_default));
}

Field<ModelConfig> model_path() {
  const auto read = [](const JsonNode& node, ModelConfig& model) {
    model.path = node.file();
    model.written_path = node.text();
  };
  return field<ModelConfig>("path", read, text("file", ""), "the TorchScript file",
                            needed("the path of a TorchScript file"));
}

Schema layers_or_preset() {
  const auto has = [](const char* key) { return Schema{{"required", Schema::array({key})}}; };
  return any_of({has("layers"), has("preset"), {{"not", has("defaults")}}});
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
  top.expect_keys(keys_of(config_object().fields));
  apply_preset(config.effective, source);
  read_object(top, config_object(), config);
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

const Object<ModelConfig>& model_object() {
  using Model = ModelConfig;
  static const Object<Model> object = {
      "model",
      "the model, and how it is run",
      {model_path(),
       field("method", &Model::method, text("string", "a method"), "the method that is run"),
       field("mode", &Model::mode, one_of({"eval", "train"}),
             "the mode the model is put in before it is run")}};
  return object;
}

const Object<CheckpointConfig>& checkpoint_object() {
  using Checkpoint = CheckpointConfig;
  static const Object<Checkpoint> object = {
      "checkpoint",
      "when `run` and `calibrate` write down how far they have come, so that `--resume` goes on "
      "from there: whichever comes first",
      {field("batches", &Checkpoint::batches, integer({1}), "every so many batches",
             otherwise("not by this")),
       field("seconds", &Checkpoint::seconds, positive_number(), "after so many seconds",
             otherwise("not by this")),
       field("path", &Checkpoint::path, output_file(), "the checkpoint file",
             otherwise("the state's name, else the model's or the report's, and `.checkpoint`"))}};
  return object;
}

const Object<RunConfig>& run_object() {
  using Run = RunConfig;
  static const Object<Run> object = {
      "run",
      "how the calibration is run",
      {field("seed", &Run::seed, seed(),
             "seeds LibTorch's generator before every batch, with `seed` + the batch's number"),
       field("precision", &Run::precision, one_of({"exact", "fast"}),
             "`exact`: the model's own operators, bit for bit. `fast`: an optimized clone, cut to "
             "what the layers need, if the first batch's statistics agree"),
       field("tolerance", &Run::tolerance, positive_number(),
             "with `fast`: how far the statistics of the first batch may differ, relative to the "
             "layer's largest"),
       field("checkpoint", &Run::checkpoint, object_of(checkpoint_object()),
             "when to write a checkpoint, below. See [reliability.md](reliability.md)",
             otherwise("none"))}};
  return object;
}

const Object<Config>& config_object() {
  static const Object<Config> object = {
      "config",
      "what a run of actsparse is asked to do",
      {field<Config>(
           "$schema", [](const JsonNode& node, Config&) { node.text(); }, text("string", ""),
           "for editors; not used"),
       read_elsewhere("version", {{{"const", config_version}}, "1"},
                      "the version of the config format", "1"),
       read_elsewhere("preset", one_of({"channels", "reference"}),
                      "settings that go together, below",
                      "`\"channels\"` if there are neither `defaults` nor `layers`"),
       field("model", &Config::model, object_of(model_object()), "the model, and how it is run",
             needed("an object with the model's 'path'")),
       field("data", &Config::data, data_value(), "the calibration data",
             needed("an object with 'inputs' or 'batches'")),
       field("functions", &Config::functions, function_files(),
             "TorchScript source files with functions of your own", otherwise("none")),
       field("defaults", &Config::defaults, object_of(settings_object()),
             "settings that hold for all layers", otherwise("none")),
       field("layers", &Config::layers, layers(),
             "which layers are masked; where two entries select one layer, the later one counts",
             {some_layers, "required without a preset"}),
       field("run", &Config::run, object_of(run_object()), "how the calibration is run",
             otherwise("as below")),
       field("repair", &Config::repair, repair_value(),
             "what is done so that the masked model keeps its answers", otherwise("`\"none\"`")),
       field("search", &Config::search,
             value<SearchConfig>({reference_to("search"), "object"}, read_search),
             "what `sensitivity` tries, and under which bounds `search` looks for a model",
             otherwise("as below")),
       field("evaluate", &Config::evaluate,
             value<EvaluateConfig>({reference_to("evaluate"), "object"}, read_evaluate),
             "what the masked model is judged by", otherwise("none")),
       field("output", &Config::output, object_of(output_object()), "the files to write",
             otherwise("none"))},
      layers_or_preset()};
  return object;
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
