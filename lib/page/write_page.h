#pragma once
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "page/page.h"

namespace actsparse {

/// Throws Error(Usage) if the page would overwrite one of `inputs`, Error(Output) if it cannot be
/// written; before anything is read.
void check_page(const std::filesystem::path& page,
                const std::vector<std::filesystem::path>& inputs);

struct WrittenPage {
  std::filesystem::path file;
  int64_t bytes = 0;
};

/// Puts the page in place when it is whole. Throws Error(Output).
WrittenPage write_page(const std::vector<PageReport>& reports, const std::filesystem::path& page);

/// All that is done where no states are given: checks, reads and writes. Throws what these do.
WrittenPage make_page(const std::vector<std::filesystem::path>& reports,
                      const std::filesystem::path& page);

/// The document of the command 'report'.
nlohmann::ordered_json to_json(const WrittenPage& page);
void print_text(const WrittenPage& page, std::ostream& out);

}  // namespace actsparse
