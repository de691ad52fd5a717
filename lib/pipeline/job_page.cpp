#include "pipeline/job_page.h"

namespace actsparse {
namespace {

// A config that a search has found is in no file yet.
std::string name_of_job(const Config& config) {
  return (config.file.empty() ? config.model.path : config.file).filename().string();
}

}  // namespace

PageReport page_report(const Config& config, const Report& report) {
  return {name_of_job(config), to_json(report), report.figures};
}

PageReport page_report(const Config& config, const SearchReport& report) {
  return {name_of_job(config), to_json(report)};
}

}  // namespace actsparse
