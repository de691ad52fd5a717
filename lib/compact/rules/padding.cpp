#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <limits>

#include "compact/rules/movement.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// Where an axis gets more elements, and where in the list the two numbers stand.
struct Border {
  int64_t axis = 0, before = 0, after = 0;
  size_t place = 0;
};

size_t padding_argument(const Visit& visit) {
  const auto* const schema = visit.node.maybeSchema();
  return visit.input(schema->argumentIndexWithName("pad") ? "pad" : "padding");
}

// The list has two numbers for each axis, the last axis first.
std::vector<Border> borders_of(const Visit& visit) {
  const auto* const padding = visit.node.inputs().at(padding_argument(visit));
  visit.require(visit.trace.value(padding) != nullptr, "no rule");
  const auto numbers = visit.trace.value(padding)->toIntVector();
  const bool is_static = visit.trace.is_static(padding);
  std::vector<Border> borders;
  for (size_t i = 0; i + 1 < numbers.size(); i += 2) {
    const Border border{visit.channels(0).dim() - 1 - static_cast<int64_t>(i / 2), numbers[i],
                        numbers[i + 1], i};
    visit.require(border.axis >= 0, "no rule");
    if (!is_static || border.before != 0 || border.after != 0) borders.push_back(border);
  }
  return borders;
}

// The value that is put into the border; nothing for operators that repeat or mirror elements.
std::optional<double> border_value(const Visit& visit) {
  const auto* const schema = visit.node.maybeSchema();
  if (!schema->argumentIndexWithName("value")) return std::nullopt;
  if (schema->argumentIndexWithName("mode") &&
      visit.value(visit.input("mode")).toStringRef() != "constant")
    return std::nullopt;
  const auto& value = visit.value(visit.input("value"));
  return value.isNone() ? 0 : value.toScalar().toDouble();
}

// The border may hold another value than the channel: known is only a channel of zeros with zeros
// around it.
Channels with_planes_padded(Channels channels, const Border& border, bool is_zero) {
  channels.ids = channels.ids.narrow(border.axis, 0, 1);
  channels.known = channels.known.narrow(border.axis, 0, 1);
  channels.known =
      channels.known.masked_fill(is_zero ? channels.known.ne(0) : channels.known.eq(channels.known),
                                 std::numeric_limits<double>::quiet_NaN());
  return channels;
}

// Channels of the border's value are put before and after the others.
Channels with_channels_padded(const Channels& channels, const Border& border, double value,
                              const at::Tensor& before, const at::Tensor& after) {
  const auto part = [&](const at::Tensor& numbers) {
    auto sizes = channels.ids.sizes().vec();
    std::vector<int64_t> shape(sizes.size(), 1);
    sizes[border.axis] = shape[border.axis] = numbers.numel();
    return numbers.view(shape).expand(sizes);
  };
  const auto filled = [&](const at::Tensor& ids) {
    return part(at::full(ids.sizes(), value, at::kDouble));
  };
  return {at::cat({part(before), channels.ids, part(after)}, border.axis),
          at::cat({filled(before), channels.known, filled(after)}, border.axis)};
}

Channels pad_channels(Visit& visit, const Channels& channels, const Border& border) {
  const auto value = border_value(visit);
  const size_t argument = padding_argument(visit);
  const auto* const list = visit.node.inputs().at(argument);
  visit.require(value && border.before >= 0 && border.after >= 0, "it mirrors or cuts channels");
  visit.require(visit.trace.is_static(list) && has_elements(*list), "its sizes are computed");
  const auto before = visit.findings.ids.fresh(border.before),
             after = visit.findings.ids.fresh(border.after);
  visit.edit([=](Rewrite& rewrite, const Arguments& arguments) {
    const auto shrink = [&](const at::Tensor& ids, size_t element) {
      if (ids.numel() == 0) return;
      const int64_t left = rewrite.kept_count({ids, ids}, 0);
      if (left != ids.numel()) rewrite.set_element(arguments.node, argument, element, left);
    };
    shrink(before, border.place);
    shrink(after, border.place + 1);
  });
  return with_channels_padded(channels, border, *value, before, after);
}

void pad(Visit& visit) {
  Channels channels = visit.channels(0);
  const double value = border_value(visit).value_or(0);
  const auto sizes = visit.output_sizes();
  std::optional<Border> of_channels;
  for (const auto& border : borders_of(visit))
    if (changes_along(channels, border.axis))
      of_channels = border;
    else
      channels = with_planes_padded(channels, border, value == 0);
  if (of_channels) channels = pad_channels(visit, channels, *of_channels);
  visit.give({channels.ids.expand(sizes), channels.known.expand(sizes)});
}

}  // namespace

Rows padding_rows() {
  return {
      {{"aten::constant_pad_nd", "aten::pad", "aten::reflection_pad1d", "aten::reflection_pad2d",
        "aten::reflection_pad3d", "aten::replication_pad1d", "aten::replication_pad2d",
        "aten::replication_pad3d"},
       pad,
       free_of_macs},
  };
}

}  // namespace actsparse::rules
