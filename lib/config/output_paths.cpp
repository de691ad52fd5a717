// No output may be another output, or a file the config reads.
#include <fnmatch.h>

#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

struct NamedPath {
  std::string name;  ///< in the notation of --set
  fs::path path;
};

struct NamedData {
  std::string name;
  const DataConfig& data;

  std::string input(size_t i) const { return child_path(name + ".inputs", i); }
};

std::vector<NamedData> data_of(const Config& config) {
  std::vector<NamedData> all = {{"data", config.data}};
  if (config.repair.data) all.push_back({"repair.data", *config.repair.data});
  if (config.search.data) all.push_back({"search.data", *config.search.data});
  if (config.evaluate && config.evaluate->data)
    all.push_back({"evaluate.data", *config.evaluate->data});
  return all;
}

std::vector<NamedPath> inputs_of(const Config& config) {
  std::vector<NamedPath> inputs = {{"model.path", config.model.path}};
  if (!config.file.empty()) inputs.push_back({"the config itself", config.file});
  for (const auto& named : data_of(config))
    for (size_t i = 0; i < named.data.inputs.size(); ++i)
      if (const auto* file = std::get_if<FileInput>(&named.data.inputs[i]))
        inputs.push_back({named.input(i) + ".path", file->path});
  if (config.search.labels)
    inputs.push_back({"search.labels.path", config.search.labels->file.path});
  if (config.evaluate && config.evaluate->labels)
    inputs.push_back({"evaluate.labels.path", config.evaluate->labels->file.path});
  for (size_t i = 0; i < config.functions.size(); ++i)
    inputs.push_back({child_path("functions", i), config.functions[i].path});
  return inputs;
}

// Symbolic links and hard links are seen through; a file need not exist.
bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code failed;
  if (fs::weakly_canonical(a, failed) == fs::weakly_canonical(b, failed) && !failed) return true;
  return a == b || fs::equivalent(a, b, failed);
}

[[noreturn]] void reject_shared(const std::string& label, const NamedPath& output,
                                const std::string& whose) {
  reject(label, output.name, describe(output.path.filename().string()) + ", which is " + whose,
         "a file of its own");
}

bool is_matched(const fs::path& path, const std::string& pattern, const fs::path& base) {
  const fs::path glob = fs::path(pattern).lexically_normal();
  const fs::path file = glob.is_absolute() ? path : path.lexically_relative(base);
  return ::fnmatch(glob.c_str(), file.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
}

void check_against_globs(const NamedData& named, const NamedPath& output,
                         const std::string& label) {
  for (const auto& pattern : named.data.batches)
    if (is_matched(output.path, pattern, named.data.base))
      reject_shared(label, output, "one of " + named.name + ".batches (\"" + pattern + "\")");
  for (size_t i = 0; i < named.data.inputs.size(); ++i)
    if (const auto* input = std::get_if<ImageInput>(&named.data.inputs[i]))
      if (is_matched(output.path, input->images, input->base))
        reject_shared(label, output, "one of " + named.input(i) + ".images");
}

void check_against_inputs(const Config& config, const NamedPath& output, const std::string& label) {
  for (const auto& input : inputs_of(config))
    if (same_file(output.path, input.path))
      reject_shared(label, output, "the same file as " + input.name);
  for (const auto& named : data_of(config)) check_against_globs(named, output, label);
}

std::vector<NamedPath> outputs_of(const Config& config) {
  std::vector<NamedPath> outputs;
  for (const auto& [key, path] : output_files(config.output))
    outputs.push_back({"output." + key, path});
  OutputConfig copy = config.output;
  for (const auto& [key, path] : search_files(copy))
    if (!path->empty()) outputs.push_back({"output." + key, *path});
  const auto& checkpoint = config.run.checkpoint.path;
  if (!checkpoint.empty()) outputs.push_back({"run.checkpoint.path", checkpoint});
  return outputs;
}

}  // namespace

void check_outputs(const Config& config, const std::string& label) {
  const auto outputs = outputs_of(config);
  for (size_t i = 0; i < outputs.size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      if (same_file(outputs[i].path, outputs[j].path))
        reject_shared(label, outputs[i], "the same file as " + outputs[j].name);
    check_against_inputs(config, outputs[i], label);
  }
}

void check_output_path(const Config& config, const fs::path& path, const std::string& name) {
  check_against_inputs(config, {name, fs::absolute(path).lexically_normal()}, "");
}

void redirect_outputs(Config& config, const fs::path& folder) {
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  const auto redirect = [&](fs::path& path) {
    if (!path.empty()) path = absolute / path.filename();
  };
  for (const auto& [key, path] : output_files(config.output)) redirect(*path);
  for (const auto& [key, path] : search_files(config.output)) redirect(*path);
  redirect(config.run.checkpoint.path);
  check_outputs(config, "--output-dir");
}

}  // namespace actsparse
