#include <cmath>

#include "compact/rules/broadcast.h"
#include "compact/rules/contraction.h"
#include "compact/rules/products.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

constexpr size_t query_place = 0, key_place = 1, value_place = 2, mask_place = 3;

bool has(const Visit& visit, const char* argument) {
  return visit.node.maybeSchema()->argumentIndexWithName(argument).has_value();
}

// Each head of keys and values serves several heads of queries.
Channels repeated(const Channels& channels, int64_t heads) {
  const int64_t axis = channels.dim() - 3, times = heads / channels.ids.size(axis);
  const auto repeat = [&](const at::Tensor& tensor) {
    const auto once = unexpanded(tensor);
    auto sizes = tensor.sizes().vec();
    sizes[axis] = heads;
    return (once.size(axis) == 1 ? once : once.repeat_interleave(times, axis)).expand(sizes);
  };
  return {repeat(channels.ids), repeat(channels.known)};
}

Channels for_each_query(const Visit& visit, size_t input) {
  const Channels& channels = visit.channels(input);
  const bool is_grouped =
      has(visit, "enable_gqa") && visit.value(visit.input("enable_gqa")).toBool();
  return is_grouped ? repeated(channels, visit.channels(query_place).ids.size(-3)) : channels;
}

// The scale is by default that of the queries' channels: where some go, the number of all is
// written down.
void fix_scale(Visit& visit) {
  const Channels queries = visit.channels(query_place);
  const int64_t axis = queries.dim() - 1;
  if (!changes_along(queries.ids, axis)) return;
  visit.require(has(visit, "scale"), "its scale depends on the channels");
  const size_t place = visit.input("scale");
  if (!visit.value(place).isNone()) return;
  visit.edit([queries, axis, place](Rewrite& rewrite, const Arguments& arguments) {
    const double scale = 1 / std::sqrt(static_cast<double>(queries.ids.size(axis)));
    if (rewrite.kept(queries, axis).defined()) rewrite.set(arguments.node, place, scale);
  });
}

Channels scores_of(Visit& visit, const Channels& keys) {
  const Channels& queries = visit.channels(query_place);
  auto labels = matmul_labels(queries.dim(), keys.dim());
  std::swap(labels.b[labels.b.size() - 2], labels.b.back());  // keys are [..., sources, channels]
  auto sizes = visit.output_sizes();
  sizes.back() = keys.ids.size(-2);
  return product(visit, {queries, labels.a}, {keys, labels.b}, labels.result, sizes);
}

void add_mask(Visit& visit, Channels& scores) {
  if (!visit.is_tensor(mask_place)) return;
  if (visit.is_constant(mask_place)) return slice_constant(visit, mask_place, scores);
  scores.ids = tied_ids(visit, scores.ids, visit.channels(mask_place).ids, scores.ids.sizes());
}

// softmax(query key^T * scale + mask) value.
void attention(Visit& visit) {
  const Channels keys = for_each_query(visit, key_place),
                 values = for_each_query(visit, value_place);
  visit.require(visit.channels(query_place).dim() >= 3 && keys.dim() == values.dim(), "no rule");
  Channels scores = scores_of(visit, keys);
  for (const int64_t axis : changing_axes(scores.ids))
    visit.require(axis != scores.dim() - 1, "it reads all channels together");
  add_mask(visit, scores);
  scores.known = unknown_like(scores.known);
  const auto labels = matmul_labels(scores.dim(), values.dim());
  visit.give(
      product(visit, {scores, labels.a}, {values, labels.b}, labels.result, visit.output_sizes()));
  fix_scale(visit);
}

int64_t attention_macs(const torch::jit::Node& node, const Trace& trace) {
  const auto queries = trace.sizes(node.inputs().at(query_place)),
             keys = trace.sizes(node.inputs().at(key_place));
  const auto values = trace.sizes(node.inputs().at(value_place));
  if (queries.size() < 2 || keys.size() < 2 || values.empty()) return 0;
  const int64_t scores =
      product(queries) / std::max<int64_t>(1, queries.back()) * keys[keys.size() - 2];
  return scores * (queries.back() + values.back());
}

}  // namespace

Rows attention_rows() {
  return {{{"aten::scaled_dot_product_attention"}, attention, attention_macs}};
}

}  // namespace actsparse::rules
