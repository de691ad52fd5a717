#include <algorithm>
#include <optional>
#include <sstream>

#include "model/complaint.h"
#include "model/explain_failure.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using Sizes = std::vector<int64_t>;

struct ConvWeight {
  bool transposed = false;
  at::Tensor weight;  // [out, in / groups, ...], or [in, out / groups, ...] if transposed

  int64_t rank() const { return weight.dim(); }
  int64_t in() const { return weight.size(transposed ? 0 : 1); }
};

// In the order in which the model's modules were registered, most often that of the calls.
std::vector<ConvWeight> conv_weights(const Module& module) {
  std::vector<ConvWeight> weights;
  for (const Module& part : module.modules()) {
    const auto name = part.type()->name() ? part.type()->name()->name() : std::string();
    if (name.find("Conv") == std::string::npos || !part.hasattr("weight")) continue;
    const auto value = part.attr("weight");
    if (value.isTensor() && value.toTensor().dim() >= 3)
      weights.push_back({name.find("ConvTranspose") != std::string::npos, value.toTensor()});
  }
  return weights;
}

// How many dimensions all convolutions want; 0: there are none, or they differ.
int64_t conv_rank(const std::vector<ConvWeight>& convs) {
  if (convs.empty()) return 0;
  const auto differs = [&](const ConvWeight& conv) { return conv.rank() != convs[0].rank(); };
  return std::any_of(convs.begin(), convs.end(), differs) ? 0 : convs[0].rank();
}

Sizes one_sample_of(const Sizes& sizes) {
  Sizes batch = {1};
  batch.insert(batch.end(), sizes.begin(), sizes.end());
  return batch;
}

// A convolution took the input for one sample: so its channels became rows of the linear layer.
bool rows_are_channels(const Complaint& complaint, const std::vector<ConvWeight>& convs,
                       const Sizes& sizes) {
  const auto makes_them = [&](const ConvWeight& conv) {
    return !conv.transposed && conv.weight.size(0) == complaint.rows;
  };
  return sizes[0] != complaint.rows && std::any_of(convs.begin(), convs.end(), makes_them);
}

// Where no layer says how many dimensions it wants: the next more that is named, or the one that
// was asked for and is not there.
int64_t named_rank(const Complaint& complaint, int64_t rank) {
  int64_t wanted = 0;
  if (complaint.names_rank(rank))
    for (const int64_t other : complaint.ranks)
      if (other > rank && (wanted == 0 || other < wanted)) wanted = other;
  const std::string range = "[-" + std::to_string(rank) + ", " + std::to_string(rank - 1) + "]";
  if (complaint.has("Dimension out of range") && complaint.has(range) && !complaint.numbers.empty())
    wanted = complaint.numbers.back() + 1;
  return wanted > rank ? wanted : 0;
}

int64_t wanted_rank(const Complaint& complaint, const std::vector<ConvWeight>& convs,
                    const Sizes& sizes) {
  const auto rank = static_cast<int64_t>(sizes.size());
  const int64_t named = named_rank(complaint, rank), conv = conv_rank(convs);
  if (conv == 0) return named;
  const bool reaches_it =
      complaint.names_sizes(sizes) || complaint.names_sizes(one_sample_of(sizes)) || named != 0;
  if (rank > conv) return complaint.names_sizes(sizes) ? conv : 0;
  const bool is_short = rank == conv - 1 || rank == conv - 2;
  return is_short && (reaches_it || rows_are_channels(complaint, convs, sizes)) ? conv : 0;
}

std::string dimensions_text(int64_t rank) {
  const std::string text = std::to_string(rank) + " dimensions";
  if (rank == 3) return text + " [samples, channels, length]";
  if (rank == 4) return text + " [samples, channels, height, width]";
  if (rank == 5) return text + " [samples, channels, depth, height, width]";
  return text;
}

