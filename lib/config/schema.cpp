#include "config/schema.h"

#include <cctype>
#include <regex>

#include "config/sections.h"

namespace actsparse {
namespace {

// Markdown's phrase as a sentence: no marks of code, of links their text.
std::string sentence(const std::string& phrase) {
  static const std::regex link(R"(\[([^\]]*)\]\([^)]*\))");
  std::string text = std::regex_replace(phrase, link, "$1");
  text.erase(std::remove(text.begin(), text.end(), '`'), text.end());
  if (phrase.front() != '`') text.front() = static_cast<char>(std::toupper(text.front()));
  return text + ".";
}

// Draft 7 passes over what stands beside a $ref.
Schema schema_of(const Property& property) {
  Schema schema = property.form.schema;
  if (schema.contains("$ref")) schema = {{"allOf", Schema::array({schema})}};
  if (property.default_value) schema["default"] = *property.default_value;
  schema["description"] = sentence(property.meaning);
  return schema;
}

Schema schema_of(const Definition& definition) {
  Schema schema = {{"type", "object"}, {"description", sentence(definition.meaning)}};
  schema["additionalProperties"] = definition.other_keys;
  Schema required = Schema::array();
  for (const auto& property : definition.properties)
    if (property.is_required()) required.push_back(property.key);
  if (!required.empty()) schema["required"] = required;
  for (const auto& [key, rule] : definition.rules.items()) schema[key] = rule;
  schema["properties"] = Schema::object();
  for (const auto& property : definition.properties)
    schema["properties"][property.key] = schema_of(property);
  return schema;
}

template <class T>
Definition define(const Object<T>& object) {
  return {object.name, object.meaning, properties_of(object.fields), object.rules};
}

Schema no_rules() { return Schema::object(); }

std::vector<Definition> make_definitions() {
  return {define(config_object()),
          define(model_object()),
          define(data_object()),
          {"input", "one argument: a file, random numbers, a constant, or images",
           input_properties(), input_rules()},
          define(random_object()),
          define(settings_object()),
          define(layer_object()),
          {"function", "a function and its parameters", function_properties(), no_rules(), true},
          define(align_object()),
          define(run_object()),
          define(checkpoint_object()),
          define(repair_object()),
          define(tune_object()),
          define(augment_object()),
          define(search_object()),
          {"budget",
           "what may remain, and by metric what must hold",
           budget_properties(),
           {{"minProperties", 1}},
           reference_to("gate")},
          define(evaluate_object()),
          define(labels_object()),
          define(gate_object()),
          define(output_object()),
          define(compact_object())};
}

}  // namespace

const std::vector<Definition>& definitions() {
  static const std::vector<Definition> all = make_definitions();
  return all;
}

Schema config_schema() {
  Schema schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "actsparse config"},
                   {"description",
                    "What a run of actsparse is asked to do. docs/config.md explains every key; "
                    "relative paths are resolved against the config file's folder."},
                   {"$ref", "#/definitions/config"}};
  for (const auto& definition : definitions())
    schema["definitions"][definition.name] = schema_of(definition);
  return schema;
}

}  // namespace actsparse
