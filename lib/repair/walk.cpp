#include "repair/walk.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "compact/nodes.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

Values together(const Values& first, const Values& second) {
  Values all = first;
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

}  // namespace

Walk::Walk(std::shared_ptr<Graph> graph, std::filesystem::path folder)
    : graph_(std::move(graph)),
      folder_(std::move(folder)),
      writes_(has_writes(*graph_)),
      alive_(graph_->inputs().begin(), graph_->inputs().end()) {}

void Walk::add(std::vector<c10::IValue> inputs) {
  if (file_ == nullptr) file_ = std::make_unique<ValueFile>(folder_);
  kept_.push_back(file_->keep(std::move(inputs)));
}

void Walk::go_to(Node* node, const Values& wanted) {
  if (next_file_ != nullptr) {
    file_ = std::move(next_file_);
    alive_ = next_alive_;
  }
  if (node == nullptr)
    next_alive_.clear();
  else
    next_alive_ = writes_ ? alive_ : alive_before(*graph_, *node);
  part_.emplace(alive_, together(next_alive_, wanted));
  next_file_ = writes_ ? nullptr : std::make_unique<ValueFile>(folder_);
}

std::vector<c10::IValue> Walk::run(size_t batch) {
  const at::NoGradGuard no_grad;
  std::vector<c10::IValue> values = part_->run(file_->get(kept_.at(batch)));
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(next_alive_.size());
  std::vector<c10::IValue> wanted(std::make_move_iterator(middle),
                                  std::make_move_iterator(values.end()));
  values.erase(middle, values.end());
  if (!writes_) kept_[batch] = next_file_->keep(std::move(values));
  return wanted;
}

bool Walk::is_free(Node& node, const Values& wanted, const std::set<const Node*>& nodes) const {
  return !PartialGraph(writes_ ? alive_ : alive_before(*graph_, node), wanted).has(nodes);
}

}  // namespace actsparse