// "[0, 3, 1, 2]"; -1: null.
std::string permute_text(const Sizes& order) {
  std::ostringstream text;
  for (size_t i = 0; i < order.size(); ++i) {
    text << (i == 0 ? "[" : ", ");
    order[i] < 0 ? text << "null" : text << order[i];
  }
  return "\"permute\": " + text.str() + "] beside its \"path\" in data.inputs";
}

// The order of `rank` dimensions after the one at `from` is taken to `to`.
Sizes moved(int64_t rank, int64_t from, int64_t to) {
  Sizes order;
  for (int64_t i = 0; i < rank; ++i)
    if (i != from) order.push_back(i);
  order.insert(order.begin() + to, from);
  return order;
}

std::string rank_advice(const NamedInput& input, const std::vector<ConvWeight>& convs,
                        int64_t wanted) {
  const int64_t rank = input.tensor.dim();
  const std::string start = input_text(input) + dimensions_text(wanted);
  if (rank > wanted) return start + ": save it without the others";
  Sizes order = {0, -1};
  for (int64_t i = 1; i < rank; ++i) order.push_back(i);
  if (rank + 1 == wanted && !convs.empty() && convs[0].in() == 1)
    return start + ": " + permute_text(order) + " adds the channel";
  return start + ": dimension 0 must count samples; a single one is saved as x[None]";
}

std::optional<std::string> explain_rank(const Complaint& complaint,
                                        const std::vector<ConvWeight>& convs,
                                        const std::vector<NamedInput>& inputs) {
  for (const auto& input : inputs) {
    if (input.is_element || input.tensor.dim() == 0) continue;
    const int64_t wanted = wanted_rank(complaint, convs, input.tensor.sizes().vec());
    if (wanted != 0) return rank_advice(input, convs, wanted);
  }
  return std::nullopt;
}

// The dimension that the layer wants its channels in.
std::optional<int64_t> channel_dim(const Complaint& complaint, const NamedInput& input) {
  const auto any = [&](std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(), [&](const char* w) { return complaint.has(w); });
  };
  if (any({"channel", "running_mean", "running_var"})) return 1;
  if (any({"size(-1)", "last dim", "input_size", "embed_dim"})) return input.tensor.dim() - 1;
  return std::nullopt;
}

std::string layout_advice(const NamedInput& input, int64_t channels, int64_t from, int64_t to) {
  return input_text(input) + std::to_string(channels) + " channels in dimension " +
         std::to_string(to) + ", which are in dimension " + std::to_string(from) + ": put " +
         permute_text(moved(input.tensor.dim(), from, to)) + ", or for images \"layout\": \"" +
         (to == 1 ? "NCHW" : "NHWC") + "\"";
}

// The layer found one number where it wants another, and this input has both, the other way round.
std::optional<std::string> explain_layout(const Complaint& complaint, const NamedInput& input) {
  const auto to = channel_dim(complaint, input);
  if (!to || input.tensor.dim() < 3) return std::nullopt;
  const int64_t from = *to == 1 ? input.tensor.dim() - 1 : 1;
  const int64_t found = input.tensor.size(*to), elsewhere = input.tensor.size(from);
  if (found == elsewhere || !complaint.names(found)) return std::nullopt;
  if (complaint.names(elsewhere)) return layout_advice(input, elsewhere, from, *to);
  const int64_t wanted = complaint.channels;
  if (wanted < 0 || wanted == found || !complaint.names_sizes(input.tensor.sizes().vec()))
    return std::nullopt;
  return input_text(input) + std::to_string(wanted) + " channels in dimension 1, not " +
         std::to_string(found) + " (of images: \"channels\")";
}

}  // namespace

std::string explain_shape(const std::string& cause, const Module& module,
                          const std::vector<NamedInput>& inputs) {
  const Complaint complaint = read_complaint(cause);
  const auto convs = conv_weights(module);
  if (auto text = explain_rank(complaint, convs, inputs)) return *text;
  for (const auto& input : inputs)
    if (auto text = explain_layout(complaint, input)) return *text;
  return "";
}

}  // namespace actsparse
