#pragma once
// output.html: what a job has done, as a page.
#include "config/config.h"
#include "page/page.h"
#include "report/report.h"
#include "report/search_report.h"

namespace actsparse {

/// With what is drawn of its states.
PageReport page_report(const Config& config, const Report& report);
PageReport page_report(const Config& config, const SearchReport& report);

}  // namespace actsparse
