#pragma once
// The named functions of mask = mask_fn(reduce_fn(aggregate_fn(all inputs))): built in, and from
// TorchScript source.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/function_source.h"

namespace actsparse {

/// One accumulator: of one layer, or of one feature of a layer. Not thread safe.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  /// Takes in one call's input. It is not kept and not written to. Throws Error(Data) if its shape
  /// or dtype differs from the first one's and the function cannot take that (elementwise functions
  /// cannot: a smaller last batch would broadcast silently), Error(Function) if the function itself
  /// fails.
  virtual void update(const at::Tensor& input) = 0;
  /// Number of update() calls since the start, restored ones included.
  virtual int64_t calls() const = 0;
  /// What reduce_fn gets. Error(Internal) before the first update.
  virtual at::Tensor value() const = 0;
  /// What is kept: raw sums, so that it can be continued and merged; undefined before the first
  /// update. For `sum` the same as value(). Neither changes under its holder (copy on write), but
  /// holding it costs a copy at the next update.
  virtual at::Tensor data() const = 0;
  /// Continues from data() and calls() of an earlier one; data is copied. Error(State) if they do
  /// not fit together.
  virtual void restore(at::Tensor data, int64_t calls) = 0;
  /// Takes in what another one of the same function kept: as if its inputs had come after this
  /// one's. Error(State) if the data do not fit; Error(Function) if the function cannot be merged.
  virtual void merge(const at::Tensor& data, int64_t calls) = 0;
};

/// An accumulator that a layer keeps beside that of its aggregate_fn.
struct NamedAggregate {
  std::string name;  ///< under which a function finds it; "data" is aggregate_fn's own
  FunctionConfig function;
};

/// What a reduce_fn or mask_fn wants to know of a layer besides its aggregate.
struct Needs {
  std::vector<NamedAggregate> statistics;
  bool weight = false;
  bool by_input = false;  ///< the weight by channel: see Evidence
};

/// What a function is given of one layer (or of one feature of it). A plain tensor is evidence too.
struct Evidence {
  Evidence(at::Tensor tensor) : value(std::move(tensor)) {}
  /// So that a function that looks at nothing else can simply take a tensor.
  operator const at::Tensor&() const { return value; }

  at::Tensor value;  ///< of reduce_fn: the aggregate; of mask_fn: what reduce_fn made of it
  std::map<std::string, at::Tensor> statistics = {};  ///< value() of the accumulators in its Needs
  at::Tensor weight =
      {};  ///< of the layer, on the device of `value`; undefined unless in its Needs
  /// The weight as [groups, outputs, inputs, taps] (record/weights.h), likewise; undefined where
  /// the layer has none that reads its input's channels.
  at::Tensor by_input = {};
  int64_t channel_dim = -1;  ///< of the layer's input, counted from the last; known with by_input
};

using AggregateFn = std::function<std::unique_ptr<Aggregate>()>;
using ReduceFn = std::function<at::Tensor(const Evidence&)>;
/// sparse_config is already bound. Built-in ones return 0/1 in the dtype of their input (float32
/// for integers and bool).
using MaskFn = std::function<at::Tensor(const Evidence&)>;

/// A user's metric of an evaluation: of (baseline, candidate), or of (output, labels).
using MetricFn = std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;

enum class FunctionKind { Aggregate, Reduce, Mask, Metric };
const char* to_string(FunctionKind kind);  // "aggregate_fn", "reduce_fn", "mask_fn", "metric"

/// A parameter of a function, as `actsparse functions` shows it.
struct Parameter {
  std::string name;
  std::string type;  ///< "int", "float", "bool", "string", "list of int", "list of float",
                     ///< "bool or object"
  bool required = false;
  nlohmann::json default_value;  ///< null if there is none
  std::string allowed;           ///< "0 <= sparsity_level <= 1"; empty: any
};

struct FunctionInfo {
  std::string name;
  std::vector<FunctionKind>
      kinds;                ///< a user's (x: Tensor) function can serve as reduce_fn and as mask_fn
  std::string description;  ///< one line
  std::vector<Parameter> parameters;
  std::string source;  ///< "built-in", or the source file as written in the config
};

struct UserFunction;

/// A JSON object with parameters, and where it stands in the config.
struct ParameterSource {
  const nlohmann::json& values;
  std::string path;
};

/// All functions that names can refer to. Copies share compiled code.
class FunctionTable {
 public:
  /// The built-in ones.
  FunctionTable();
  /// With those of `sources`. Throws what add_source() does.
  explicit FunctionTable(const std::vector<FunctionSource>& sources);

  /// Compiles a user's source (torch::jit::compile). Throws Error(Function) with label and line if
  /// it does not compile, or a name is already taken.
  void add_source(const FunctionSource& source);
  const std::vector<FunctionSource>& sources() const { return sources_; }

  /// Each throws Error(Config) that starts with the JSON path: unknown name (with the nearest),
  /// wrong kind, unknown, missing or out-of-range parameter; a user function whose signature does
  /// not serve: Error(Function).
  AggregateFn aggregate(const FunctionConfig& function) const;
  ReduceFn reduce(const FunctionConfig& function) const;
  /// Parameters come from `function.parameters` and from `sparse_config` (later wins); `path` names
  /// sparse_config in messages, e.g. "layers.0.sparse_config".
  MaskFn mask(const FunctionConfig& function, const nlohmann::json& sparse_config,
              const std::string& path) const;
  /// The same with a sparse_config in parts, each with its path.
  MaskFn mask(const FunctionConfig& function,
              const std::vector<ParameterSource>& sparse_config) const;

  /// A user's function of two tensors as a metric; nothing if there is none of that name, so that
  /// built-in metrics can be looked for elsewhere.
  std::optional<MetricFn> metric(const FunctionConfig& function) const;
  /// The names of functions that can serve as one.
  std::vector<std::string> metric_names() const;
  /// Whether it takes labels: its second argument has that name.
  bool takes_labels(const FunctionConfig& metric) const;

  /// False if all calls must have one size in dimension 0, as all but streaming statistics want.
  bool takes_any_batch_size(const FunctionConfig& aggregate) const;

  /// What a layer's reduce_fn and mask_fn need together.
  Needs needs_of(const MergedSettings& settings) const;

  std::vector<FunctionInfo> list() const;

 private:
  std::vector<FunctionSource> sources_;
  std::vector<std::shared_ptr<const UserFunction>> user_functions_;
};

/// True if both aggregate_fn keep the same data, and only make another value() of it: sum and mean,
/// or two quantiles of one histogram.
bool keep_the_same(const FunctionConfig& a, const FunctionConfig& b);

/// True if only the order of the scores counts for a mask_fn, not their size, so that it can choose
/// among scores that were put together from several layers. A user's function is taken to rank.
bool ranks(const FunctionConfig& mask);

/// How the scores of several layers are brought to one scale, where they are aligned.
enum class Scale {
  Mean,   ///< by each layer's mean score
  Total,  ///< by the sum of each layer's scores, of which a channel's is a share; shares add up
  Own     ///< they are relative already, and add up
};
Scale scale_of(const std::optional<FunctionConfig>& reduce);

/// The sparsity that mask_fn and sparse_config ask for; nothing where it depends on the data
/// (threshold, quantile, k), and of a user's function.
std::optional<double> requested_sparsity(const MergedSettings& settings);

/// Throws Error(Config) if reduce_fn or mask_fn can only be made of another aggregate_fn's value.
void check_aggregate(const MergedSettings& settings);

/// Reads a functions file of the config. Error(Function) if it cannot be read.
FunctionSource read_function_source(const FunctionFile& file);

}  // namespace actsparse
