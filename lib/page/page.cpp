#include "page/page.h"

#include "base/version.h"
#include "page/base64.h"
#include "page/embedded.h"
#include "page/html.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

// Only our own scripts run, whatever a name in a report may hold, and nothing is loaded.
std::string content_policy() {
  return "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-" +
         base64_of_hex(chart_js_sha256) + "' 'sha256-" + base64_of_hex(page_js_sha256) + "'";
}

// What a state would have shown, if none was given.
std::string state_hint(const PageReport& report) {
  if (!report.figures.empty() || masked_layers(report.document).empty()) return "";
  return paragraph(
      "Maps of the channels and histograms of the activations are not in a report. With --state, "
      "and the state that 'run', 'step' or 'calibrate' has written, 'actsparse report' draws them, "
      "and so does 'run' with output.html.",
      "class=\"note\"");
}

std::string sections_of(const PageReport& report, const std::string& prefix, Charts& charts) {
  const ReportJson& document = report.document;
  const auto titled = [&](const char* id, const char* title, const std::string& content) {
    return section(prefix + id, title, content);
  };
  return headline_tiles(document) + titled("warnings", "Warnings", warnings_of(document)) +
         titled("facts", "What was run", facts_of(document)) +
         titled("answers", "Answers, before and after", answers_of(document)) +
         titled("sizes", "Size and time, before and after", sizes_of(document)) +
         titled("layers", "Layers", layers_of(document) + state_hint(report)) +
         titled("channels", "Channels", channel_maps_of(report.figures, charts)) +
         titled("histograms", "Activations", histograms_of(report.figures, charts)) +
         titled("trade-off", "Trade-off", trade_off_of(document, charts)) +
         titled("sensitivity", "Sensitivity", sensitivity_of(document, charts)) +
         titled("repair", "Repair", repair_of(document)) +
         titled("removed", "Removed channels", removed_channels_of(document)) +
         titled("provenance", "Provenance", provenance_of(document));
}

std::string title_of(const PageReport& report) {
  return text(report.document, {"command"}) + ": " + report.name;
}

// Each under a heading of its own.
std::string one_by_one(const std::vector<PageReport>& reports, Charts& charts) {
  std::string html;
  for (size_t i = 0; i < reports.size(); ++i) {
    const std::string id = "report-" + std::to_string(i + 1);
    html += element("article",
                    "\n" + element("h1", escaped(title_of(reports[i]))) + "\n" +
                        sections_of(reports[i], id + "-", charts),
                    "id=\"" + id + "\"") +
            "\n";
  }
  return html;
}

std::string whole_page(const std::string& title, const std::string& content, const Charts& charts) {
  const std::string safe_title = escaped(title), policy = escaped(content_policy()),
                    version = escaped(tool_version()), data = script_json(charts.data()),
                    licence = escaped(chart_licence);
  return filled(page_html, {{"title", safe_title},
                            {"policy", policy},
                            {"style", page_css},
                            {"content", content},
                            {"version", version},
                            {"licence", licence},
                            {"data", data},
                            {"chart_js", chart_js},
                            {"page_js", page_js}});
}

}  // namespace

std::string page_of(const std::vector<PageReport>& reports) {
  Charts charts;
  if (reports.size() == 1) {
    const std::string content = sections_of(reports[0], "", charts);
    return whole_page(title_of(reports[0]), content, charts);
  }
  std::string content = section("comparison", "Side by side", comparison_of(reports, charts));
  content += one_by_one(reports, charts);
  return whole_page(std::to_string(reports.size()) + " reports", content, charts);
}

std::string page_of_job(const std::vector<PageReport>& parts) {
  Charts charts;
  const std::string content = one_by_one(parts, charts);
  return whole_page(parts.empty() ? "" : parts[0].name, content, charts);
}

}  // namespace actsparse
