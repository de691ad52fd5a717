#include "page/read_reports.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/nearest.h"
#include "config/messages.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string>& drawn_commands() {
  static const std::vector<std::string> names = {"run",         "apply",    "compact", "evaluate",
                                                 "sensitivity", "search",   "step",    "merge",
                                                 "inspect",     "calibrate"};
  return names;
}

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw Error(ErrorKind::State, path.string() + ": " + why);
}

// A document that is nested deeper than any report is none: what walks over it calls itself.
ReportJson parse(const fs::path& path, std::istream& in) try {
  constexpr int kMostLevels = 64;
  return ReportJson::parse(in, [&](int depth, ReportJson::parse_event_t, ReportJson&) {
    if (depth > kMostLevels) refuse(path, "is JSON, but no report: it is nested too deeply");
    return true;
  });
} catch (const nlohmann::json::exception& cause) {
  throw Error(ErrorKind::State, path.string() + ": is no report of actsparse, as it is no JSON")
      .with_details(cause.what());
}

void check_kind(const fs::path& path, const ReportJson& document) {
  const auto& known = drawn_commands();
  const std::string command = text(document, {"command"});
  if (std::find(known.begin(), known.end(), command) == known.end())
    refuse(path, "is JSON, but no report of actsparse (output.report, --json): its 'command' is " +
                     (command.empty() ? "missing" : describe(command)) + ", known are " +
                     quoted_list(known));
  const auto version = number(document, {"version"});
  if (version && *version > 1)
    refuse(path, "is a report of a newer actsparse: its version is " +
                     part(document, {"version"}).dump() + ", known is 1");
}

}  // namespace

PageReport read_page_report(const fs::path& path) {
  std::error_code failed;
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path, failed))
    refuse(path, std::string("cannot be read: ") + (file ? "is a folder" : std::strerror(errno)));
  PageReport report{path.filename().string(), parse(path, file)};
  check_kind(path, report.document);
  return report;
}

std::vector<PageReport> read_page_reports(const std::vector<fs::path>& paths) {
  std::vector<PageReport> reports;
  for (const auto& path : paths) reports.push_back(read_page_report(path));
  const auto shared = [&](const fs::path& path) {
    return std::count_if(paths.begin(), paths.end(), [&](const fs::path& other) {
             return other.filename() == path.filename();
           }) > 1;
  };
  for (size_t i = 0; i < paths.size(); ++i)
    if (shared(paths[i])) reports[i].name = paths[i].lexically_normal().generic_string();
  return reports;
}

}  // namespace actsparse
