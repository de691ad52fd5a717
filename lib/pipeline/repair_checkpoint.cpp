#include "pipeline/repair_checkpoint.h"

#include <ATen/ops/empty.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/digest.h"
#include "base/error.h"
#include "config/provenance.h"
#include "data/batch_source.h"
#include "data/write_archive.h"
#include "report/repair_report.h"
#include "sparsifier/document_reader.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using c10::IValue;
using nlohmann::ordered_json;
using Document = c10::impl::GenericDict;

// All that decides what a repair comes to.
std::string job_of(const Config& config, const StateMeta& meta) {
  std::string job = to_json(static_cast<const Provenance&>(meta)).dump();
  job += config.effective.value("repair", ordered_json()).dump();
  job += open_batches(config.repair.data ? *config.repair.data : config.data)->fingerprint();
  return digest_of(job);
}

Document new_document() { return Document(c10::AnyType::get(), c10::AnyType::get()); }

IValue list_of(const std::vector<at::Tensor>& tensors) {
  c10::impl::GenericList list(c10::AnyType::get());
  for (const auto& tensor : tensors) list.push_back(tensor);
  return list;
}

std::vector<at::Tensor> tensors_of(const std::vector<IValue>& values) {
  std::vector<at::Tensor> tensors;
  for (const auto& value : values) {
    if (!value.isTensor()) broken_state("a list of tensors holds something else");
    tensors.push_back(value.toTensor());
  }
  return tensors;
}

// An archive's bytes are no text.
at::Tensor bytes_tensor(const std::string& bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  at::Tensor tensor = at::empty({size}, at::kByte);
  std::copy(bytes.begin(), bytes.end(), static_cast<char*>(tensor.data_ptr()));
  return tensor;
}

std::string bytes_of(const IValue& value) {
  if (!value.isTensor() || value.toTensor().scalar_type() != at::kByte)
    broken_state("the optimizer's bytes are none");
  const at::Tensor bytes = value.toTensor().contiguous();
  return {static_cast<const char*>(bytes.data_ptr()), bytes.nbytes()};
}

IValue to_ivalue(const std::vector<LayerOutcome>& layers) {
  c10::impl::GenericList list(c10::AnyType::get());
  for (const auto& layer : layers) {
    Document one = new_document();
    one.insert("left_because", layer.left_because);
    one.insert("report", to_json(layer.solved.report).dump());
    std::vector<at::Tensor> solved;
    if (layer.solved.weight.defined()) solved = {layer.solved.weight, layer.solved.bias};
    one.insert("solved", list_of(solved));
    list.push_back(IValue(one));
  }
  return list;
}

std::vector<LayerOutcome> layers_of(const DocumentReader& document) {
  std::vector<LayerOutcome> layers;
  for (const auto& value : document.list("layers")) {
    const DocumentReader one(value, "layers");
    LayerOutcome layer;
    layer.left_because = one.text("left_because");
    from_json(ordered_json::parse(one.text("report")), layer.solved.report);
    const auto solved = tensors_of(one.list("solved"));
    if (solved.size() == 2) {
      layer.solved.weight = solved[0];
      layer.solved.bias = solved[1];
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

IValue to_ivalue(const TuneProgress& tune) {
  Document document = new_document();
  document.insert("step", tune.step);
  document.insert("report", to_json(tune.report).dump());
  document.insert("parameters", list_of(tune.parameters));
  document.insert("best", list_of(tune.best));
  document.insert("optimizer", bytes_tensor(tune.optimizer));
  document.insert("random", tune.random);
  c10::impl::GenericList order(c10::AnyType::get());
  for (const int64_t batch : tune.order) order.push_back(batch);
  document.insert("order", order);
  return document;
}

TuneProgress tune_of(const DocumentReader& document) {
  TuneProgress tune;
  tune.step = document.integer("step");
  from_json(ordered_json::parse(document.text("report")), tune.report);
  tune.parameters = tensors_of(document.list("parameters"));
  tune.best = tensors_of(document.list("best"));
  tune.optimizer = bytes_of(document.at("optimizer"));
  tune.random = document.text("random");
  tune.order = document.integers("order");
  return tune;
}

}  // namespace

RepairCheckpoint::RepairCheckpoint(const fs::path& calibration, const Config& config,
                                   const StateMeta& meta)
    : when_(config.run.checkpoint) {
  if (calibration.empty()) return;
  path_ = calibration.string() + ".repair";
  job_ = job_of(config, meta);
}

RepairProgress RepairCheckpoint::read() const {
  std::error_code ignored;
  if (path_.empty() || !fs::exists(path_, ignored)) return {};
  try {
    const DocumentReader document(read_pickle(path_.string(), ErrorKind::State), "the checkpoint");
    if (document.text("job") != job_) {
      spdlog::info("repair or its data differ from those of {}: it starts anew", path_.string());
      return {};
    }
    RepairProgress progress{layers_of(document), {}};
    if (document.find("tune") != nullptr) progress.tune = tune_of(document.dict("tune"));
    spdlog::info("going on after {} repaired layers{}", progress.layers.size(),
                 progress.tune ? fmt::format(" and {} tuning steps", progress.tune->step) : "");
    return progress;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::State, path_.string() + ": " + error.what() +
                                      "; remove it, and --resume repairs from the start");
  }
}

void RepairCheckpoint::note(const std::vector<LayerOutcome>& layers) {
  noted_.layers = layers;
  write_if_due();
}

void RepairCheckpoint::note(const TuneProgress& tune) {
  noted_.tune = tune;
  write_if_due();
}

void RepairCheckpoint::write_if_due() {
  const bool is_due = when_.batches > 0 || (when_.seconds > 0 && since_.seconds() >= when_.seconds);
  if (is_due) write();
}

void RepairCheckpoint::write() {
  if (path_.empty() || (noted_.layers.empty() && !noted_.tune)) return;
  Document document = new_document();
  document.insert("job", job_);
  document.insert("layers", to_ivalue(noted_.layers));
  if (noted_.tune) document.insert("tune", to_ivalue(*noted_.tune));
  AtomicFile file(path_);
  file.write([&](std::ostream& out) { write_archive(document, out, "the repair's checkpoint"); });
  file.commit();
  since_ = Stopwatch();
  spdlog::debug("checkpoint after {} repaired layers", noted_.layers.size());
}

void RepairCheckpoint::remove() const {
  std::error_code ignored;
  if (path_.empty()) return;
  remove_leftovers(path_);
  fs::remove(path_, ignored);
}

}  // namespace actsparse
