#include "base/error.h"
#include "base/stopwatch.h"
#include "model/load_model.h"
#include "pipeline/prepared_job.h"
#include "pipeline/outputs.h"
#include "pipeline/small_model.h"
#include "pipeline/trial_batch.h"

namespace actsparse {

namespace fs = std::filesystem;

CompactReport compact(const fs::path& masked_path, const fs::path& small_out,
                      const CompactSettings& settings, const RunOptions& options) {
  const Stopwatch stopwatch;
  refuse_overwriting("-o", small_out, {masked_path});
  Outputs outputs;
  outputs.reserve(small_out);
  const Session masked{load_model(masked_path, options.device), settings.method, false,
                       options.device};
  require_method(masked.model, masked.method);
  const auto data = open_batches(settings.data);
  check_memory(data->batch_bytes());
  CompactReport report = write_small(outputs, {small_out, read_extra_files(masked_path)}, masked,
                                     first_batch(*data).arguments, settings.options)
                             .report;
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
  const auto report = std::make_shared<const CompactReport>(
      compact(request.masked, request.small_out, request.settings, options));
  return {[report] { return compact_document(*report); },
          [report](std::ostream& out) { print_text(*report, out); }};
}

}  // namespace actsparse
