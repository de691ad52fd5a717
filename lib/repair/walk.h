#pragma once
// Runs a flat graph part by part, each part over all batches, so that what comes later can still be
// changed when what comes before has been run: no part is run twice.
#include <torch/csrc/jit/ir/ir.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "repair/partial_graph.h"
#include "repair/value_file.h"

namespace actsparse {

class Walk {
 public:
  /// What is alive between parts goes to files without a name in `folder`: memory in use is that of
  /// one batch.
  Walk(std::shared_ptr<torch::jit::Graph> graph, std::filesystem::path folder);

  /// Adds a batch, with the values of all inputs of the graph.
  void add(std::vector<c10::IValue> inputs);
  size_t batches() const { return kept_.size(); }

  /// The next part: to before `node` of the graph's own block (null: nothing comes after it), and
  /// what else `wanted` need. A graph that writes to what it has computed is run from its start
  /// each time.
  void go_to(torch::jit::Node* node, const Values& wanted);
  /// Runs the part on one batch; each is to be run once. Gives `wanted`.
  std::vector<c10::IValue> run(size_t batch);

  /// Whether `wanted` can be computed before `node` without one of `nodes`.
  bool is_free(torch::jit::Node& node, const Values& wanted,
               const std::set<const torch::jit::Node*>& nodes) const;

 private:
  std::shared_ptr<torch::jit::Graph> graph_;
  std::filesystem::path folder_;
  bool writes_;  // no part may be left out
  Values alive_;
  std::vector<KeptValues> kept_;  // of each batch, in the order of alive_
  std::unique_ptr<ValueFile> file_, next_file_;
  Values next_alive_;
  std::optional<PartialGraph> part_;
};

}  // namespace actsparse
