// The files to write.
#include "config/sections.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

Field<OutputConfig> output_field(const std::string& key, fs::path OutputConfig::*path,
                                 const std::string& meaning) {
  const auto file = or_null(output_file());
  const auto read = [path, read_file = file.read](const JsonNode& node, OutputConfig& output) {
    if (const auto given = read_file(node)) output.*path = *given;
  };
  return field<OutputConfig>(key, read, file, meaning, otherwise("not written"));
}

// A file, or an object with its path and how to make it.
Field<OutputConfig> compact_field() {
  const auto read = [](const JsonNode& node, OutputConfig& output) {
    if (node.json().is_object()) return read_object(node, compact_object(), output);
    if (!node.json().is_null()) output.compact = node.output_file();
  };
  const Form form = {any_of({or_null(output_file()).schema, reference_to("compact")}),
                     "file, object, null"};
  return field<OutputConfig>("compact", read, form,
                             "the small model: the masked one without its masked channels "
                             "([compact.md](compact.md)); as an object, below",
                             otherwise("not written"));
}

}  // namespace

const Object<OutputConfig>& compact_object() {
  using Options = CompactOptions;
  static const Fields<Options> options = {
      field("tolerance", &Options::tolerance, positive_number(),
            "the largest relative difference to the masked model"),
      field("gather", &Options::gather, one_of({"auto", "off", "always"}),
            "whether layers that need fewer channels than others pick their own"),
      field("keep_modules", &Options::keep_modules, boolean(),
            "slice the layers' tensors in place instead of making one flat graph"),
  };
  static const Object<OutputConfig> object = {
      "compact", "how the masked model is made smaller",
      joined({field("path", &OutputConfig::compact, output_file(), "the file", needed("a path"))},
             lifted(&OutputConfig::compact_options, options))};
  return object;
}

const Object<OutputConfig>& output_object() {
  using Output = OutputConfig;
  static const Object<Output> object = {
      "output",
      "the files to write",
      {output_field("model", &Output::model, "the masked model (TorchScript)"),
       output_field("state", &Output::state, "the sparsifier's state"),
       output_field("report", &Output::report, "the report (JSON)"),
       output_field("html", &Output::html,
                    "the report as a page ([report.md](report.md)), with maps of the channels and "
                    "histograms of the activations; of a `search` what was tried and the run of "
                    "what was found"),
       compact_field(),
       output_field("config", &Output::config,
                    "of a `search`: the config it has found, for `run`; other commands do not "
                    "write it"),
       output_field("curve", &Output::curve,
                    "of a `search`: all that it has tried ([files.md](files.md#search))")}};
  return object;
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
