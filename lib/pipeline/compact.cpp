#include "base/error.h"
#include "model/load_model.h"
#include "pipeline/stages.h"

namespace actsparse {

namespace fs = std::filesystem;

CompactReport compact(const fs::path& masked_path, const fs::path& small_out,
                      const CompactSettings& settings, const RunOptions& options) {
  const Stopwatch stopwatch;
  std::error_code ignored;
  if (fs::equivalent(masked_path, small_out, ignored))
    throw Error(ErrorKind::Usage, "-o " + small_out.string() + " would overwrite the input");
  Outputs outputs;
  outputs.reserve(small_out);
  const torch::jit::Module masked = load_model(masked_path, options.device);
  require_method(masked, settings.method);
  const auto data = open_batches(settings.data);
  check_memory(data->batch_bytes());
  const SmallFile file = {small_out, options.device, read_extra_files(masked_path)};
  CompactReport report = write_small(outputs, file, masked, settings.method,
                                     first_batch(*data).arguments, settings.options);
  if (report.layers.empty())
    throw Error(ErrorKind::Model,
                "there is no mask in the model: no activation is multiplied by a constant that has "
                "zeros; give the masked model that 'actsparse run' or 'apply' wrote");
  report.masked = masked_path.filename().string();
  outputs.commit();
  report.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const CompactRequest& request, const RunOptions& options) {
  return compact(request.masked, request.small_out, request.settings, options);
}

}  // namespace actsparse
