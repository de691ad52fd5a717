#include "functions/channel_dim.h"

namespace actsparse {
namespace {

constexpr const char* except_dim = "except_dim";

}  // namespace

bool asks_for_channels(const FunctionConfig& aggregate) {
  const auto found = aggregate.parameters.find(except_dim);
  return found != aggregate.parameters.end() && *found == "channels";
}

FunctionConfig with_channel_dim(FunctionConfig aggregate, int64_t dim) {
  if (asks_for_channels(aggregate)) aggregate.parameters[except_dim] = {dim};
  return aggregate;
}

FunctionConfig with_channel_dim_of(FunctionConfig aggregate, const FunctionConfig& known) {
  const auto found = known.parameters.find(except_dim);
  if (found == known.parameters.end() || !found->is_array() || found->size() != 1 ||
      !found->front().is_number_integer())
    return aggregate;
  return with_channel_dim(std::move(aggregate), found->front().get<int64_t>());
}

}  // namespace actsparse
