#pragma once
// The sections of the config, one source file each. Inside this room and its tests only.
#include <map>

#include "config/config.h"
#include "config/fields.h"
#include "config/json_node.h"

namespace actsparse {

const Fields<Config>& config_fields();
const Fields<ModelConfig>& model_fields();
const Fields<DataConfig>& data_fields();
const Fields<FileInput>& file_fields();        ///< which file
const Fields<FileInput>& conversion_fields();  ///< and what becomes of its samples
const Fields<RandomInput>& random_fields();
const Fields<ImageInput>& image_fields();
const Fields<LayerSettings>& settings_fields();
const Fields<AlignConfig>& align_fields();
const Fields<LayerSelector>& layer_fields();
const Fields<RunConfig>& run_fields();
const Fields<CheckpointConfig>& checkpoint_fields();
const Fields<EvaluateConfig>& evaluate_fields();
const Fields<LabelsConfig>& labels_fields();
const Fields<RepairConfig>& repair_fields();
const Fields<AugmentConfig>& augment_fields();
const Fields<TuneConfig>& tune_fields();
const Fields<GateConfig>& gate_fields();
const Fields<SearchConfig>& search_fields();
const Fields<OutputConfig>& output_fields();
const Fields<OutputConfig>& compact_fields();  ///< output.compact as an object
/// The keys of an entry of data.inputs, and the one fixed key of a function's object form.
const Names& input_keys();
const Names& function_keys();

DataConfig read_data(const JsonNode& node);
InputConfig read_input(const JsonNode& node);
ImageInput read_images(const JsonNode& node);
EvaluateConfig read_evaluate(const JsonNode& node);
LabelsConfig read_labels(const JsonNode& node);
GateConfig read_gate(const JsonNode& node, const std::string& metric);
RepairConfig read_repair(const JsonNode& node);
SearchConfig read_search(const JsonNode& node);
/// A name, or an object with `name` and parameters; `allowed` says so in messages.
FunctionConfig read_function(const JsonNode& node, const std::string& allowed);
/// The names of torch's dtypes.
const Names& dtypes();
/// A list of at least one number; those of `std` are greater than 0.
std::vector<double> read_numbers(const JsonNode& node);
std::vector<double> read_deviations(const JsonNode& node);
/// Throws unless the keys of `conversion`, read from the object at `node`, fit each other.
void check_conversion(const JsonNode& node, const Conversion& conversion);
/// Throws unless the format of `input`, read from the object at `node`, has a member if one is
/// named.
void check_member(const JsonNode& node, const FileInput& input);
LayerSelector read_layer(const JsonNode& node);
/// Checks what can only be seen after the merge: all three functions, features with feature_dim.
void check_merged(const JsonSource& source, const LayerSettings& defaults,
                  const LayerSelector& layer);
/// Throws Error(Config) if two outputs are one file, or an output is one of the inputs.
void check_outputs(const Config& config, const std::string& label);

/// All keys the parser accepts, by object: the names are those of the schema's definitions
/// ("config" is the top level).
std::map<std::string, Names> accepted_keys();

}  // namespace actsparse
