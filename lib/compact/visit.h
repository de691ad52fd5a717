#pragma once
// One node of the graph, as a rule sees it: what goes in, what the rule says of it, what comes out.
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compact/arguments.h"
#include "compact/channels.h"
#include "compact/constraints.h"
#include "compact/ids.h"
#include "compact/rewrite.h"
#include "compact/trace.h"

namespace actsparse {

/// What is known of a value of the graph: the channels of a tensor, or of the tensors in a list,
/// tuple or dictionary. Of other values (numbers, None) nothing.
struct Abstract {
  enum class Kind { Other, Tensor, List, Dict };
  Kind kind = Kind::Other;
  Channels channels;
  bool is_constant = false;                         ///< a tensor that can be sliced freely
  std::shared_ptr<std::vector<Abstract>> elements;  ///< shared, as lists that change in place are
  std::shared_ptr<std::map<std::string, Abstract>> entries = {};  ///< of a dictionary, by key
};

/// A multiplication of an activation by a constant that has zeros.
struct MaskNode {
  const torch::jit::Value* mask;
  AxisChannels
      channels;  ///< of the input; `known` are the factors, NaN where they differ in a plane
};

/// Whether a node that needs fewer channels of an input than others do may read a subset by
/// index_select: never, where that saves more time than it takes, or wherever it can.
enum class Gather { Off, Auto, Always };

struct Assumptions {
  Gather gather = Gather::Off;
  bool any_weights = false;  ///< what a layer computes is never taken to be constant
};

/// Elements of lists of sizes that need no change, as the size that they are of shrinks alike.
using FollowedSizes = std::set<std::pair<const torch::jit::Node*, size_t>>;

/// What has been found so far, by the values of the graph.
struct Findings {
  Ids ids;
  Constraints constraints;
  std::unordered_map<const torch::jit::Value*, Abstract> values;
  std::vector<MaskNode> masks;
  std::vector<int64_t> wholes;  ///< ids that stand for a whole value, of which nothing is known
  /// Shared with the edits.
  std::shared_ptr<FollowedSizes> followed = std::make_shared<FollowedSizes>();
  std::vector<std::function<void(Rewrite&)>> edits;  ///< to be made when the solution is there
};

class Visit : public Arguments {
 public:
  Visit(torch::jit::Node& visited, const Trace& values, Findings& found,
        const Assumptions& assumptions)
      : Arguments(visited),
        trace(values),
        findings(found),
        gather(assumptions.gather),
        any_weights(assumptions.any_weights) {}
  // An edit runs when the analysis is over: it could not read the findings through a copy.
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  const Trace& trace;
  Findings& findings;
  const Gather gather;
  const bool any_weights;

  bool is_tensor(size_t input) const;
  /// A tensor whose value is the same whatever the model's input.
  bool is_constant(size_t input) const;
  /// Each throws NotUnderstood if the input is no such thing.
  const Channels& channels(size_t input) const;
  std::vector<Abstract>& list(size_t input) const;
  std::map<std::string, Abstract>& dict(size_t input) const;
  /// No tensor, and the same for inputs of all sizes.
  const c10::IValue& value(size_t input) const;
  int64_t axis(size_t input, int64_t dim) const;  ///< not negative
  /// Channels along one axis alone. If they change along others too, they are tied along these.
  AxisChannels along(size_t input, int64_t axis) const;
  /// The ids of an input of which parts along `axis` are read: if they change along other axes
  /// too, all parts keep the same of these, so they are tied along `axis`.
  at::Tensor tied_parts(size_t input, int64_t axis) const;
  /// The ids of an input that is read along these axes together, a head's channels by a norm: they
  /// are tied along them. Throws NotUnderstood where they change along no other axis.
  at::Tensor tied_where_read(size_t input, const std::vector<int64_t>& axes) const;

  /// The sizes that output `output` had.
  std::vector<int64_t> output_sizes(size_t output = 0) const;

  void need(std::vector<int64_t> when, std::vector<int64_t> then, std::string reason = "");
  /// The same, where `then` are no other channels but `when` at another place: the report names
  /// what keeps `when`.
  void follow(std::vector<int64_t> when, std::vector<int64_t> then);
  /// All of `ids` are kept.
  void keep(const at::Tensor& ids, const std::string& reason);
  /// Constraints::shared_axes.
  void share_axis(std::vector<at::Tensor> rows, bool is_batch);
  /// What is to be changed at this node once it is known which channels stay: runs after the
  /// analysis, with the node's arguments as they are then.
  void edit(std::function<void(Rewrite&, const Arguments&)> edit);

  /// Says what the node's outputs are. If the ids of a tensor change along several axes and are no
  /// grid (grids.h), they are tied along all but one of them, so that what is kept can be told by
  /// indices of one axis; if they change along an axis whose size depends on the input, all are
  /// kept, unless they repeat along it for each sample.
  void give(const Channels& channels, size_t output = 0);
  void give_list(const std::vector<Channels>& elements, size_t output = 0);

 private:
  bool repeats(const Channels& channels, size_t output, size_t element, int64_t axis) const;
  Abstract checked(Channels channels, size_t output, size_t element);
};

}  // namespace actsparse
