// The files to write.
#include "config/sections.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

Field<OutputConfig> output_field(const std::string& key, fs::path OutputConfig::*path) {
  return {key, [path](const JsonNode& node, OutputConfig& output) {
            if (!node.json().is_null()) output.*path = node.output_file();
          }};
}

// A file, or an object with its path and how to make it.
void read_compact(const JsonNode& node, OutputConfig& output) {
  if (node.json().is_object()) return read_fields(node, compact_fields(), output);
  if (!node.json().is_null()) output.compact = node.output_file();
}

}  // namespace

const Fields<OutputConfig>& compact_fields() {
  static const Fields<OutputConfig> fields = {
      {"path",
       [](const JsonNode& node, OutputConfig& output) { output.compact = node.output_file(); },
       "a path"},
      {"tolerance",
       [](const JsonNode& node, OutputConfig& output) {
         output.compact_options.tolerance = node.positive_number();
       }},
      {"gather",
       [](const JsonNode& node, OutputConfig& output) {
         output.compact_options.gather = node.one_of({"auto", "off", "always"});
       }},
      {"keep_modules",
       [](const JsonNode& node, OutputConfig& output) {
         output.compact_options.keep_modules = node.boolean();
       }},
  };
  return fields;
}

const Fields<OutputConfig>& output_fields() {
  static const Fields<OutputConfig> fields = {
      output_field("model", &OutputConfig::model),   output_field("state", &OutputConfig::state),
      output_field("report", &OutputConfig::report), {"compact", read_compact},
      output_field("html", &OutputConfig::html),     output_field("config", &OutputConfig::config),
      output_field("curve", &OutputConfig::curve),
  };
  return fields;
}

std::vector<std::pair<std::string, fs::path*>> output_files(OutputConfig& output) {
  return {{"model", &output.model},
          {"state", &output.state},
          {"report", &output.report},
          {"compact", &output.compact},
          {"html", &output.html}};
}

std::vector<std::pair<std::string, fs::path*>> search_files(OutputConfig& output) {
  return {{"config", &output.config}, {"curve", &output.curve}};
}

std::vector<std::pair<std::string, fs::path>> output_files(const OutputConfig& output) {
  OutputConfig copy = output;
  std::vector<std::pair<std::string, fs::path>> files;
  for (const auto& [key, path] : output_files(copy))
    if (!path->empty()) files.emplace_back(key, *path);
  return files;
}

}  // namespace actsparse
