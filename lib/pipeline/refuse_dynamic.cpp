#include "pipeline/refuse_dynamic.h"

#include "base/error.h"
#include "functions/dynamic_masks.h"

namespace actsparse {
namespace {

void refuse_if_dynamic(const MergedSettings& settings, const std::string& where,
                       const std::string& what) {
  if (is_dynamic(settings))
    throw Error(ErrorKind::Config, where + ": mask_fn '" + settings.mask_fn->name +
                                       "' is dynamic, but " + what +
                                       " is for masks that are the same for every input; leave out "
                                       "one of the two");
}

}  // namespace

void refuse_dynamic(const Config& config, const std::string& what) {
  for (const auto& layer : config.layers)
    refuse_if_dynamic(merge(config.defaults, layer.settings), layer.path, what);
}

void refuse_dynamic(const StateDict& state, const std::string& what) {
  for (const auto& layer : state.layers)
    refuse_if_dynamic(layer.settings, layer_text(layer.site.layer), what);
}

}  // namespace actsparse
