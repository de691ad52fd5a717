#pragma once
// Where statistics come from: the model, the data and the batches of them that were seen.
#include <ATen/core/ScalarType.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/function_source.h"
#include "config/provenance.h"

namespace actsparse {

/// FQNs of attributes that a model has written into itself, and their values.
using Attributes = std::vector<std::pair<std::string, c10::IValue>>;

/// An argument of the calibrated method, so that a later `apply` can make one up: a tensor's shape
/// and dtype, or a constant.
struct ArgumentRecord {
  std::vector<int64_t> shape;
  std::optional<at::ScalarType> dtype;
  c10::IValue constant;
};

/// What a batch's arguments were.
std::vector<ArgumentRecord> describe(const std::vector<c10::IValue>& arguments);

/// The sizes of a tensor, or of each tensor in a list; empty of other values, and of lists that
/// hold something else.
std::vector<std::vector<int64_t>> sizes_in(const c10::IValue& argument);

/// The samples that an argument holds: the first dimension of a tensor, or the number of tensors in
/// a list, which are samples without that dimension. Nothing if it has none.
std::optional<int64_t> samples_in(const c10::IValue& argument);

/// The samples of one batch: those of the first argument that holds some; 0 if none does.
int64_t batch_size_of(const std::vector<ArgumentRecord>& arguments);
int64_t batch_size_of(const std::vector<c10::IValue>& arguments);

/// Batches `first`, first + step, ... (counted from 0), `count` of them.
struct BatchRun {
  int64_t first = 0, step = 1, count = 0;
};

/// Whether the fast clone stands for the exact one, by the first batch.
struct FastTrial {
  std::optional<double> max_difference;  ///< largest relative one; nothing: not compared
  std::string layer;                     ///< where it was found
  std::string reason;                    ///< why the exact clone goes on; empty: the fast one does
};

/// What a checkpoint holds beside the state: it is a file for the next process of the same job.
struct CheckpointMeta {
  std::string data_fingerprint;  ///< BatchSource::fingerprint()
  FastTrial fast;
  Attributes attributes;  ///< what the model has written into itself
};

struct StateMeta : Provenance {
  std::string precision = "exact";  ///< how the batches were run: "exact" or "fast"
  int64_t total_batches = 0;        ///< of the whole data
  std::vector<BatchRun> coverage;   ///< which batches are in it, in order
  std::optional<CheckpointMeta> checkpoint;
  std::vector<ArgumentRecord> arguments;
  bool takes_one_size = false;  ///< of the model: no other number of samples than `arguments` have
  std::vector<FunctionSource> function_sources;  ///< user functions, so that the state stands alone
};

/// The samples of a calibration batch that a mask must not be bound to; 0 where the model takes no
/// other number (it has a fixed one, or no dimension of samples), or where it is not known.
int64_t samples_of(const StateMeta& meta);

}  // namespace actsparse
