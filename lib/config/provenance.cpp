#include "config/provenance.h"

#include "base/digest.h"

namespace actsparse {
namespace {

using nlohmann::ordered_json;

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

std::string text_of(const ordered_json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

}  // namespace

std::string config_digest(const Config& config) {
  auto part = config.effective;
  part.erase("output");
  part.erase("repair");
  part.erase("search");
  part.erase("evaluate");
  if (part.contains("run")) {
    part["run"].erase("checkpoint");
    if (part["run"].empty()) part.erase("run");
  }
  return digest_of(part.dump());
}

ordered_json to_json(const Provenance& provenance) {
  ordered_json functions = ordered_json::array();
  for (const auto& source : provenance.functions)
    functions.push_back({{"file", source.label}, {"sha256", source.digest}});
  return {{"tool_version", provenance.tool_version},
          {"libtorch_version", provenance.libtorch_version},
          {"model",
           {{"path", provenance.model},
            {"sha256", text_or_null(provenance.model_digest)},
            {"method", provenance.method},
            {"mode", provenance.mode}}},
          {"data",
           {{"sha256", text_or_null(provenance.data_digest)},
            {"batches", provenance.batches},
            {"samples", provenance.samples}}},
          {"config",
           {{"sha256", text_or_null(provenance.config_digest)},
            {"step_sha256", text_or_null(provenance.step_config_digest)}}},
          {"functions", functions}};
}

Provenance provenance_from_json(const ordered_json& document) {
  Provenance provenance;
  document.at("tool_version").get_to(provenance.tool_version);
  document.at("libtorch_version").get_to(provenance.libtorch_version);
  const ordered_json& model = document.at("model");
  model.at("path").get_to(provenance.model);
  provenance.model_digest = text_of(model.at("sha256"));
  model.at("method").get_to(provenance.method);
  model.at("mode").get_to(provenance.mode);
  const ordered_json& data = document.at("data");
  provenance.data_digest = text_of(data.at("sha256"));
  data.at("batches").get_to(provenance.batches);
  data.at("samples").get_to(provenance.samples);
  const ordered_json& config = document.at("config");
  provenance.config_digest = text_of(config.at("sha256"));
  provenance.step_config_digest = text_of(config.at("step_sha256"));
  for (const ordered_json& source : document.at("functions"))
    provenance.functions.push_back(
        {source.at("file").get<std::string>(), source.at("sha256").get<std::string>()});
  return provenance;
}

}  // namespace actsparse
