#include "page/write_page.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/memory.h"

namespace actsparse {

namespace fs = std::filesystem;

void check_page(const fs::path& page, const std::vector<fs::path>& inputs) {
  std::error_code ignored;
  for (const auto& input : inputs)
    if (fs::equivalent(page, input, ignored))
      throw Error(ErrorKind::Usage, "-o " + page.string() + " would overwrite an input");
  check_writable(page);
  remove_leftovers(page);
}

WrittenPage write_page(const std::vector<PageReport>& reports, const fs::path& page) {
  const std::string html = page_of(reports);
  AtomicFile file(page);
  file.stream() << html;
  file.commit();
  return {page, static_cast<int64_t>(html.size())};
}

WrittenPage make_page(const std::vector<fs::path>& reports, const fs::path& page) {
  check_page(page, reports);
  return write_page(read_page_reports(reports), page);
}

nlohmann::ordered_json to_json(const WrittenPage& page) {
  return {{"version", 1},
          {"command", "report"},
          {"outputs", {{"html", page.file.filename().string()}}},
          {"bytes", page.bytes}};
}

void print_text(const WrittenPage& page, std::ostream& out) {
  out << "page: " << page.file.string() << " (" << bytes_text(page.bytes) << ")\n";
}

}  // namespace actsparse
