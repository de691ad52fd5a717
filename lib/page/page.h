#pragma once
// Reports as one HTML file that needs no other: tables that read without scripts, and charts.
#include <string>
#include <vector>

#include "page/layer_figures.h"
#include "page/report_json.h"

namespace actsparse {

struct PageReport {
  std::string name;                        ///< of its file; what the page calls it
  ReportJson document;                     ///< docs/files.md; any part of it may be missing
  std::vector<LayerFigures> figures = {};  ///< of its states; empty: none was given
};

/// One report, or several side by side and then one by one.
std::string page_of(const std::vector<PageReport>& reports);

/// Reports of one job, one after the other: a search, and the run of what it has found.
std::string page_of_job(const std::vector<PageReport>& parts);

}  // namespace actsparse
