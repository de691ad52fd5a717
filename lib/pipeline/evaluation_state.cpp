#include "pipeline/evaluation_state.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>

#include <algorithm>

#include "base/error.h"
#include "data/batch_source.h"
#include "data/torch_archive.h"
#include "sparsifier/batch_runs.h"
#include "sparsifier/document_reader.h"
#include "sparsifier/json_ivalue.h"

namespace actsparse {
namespace {

using c10::IValue;

constexpr int64_t kFormatVersion = 1;

IValue candidate_document(const EvaluationState::Candidate& candidate) {
  auto document = untyped_dict(), tallies = untyped_dict();
  for (const auto& [name, tensor] : candidate.tallies) tallies.insert(name, tensor);
  document.insert("model", candidate.model);
  document.insert("digest", candidate.digest);
  document.insert("tallies", tallies);
  return document;
}

EvaluationState::Candidate read_candidate(const DocumentReader& document) {
  EvaluationState::Candidate candidate{document.text("model"), document.text("digest"), {}};
  const DocumentReader tallies = document.dict("tallies");
  for (const auto& [name, tensor] : tallies.entries()) {
    if (!tensor.isTensor() || !tensor.toTensor().defined())
      broken_state(tallies.place() + "." + name + " is not a tensor");
    candidate.tallies.emplace_back(name, tensor.toTensor().clone());
  }
  return candidate;
}

Provenance read_origin(const DocumentReader& document) try {
  return provenance_from_json(nlohmann::ordered_json::parse(document.text("origin")));
} catch (const nlohmann::json::exception&) {
  broken_state(document.place() + ".origin is not a provenance");
}

bool same_candidates(const EvaluationState& a, const EvaluationState& b) {
  return std::equal(
      a.candidates.begin(), a.candidates.end(), b.candidates.begin(), b.candidates.end(),
      [](const auto& x, const auto& y) { return x.model == y.model && x.digest == y.digest; });
}

std::string difference(const EvaluationState& a, const EvaluationState& b) {
  const Provenance &x = a.origin, &y = b.origin;
  const std::pair<bool, const char*> parts[] = {
      {x.tool_version == y.tool_version, "the version of actsparse"},
      {x.libtorch_version == y.libtorch_version, "the version of LibTorch"},
      {x.model_digest == y.model_digest, "the baseline"},
      {x.config_digest == y.config_digest && a.config == b.config, "the config"},
      {x.data_digest == y.data_digest, "the data"},
      {a.total_batches == b.total_batches, "the number of batches"},
      {same_candidates(a, b), "the candidates"}};
  for (const auto& [is_same, what] : parts)
    if (!is_same) return what;
  return "";
}

}  // namespace

IValue to_ivalue(const EvaluationState& state) {
  auto body = untyped_dict(), document = untyped_dict();
  auto candidates = untyped_list();
  for (const auto& candidate : state.candidates)
    candidates.push_back(candidate_document(candidate));
  body.insert("format_version", kFormatVersion);
  body.insert("origin", to_json(state.origin).dump());
  body.insert("config", state.config);
  body.insert("function_sources", sources_document(state.function_sources));
  body.insert("data", state.data);
  body.insert("total_batches", state.total_batches);
  body.insert("coverage", coverage_document(state.coverage));
  body.insert("candidates", candidates);
  document.insert("evaluation", body);
  return document;
}

EvaluationState evaluation_from_ivalue(const IValue& value) {
  const DocumentReader document = DocumentReader(value, "the file").dict("evaluation");
  if (document.integer("format_version") != kFormatVersion)
    throw Error(ErrorKind::State,
                "what evaluate has counted is in another format than this "
                "actsparse reads; evaluate again");
  EvaluationState state;
  state.origin = read_origin(document);
  state.config = document.text("config");
  state.function_sources = document.sources("function_sources");
  state.data = document.text("data");
  state.total_batches = document.batches("total_batches");
  state.coverage = document.coverage("coverage");
  for (const IValue& candidate : document.list("candidates"))
    state.candidates.push_back(read_candidate({candidate, "evaluation.candidates"}));
  return state;
}

bool is_evaluation_state(const std::filesystem::path& path) try {
  const TorchArchive archive(path.string(), ErrorKind::State);
  return archive.pickle().find("tallies") != std::string::npos &&
         archive.pickle().find("data_groups") == std::string::npos;
} catch (const Error&) {
  return false;
}

EvaluationState read_evaluation_state(const std::filesystem::path& path) try {
  return evaluation_from_ivalue(read_pickle(path.string(), ErrorKind::State));
} catch (const Error& error) {
  const bool named = std::string(error.what()).find(path.string()) != std::string::npos;
  throw named ? error : error.in(path.string());
}

void check_parts(const EvaluationState& a, const std::string& a_name, const EvaluationState& b,
                 const std::string& b_name) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::State, a_name + " and " + b_name + " cannot be merged: " + why);
  };
  if (const auto other = difference(a, b); !other.empty()) refuse(other + " differs");
  const auto x = batches_in(a.coverage), y = batches_in(b.coverage);
  std::vector<int64_t> twice;
  std::set_intersection(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(twice));
  if (!twice.empty()) refuse("both have seen " + batches_text(twice));
}

}  // namespace actsparse
