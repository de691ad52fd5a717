#pragma once
// The sections of the config, one source file each. Inside this room and its tests only.
#include <map>

#include "config/config.h"
#include "config/fields.h"
#include "config/json_node.h"

namespace actsparse {

const Object<Config>& config_object();
const Object<ModelConfig>& model_object();
const Object<DataConfig>& data_object();
const Object<RandomInput>& random_object();
const Object<ImageInput>& image_object();
const Object<LayerSettings>& settings_object();
const Object<AlignConfig>& align_object();
const Object<LayerSelector>& layer_object();
const Object<RunConfig>& run_object();
const Object<CheckpointConfig>& checkpoint_object();
const Object<EvaluateConfig>& evaluate_object();
const Object<LabelsConfig>& labels_object();
const Object<RepairConfig>& repair_object();
const Object<AugmentConfig>& augment_object();
const Object<TuneConfig>& tune_object();
const Object<GateConfig>& gate_object();
const Object<SearchConfig>& search_object();
const Object<OutputConfig>& output_object();
const Object<OutputConfig>& compact_object();  ///< output.compact as an object

/// Keys of objects that are read by hand: those of an entry of data.inputs, of all its kinds; of
/// the search's budget that are no metrics; the one fixed key of a function's object form.
const Properties& input_properties();
const Properties& budget_properties();
const Properties& function_properties();
Schema input_rules();

/// Which layers an entry of `layers` selects: its keys but the settings.
Fields<LayerSelector> selector_fields();

/// Which file; what becomes of its samples; and what the schema says of keys that depend on each
/// other.
const Fields<FileInput>& file_fields();
const Fields<FileInput>& conversion_fields();
Schema member_rule();
Schema conversion_rule();

Value<DataConfig> data_value();
Value<RepairConfig> repair_value();
/// A name, or an object with `name` and parameters; `allowed` says so in messages.
Value<FunctionConfig> function_value(const std::string& allowed);
DataConfig read_data(const JsonNode& node);
InputConfig read_input(const JsonNode& node);
ImageInput read_images(const JsonNode& node);
EvaluateConfig read_evaluate(const JsonNode& node);
LabelsConfig read_labels(const JsonNode& node);
GateConfig read_gate(const JsonNode& node, const std::string& metric);
RepairConfig read_repair(const JsonNode& node);
SearchConfig read_search(const JsonNode& node);
FunctionConfig read_function(const JsonNode& node, const std::string& allowed);
/// The names of torch's dtypes.
const Names& dtypes();
Value<std::string> dtype_name();
/// A list of at least one number; those of deviations are greater than 0.
Value<std::vector<double>> channel_numbers();
Value<std::vector<double>> channel_deviations();
/// The meaning of keys that files and images have.
extern const char* const numbers_are_subtracted;
extern const char* const deviations_divide;
extern const char* const list_is_one_per_sample;
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

}  // namespace actsparse
