#pragma once
// The sparsifier's state as plain data: what state_dict() returns and a state file holds.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compact/layer_channels.h"
#include "config/config.h"
#include "config/provenance.h"
#include "functions/functions.h"
#include "model/call_methods.h"
#include "model/changed_attributes.h"

namespace actsparse {

/// One tensor, or one per feature where `features` is set.
using TensorOrList = std::variant<at::Tensor, std::vector<at::Tensor>>;
/// The same as a list, of one element where there are no features.
std::vector<at::Tensor> as_list(const TensorOrList& tensors);

/// What a forward of the layer does: feed the aggregate, multiply by the mask, or nothing special.
enum class HookState { Aggregate, Sparsify, None };
const char* to_string(HookState state);

/// Everything known of one registered layer.
struct LayerRecord {
  Site site;
  std::string type;  ///< class name
  MergedSettings settings;
  HookState hook_state = HookState::Aggregate;
  std::optional<TensorOrList>
      mask;  ///< dense, in the input's dtype, as mask_fn shaped it; set by step()
  std::optional<TensorOrList> data;           ///< raw aggregate; present while aggregating
  int64_t calls = 0;                          ///< calls aggregated for the mask or into the data
  std::vector<int64_t> input_shape;           ///< of the last call
  std::optional<at::ScalarType> input_dtype;  ///< nothing before the first call
  std::optional<LayerChannels> channels;      ///< where any layer is aligned
};

/// An argument of the calibrated method, so that a later `apply` can make one up: a tensor's shape
/// and dtype, or a constant.
struct ArgumentRecord {
  std::vector<int64_t> shape;
  std::optional<at::ScalarType> dtype;
  c10::IValue constant;
};

/// The samples of one batch: the first dimension of the first tensor that has one; 0 if none has.
int64_t batch_size_of(const std::vector<ArgumentRecord>& arguments);

/// What a batch's arguments were.
std::vector<ArgumentRecord> describe(const std::vector<c10::IValue>& arguments);

/// Batches `first`, first + step, ... (counted from 0), `count` of them.
struct BatchRun {
  int64_t first = 0, step = 1, count = 0;
};

/// What a checkpoint holds beside the state: it is a file for the next process of the same job.
struct CheckpointMeta {
  std::string data_fingerprint;          ///< BatchSource::fingerprint()
  std::optional<double> max_difference;  ///< of the fast clone's first batch, and
  std::string layer, reason;             ///< where it was, or why the exact clone goes on
  Attributes attributes;                 ///< what the model has written into itself
};

/// Where a state comes from, and what it has seen.
struct StateMeta : Provenance {
  std::string precision = "exact";  ///< how the batches were run: "exact" or "fast"
  int64_t total_batches = 0;        ///< of the whole data
  std::vector<BatchRun> coverage;   ///< which batches are in it, in order
  std::optional<CheckpointMeta> checkpoint;
  std::vector<ArgumentRecord> arguments;
  std::vector<FunctionSource> function_sources;  ///< user functions, so that the state stands alone
};

/// Names and digests of function sources.
std::vector<SourceDigest> digests_of(const std::vector<FunctionSource>& sources);

struct StateDict {
  MergedSettings defaults;
  std::vector<LayerRecord> layers;  ///< in registration order
  StateMeta meta;
};

/// The document of design section 9: {"state", "data_groups", "defaults", "meta"} of untyped dicts
/// and lists; masks as the parts of sparse COO tensors. Nothing in it is shared with `state` but
/// immutable data tensors.
c10::IValue to_ivalue(const StateDict& state);

/// Throws Error(State): not a state, a newer format_version, or a part that is missing or of the
/// wrong type.
StateDict state_from_ivalue(const c10::IValue& document);

}  // namespace actsparse
