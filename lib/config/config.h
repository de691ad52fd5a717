#pragma once
// What a run is asked to do: one struct per stage, filled from JSON (docs/config.md). No
// torch here. Every "path" below names a place in the JSON the way --set does:
// "layers.0.sparse_config.sparsity_level".
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/data_config.h"
#include "config/evaluate_config.h"
#include "config/function_config.h"
#include "config/repair_config.h"
#include "config/search_config.h"

namespace actsparse {

/// Which layers decide together what channels are masked, and how.
struct AlignConfig {
  std::string name = "none";   ///< "none"; "value": layers that read the same value; "group": all
                               ///< channels that can only be removed together
  std::string score = "mean";  ///< of a channel over the layers that read it, or "max", "sum"
  int64_t round_to = 1;        ///< channels are kept in multiples of it, >= 1
  int64_t min_channels = 1;    ///< kept at least of each set, >= 1
  bool is_on() const { return name != "none"; }
};
bool operator==(const AlignConfig& a, const AlignConfig& b);

/// A key of `defaults` or of a layer entry: absent, null (nullopt inside), or a value. null
/// overrides a default too.
template <class T>
using Setting = std::optional<std::optional<T>>;

/// What can be set in `defaults` and overridden key by key in a layer entry.
struct LayerSettings {
  Setting<FunctionConfig> aggregate_fn;  ///< combines what enters the layer, call by call
  Setting<FunctionConfig> reduce_fn;     ///< from the aggregate to the tensor that is ranked
  Setting<FunctionConfig> mask_fn;       ///< from the reduced tensor to the mask
  Setting<nlohmann::json>
      sparse_config;  ///< object: keyword arguments of mask_fn; merges key by key
  Setting<std::vector<int64_t>>
      features;  ///< indices along feature_dim that are masked; null: the whole input
  Setting<int64_t> feature_dim;  ///< needed with features; negative counts from the last dimension
  Setting<AlignConfig> align;    ///< null: "none"
  Setting<bool> dynamic;  ///< stands for the parameter `dynamic` of mask_fn, and goes before it
};

/// Settings of one layer once defaults and overrides are merged; nullopt = null or never given.
struct MergedSettings {
  std::optional<FunctionConfig> aggregate_fn, reduce_fn, mask_fn;
  nlohmann::json sparse_config = nlohmann::json::object();
  std::optional<std::vector<int64_t>> features;
  std::optional<int64_t> feature_dim;
  AlignConfig align;
};

/// `layer` over `defaults`: key by key, null overrides, sparse_config merged key by key; a key of
/// sparse_config that ends up null is left out, so that a layer can drop a default one.
MergedSettings merge(const LayerSettings& defaults, const LayerSettings& layer);

/// An entry of `layers`: which layers, and what differs from the defaults. Exactly one of name,
/// match, type is set.
struct LayerSelector {
  std::optional<std::string> name;  ///< exact FQN; "" is the root
  std::optional<std::string>
      match;  ///< glob over FQNs: * within one name part, ** across dots, ? one character
  /// Class names ("Conv2d", or a glob: "Conv?d") or whole qualified names; empty: not given.
  std::vector<std::string> types;
  std::vector<std::string> exclude;  ///< globs over FQNs taken out again
  bool inner = false;  ///< the first and the last layer that it selects, in the model's order, are
                       ///< left out
  std::optional<std::variant<int64_t, std::string>>
      input;  ///< argument observed and masked: position (0 = first after self) or name; absent:
              ///< the first that holds activations
  bool optional = false;  ///< matching nothing, or a layer never called, is a warning, not an error
  LayerSettings settings;
  std::string path;  ///< "layers.3"
};

struct ModelConfig {
  std::filesystem::path
      path;  ///< TorchScript file; made absolute by resolving against the config's folder
  std::string written_path;        ///< as it stands in the config: what reports show (no path of a
                                   ///< machine in outputs)
  std::string method = "forward";  ///< the method that is run
  std::string mode = "eval";       ///< "eval" or "train"
};

/// When a calibration writes down how far it has come: after so many batches, or seconds, whichever
/// comes first; 0: not by this measure. Empty path: beside the outputs.
struct CheckpointConfig {
  int64_t batches = 0;
  double seconds = 0;
  std::filesystem::path path;
};

struct RunConfig {
  uint64_t seed = 0;  ///< seeds LibTorch's generator before every batch (seed + batch index)
  std::string precision = "exact";  ///< "exact": the model's own operators, bit for bit; "fast": an
                                    ///< optimized clone, if the first batch's statistics agree
  double tolerance = 1e-3;          ///< how far they may differ, relative; > 0
  CheckpointConfig checkpoint;
};

/// How a masked model is made smaller.
struct CompactOptions {
  double tolerance = 1e-5;      ///< largest relative difference to the masked model, >= 0
  std::string gather = "auto";  ///< "off", "always": whether a layer that needs fewer channels than
                                ///< others may pick its own by an index_select
  bool keep_modules = true;     ///< slice the layers' tensors in place instead of one flat graph
};

/// Empty path: not written. Made absolute like ModelConfig::path; see redirect_outputs for
/// --output-dir.
struct OutputConfig {
  std::filesystem::path model, state, report;
  std::filesystem::path compact;  ///< the masked model without its masked channels
  std::filesystem::path html;     ///< the report as a page
  std::filesystem::path config,
      curve;  ///< of a search: what it has found, and all that it has tried
  CompactOptions compact_options;
};

/// What a run writes, each with its key in the config: "model", to be changed.
std::vector<std::pair<std::string, std::filesystem::path*>> output_files(OutputConfig& output);
/// Those that only a search writes.
std::vector<std::pair<std::string, std::filesystem::path*>> search_files(OutputConfig& output);
/// Of what a run writes those that are to be written.
std::vector<std::pair<std::string, std::filesystem::path>> output_files(const OutputConfig& output);

/// An extra TorchScript source file with functions of the user's.
struct FunctionFile {
  std::filesystem::path path;
  std::string written_path;
};

struct Config {
  ModelConfig model;
  DataConfig data;
  std::vector<FunctionFile> functions;
  LayerSettings defaults;
  std::vector<LayerSelector> layers;  ///< at least one
  RunConfig run;
  RepairConfig repair;
  SearchConfig search;
  std::optional<EvaluateConfig> evaluate;
  OutputConfig output;
  std::filesystem::path file;  ///< the config file, absolute; empty if parsed from text
  nlohmann::json
      effective;  ///< the JSON after --set, as parsed: what reports and digests are made of
};

/// One `--set PATH=VALUE`: VALUE is JSON if it parses as JSON, else a bare string.
struct Override {
  std::string path;
  std::string value;
};
/// Splits "PATH=VALUE"; throws Error(Usage).
Override parse_override(const std::string& text);

/// Reads and validates the whole config; nothing but the config file is opened. Throws
/// Error(Config): the message names the file, the JSON path, what was found, what is allowed, and
/// the nearest known name. A file that cannot be read is Error(Config) too.
Config load_config(const std::filesystem::path& file, const std::vector<Override>& overrides = {});

/// The same from text; relative paths are resolved against `base`; `label` names the text in
/// messages.
Config parse_config(const std::string& text, const std::filesystem::path& base,
                    const std::string& label, const std::vector<Override>& overrides = {});

/// --output-dir: moves the outputs (and a checkpoint's path) into `folder` under their own file
/// names. Throws Error(Config) if an output would then be another output, or a file the config
/// reads.
void redirect_outputs(Config& config, const std::filesystem::path& folder);

/// Throws Error(Config) if `path`, an output given on the command line as `name` ("--state"), is a
/// file the config reads: the model, data, a functions file, or the config itself.
void check_output_path(const Config& config, const std::filesystem::path& path,
                       const std::string& name);

/// LayerSettings <-> JSON, for state files. from_json validates like parse_config; `path` prefixes
/// its messages.
LayerSettings layer_settings_from_json(const nlohmann::json& json, const std::string& path);
nlohmann::json to_json(const MergedSettings& settings);
/// `name` alone if there are no parameters, else the object form.
nlohmann::json to_json(const FunctionConfig& function);

}  // namespace actsparse
