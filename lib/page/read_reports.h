#pragma once
// The files that a page is made of.
#include <filesystem>
#include <vector>

#include "page/page.h"

namespace actsparse {

/// A report that a command has written or printed. Throws Error(State): the file cannot be read, is
/// no JSON, or is no report that a page can be made of.
PageReport read_page_report(const std::filesystem::path& path);
/// In their order; those of the same file name are told apart by their folders.
std::vector<PageReport> read_page_reports(const std::vector<std::filesystem::path>& paths);

}  // namespace actsparse
