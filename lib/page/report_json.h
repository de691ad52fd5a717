#pragma once
// Looking things up in a report that may lack any of them: another version has written it, or
// another tool.
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace actsparse {

using ReportJson = nlohmann::ordered_json;

/// null, and the empty list.
const ReportJson& no_part();
const ReportJson& no_list();

/// What stands at the end of the path; null if anything on it is missing.
const ReportJson& part(const ReportJson& document, std::initializer_list<const char*> path);

/// Of a list its elements, of anything else none.
const ReportJson& list(const ReportJson& document, std::initializer_list<const char*> path);

/// Nothing if it is no number; "nan", "inf" and "-inf" are numbers.
std::optional<double> number(const ReportJson& value);
std::optional<double> number(const ReportJson& document, std::initializer_list<const char*> path);

/// Empty if it is no text.
std::string text(const ReportJson& document, std::initializer_list<const char*> path);

/// The texts of a list.
std::vector<std::string> texts(const ReportJson& document, std::initializer_list<const char*> path);

}  // namespace actsparse
