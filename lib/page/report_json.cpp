#include "page/report_json.h"

#include <limits>

namespace actsparse {

const ReportJson& no_part() {
  static const ReportJson missing;
  return missing;
}

const ReportJson& no_list() {
  static const ReportJson empty = ReportJson::array();
  return empty;
}

const ReportJson& part(const ReportJson& document, std::initializer_list<const char*> path) {
  const ReportJson* found = &document;
  for (const char* key : path) {
    if (!found->is_object()) return no_part();
    const auto next = found->find(key);
    if (next == found->end()) return no_part();
    found = &*next;
  }
  return *found;
}

const ReportJson& list(const ReportJson& document, std::initializer_list<const char*> path) {
  const ReportJson& found = part(document, path);
  return found.is_array() ? found : no_list();
}

std::optional<double> number(const ReportJson& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& word = value.get_ref<const std::string&>();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "-inf") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

std::optional<double> number(const ReportJson& document, std::initializer_list<const char*> path) {
  return number(part(document, path));
}

std::string text(const ReportJson& document, std::initializer_list<const char*> path) {
  const ReportJson& found = part(document, path);
  return found.is_string() ? found.get<std::string>() : "";
}

std::vector<std::string> texts(const ReportJson& document,
                               std::initializer_list<const char*> path) {
  std::vector<std::string> all;
  for (const auto& entry : list(document, path))
    if (entry.is_string()) all.push_back(entry.get<std::string>());
  return all;
}

}  // namespace actsparse
