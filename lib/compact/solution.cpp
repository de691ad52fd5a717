#include "compact/solution.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "compact/channels.h"

namespace actsparse {
namespace {

class Solver {
 public:
  Solver(const Ids& ids, const Constraints& constraints)
      : constraints_(constraints), solution_(ids), ids_(ids), needs_of_(ids.size()) {
    for (size_t i = 0; i < constraints.needs.size(); ++i)
      for (const int64_t id : constraints.needs[i].when) needs_of_[ids.root(id)].push_back(i);
  }

  Solution run() {
    keep(Ids::needed, {});
    do spread();
    while (balance_groups() || fill_boxes() || share_axes());
    return std::move(solution_);
  }

 private:
  bool keep(int64_t id, const Cause& cause) {
    if (!solution_.keep(id, cause)) return false;
    fresh_.push_back(ids_.root(id));
    return true;
  }

  void spread() {
    while (!fresh_.empty()) {
      const int64_t root = fresh_.back();
      fresh_.pop_back();
      for (const size_t i : std::exchange(needs_of_[root], {}))
        for (const int64_t id : constraints_.needs[i].then)
          keep(id, cause_of(constraints_.needs[i], root));
    }
  }

  Cause cause_of(const Need& need, int64_t root) const {
    return need.passes_on ? solution_.cause(root) : Cause{need.by, need.reason};
  }

  bool balance_groups() {
    bool changed = false;
    for (const auto& balance : constraints_.balances)
      if (fresh_.empty()) changed |= balance_group(balance);
    return changed;
  }

  bool balance_group(const Balance& balance) {
    const auto in = solution_.is_kept(balance.in), out = solution_.is_kept(balance.out);
    const auto in_counts = in.sum(1), out_counts = out.sum(1);
    const int64_t in_most = std::max<int64_t>(1, in_counts.max().item<int64_t>());
    const int64_t out_most = std::max<int64_t>(1, out_counts.max().item<int64_t>());
    bool changed = false;
    for (int64_t group = 0; group < in.size(0); ++group) {
      if (in_counts[group].item<int64_t>() + out_counts[group].item<int64_t>() == 0) continue;
      changed |= raise(balance.in[group], in_most, balance.by);
      changed |= raise(balance.out[group], out_most, balance.by);
    }
    return changed;
  }

  // Keeps more of `ids` until they are `count`.
  bool raise(const at::Tensor& ids, int64_t count, const torch::jit::Node* by) {
    int64_t missing = count - solution_.is_kept(ids).sum().item<int64_t>();
    bool changed = false;
    for (int64_t i = 0; i < ids.numel() && missing > 0; ++i)
      if (keep(ids[i].item<int64_t>(), {by, "another group keeps as many"})) {
        changed = true;
        --missing;
      }
    return changed;
  }

  bool fill_boxes() {
    bool changed = false;
    for (const auto& box : constraints_.boxes)
      if (fresh_.empty()) changed |= fill_box(box);
    return changed;
  }

  bool fill_box(const Box& box) {
    const auto ids = unexpanded(box.ids);
    if (ids.numel() == 0) return false;
    const auto kept = solution_.is_kept(ids);
    if (!kept.any().item<bool>())
      return keep(ids.flatten()[0].item<int64_t>(), {box.by, "one channel must stay"});
    at::Tensor product = at::ones({}, at::kBool);
    for (int64_t axis = 0; axis < ids.dim(); ++axis) {
      const auto rows = rows_along(kept, axis).any(1);
      std::vector<int64_t> shape(ids.dim(), 1);
      shape[axis] = ids.size(axis);
      product = product.logical_and(rows.view(shape));
    }
    if (product.eq(kept).all().item<bool>()) return false;
    for (const int64_t id : distinct(ids.masked_select(product)))
      keep(id, {box.by, "what is left would not be a rectangle"});
    return true;
  }

  bool share_axes() {
    bool changed = false;
    for (const auto& axis : constraints_.shared_axes)
      if (fresh_.empty()) changed |= share_axis(axis);
    return changed;
  }

  bool share_axis(const SharedAxis& axis) {
    at::Tensor wanted = at::zeros({axis.rows.front().size(0)}, at::kBool);
    for (const auto& rows : axis.rows) wanted = wanted.logical_or(solution_.is_kept(rows).any(1));
    bool changed = false;
    for (const auto& rows : axis.rows) changed |= keep_rows(rows, wanted, axis.by);
    return changed;
  }

  // One element of each wanted row that has none, in a column of which other rows keep some.
  bool keep_rows(const at::Tensor& rows, const at::Tensor& wanted, const torch::jit::Node* by) {
    const auto kept = solution_.is_kept(rows);
    const auto missing = wanted.logical_and(kept.any(1).logical_not()).nonzero().flatten();
    const int64_t column = kept.any(0).to(at::kInt).argmax().item<int64_t>();
    for (int64_t i = 0; i < missing.numel(); ++i)
      keep(rows[missing[i].item<int64_t>()][column].item<int64_t>(),
           {by, "its other operand keeps as many"});
    return missing.numel() > 0;
  }

  const Constraints& constraints_;
  Solution solution_;
  const Ids& ids_;
  std::vector<std::vector<size_t>> needs_of_;  // by root
  std::vector<int64_t> fresh_;
};

}  // namespace

at::Tensor Solution::is_kept(const at::Tensor& ids) const {
  const at::Tensor from = ids.contiguous();
  at::Tensor to = at::empty(from.sizes(), at::kBool);
  std::transform(from.data_ptr<int64_t>(), from.data_ptr<int64_t>() + from.numel(),
                 to.data_ptr<bool>(), [&](int64_t id) { return is_kept(id); });
  return to;
}

bool Solution::keep(int64_t id, const Cause& cause) {
  const int64_t root = ids_->root(id);
  if (live_[root]) return false;
  live_[root] = true;
  causes_[root] = cause;
  return true;
}

Solution solve(const Ids& ids, const Constraints& constraints) {
  return Solver(ids, constraints).run();
}

}  // namespace actsparse
