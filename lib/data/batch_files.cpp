#include "data/batch_files.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "data/data_digest.h"
#include "data/file_patterns.h"
#include "data/mapping.h"
#include "data/sample_reader.h"
#include "data/value_batch.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

std::vector<NamedFile> find_files(const DataConfig& config) {
  std::vector<NamedFile> files;
  std::set<fs::path> seen;
  for (const auto& pattern : config.batches) {
    const auto paths = matching_files(config.base, pattern);
    if (paths.empty())
      throw Error(ErrorKind::Data, config.path + ".batches: '" + pattern + "' matches no file in " +
                                       config.base.string());
    for (const auto& path : paths) {
      if (!seen.insert(path.lexically_normal()).second) continue;
      files.emplace_back(written_name(config.base, pattern, path), path);
    }
  }
  if (config.limit && *config.limit < static_cast<int64_t>(files.size()))
    files.resize(static_cast<size_t>(*config.limit));
  return files;
}

// A tensor is the only argument; a tuple or list holds all of them.
std::vector<c10::IValue> read_arguments(const fs::path& path) {
  const c10::IValue value = read_pickle(path.string(), ErrorKind::Data);
  if (value.isTensor()) return {value.toTensor().contiguous()};
  std::vector<c10::IValue> arguments;
  if (value.isTuple()) arguments = value.toTupleRef().elements().vec();
  if (value.isList()) arguments = value.toListRef().vec();
  if (arguments.empty())
    throw Error(ErrorKind::Data, path.string() + ": holds " +
                                     (value.isTuple() || value.isList() ? "an empty " : "a ") +
                                     value.tagKind() +
                                     "; a batch is a tensor, or a tuple or list of all arguments");
  for (auto& argument : arguments)
    if (argument.isTensor()) argument = argument.toTensor().contiguous();
  return arguments;
}

// Tensors of a .pt file are mapped; reading them is the work of this thread, not of the model's.
void page_in_tensors(const std::vector<c10::IValue>& arguments) {
  for (const auto& argument : arguments)
    if (argument.isTensor()) page_in(argument.toTensor().data_ptr(), argument.toTensor().nbytes());
}

class BatchFiles : public BatchSource {
 public:
  BatchFiles(const DataConfig& config, const FileInput* labels) : files_(find_files(config)) {
    for (const auto& file : files_) sizes_.push_back(batch_size_of(read_arguments(file.second)));
    if (labels == nullptr) return;
    labels_ = open_samples(*labels);
    label_file_ = {display_name(*labels), labels->path};
    if (labels_->size() != *samples())
      throw Error(ErrorKind::Data, fmt::format("{} holds {} labels, the batches {} samples",
                                               label_file_.first, labels_->size(), *samples()));
  }

  std::optional<Batch> next() override {
    if (next_ == files_.size()) return std::nullopt;
    const int64_t first = std::accumulate(sizes_.begin(), sizes_.begin() + next_, int64_t{0});
    const auto& [name, path] = files_[next_++];
    const std::string origin = fmt::format("batch {} ({})", next_, name);
    try {
      auto arguments = read_arguments(path);
      page_in_tensors(arguments);
      if (labels_) arguments.emplace_back(labels_->read(first, sizes_[next_ - 1]));
      return value_batch(std::move(arguments), origin);
    } catch (const Error& error) {
      throw error.in(origin);
    }
  }

  void rewind() override { next_ = 0; }
  void skip(int64_t count) override {
    next_ = std::min(files_.size(), next_ + static_cast<size_t>(count));
  }
  int64_t batches() const override { return static_cast<int64_t>(files_.size()); }
  std::optional<int64_t> samples() const override {
    return std::accumulate(sizes_.begin(), sizes_.end(), int64_t{0});
  }
  int64_t ragged_last() const override { return smaller_last(sizes_); }
  std::string digest() const override { return digest_of_files(all_files()); }
  std::string fingerprint() const override { return fingerprint_of_files(all_files()); }

 private:
  std::vector<NamedFile> all_files() const {
    auto all = files_;
    if (labels_) all.push_back(label_file_);
    return all;
  }

  std::vector<NamedFile> files_;
  std::vector<int64_t> sizes_;  // samples in each
  std::unique_ptr<SampleReader> labels_;
  NamedFile label_file_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<BatchSource> open_batch_files(const DataConfig& config, const FileInput* labels) {
  return std::make_unique<BatchFiles>(config, labels);
}

}  // namespace actsparse
