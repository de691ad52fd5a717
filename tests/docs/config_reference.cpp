// Compares what docs/ says of the config's keys with what the parser's tables say, or writes it
// anew. Usage: config_reference DOCS_FOLDER [--write]
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "config/reference.h"
#include "config/schema.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

// True if `file` says `text` at last.
bool settle(const fs::path& file, const std::string& text, bool write) {
  if (read(file) == text) return true;
  if (!write) return false;
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  return stream.flush().good();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) throw std::runtime_error("usage: config_reference DOCS_FOLDER [--write]");
  const fs::path docs = argv[1];
  const bool write = argc > 2 && std::string(argv[2]) == "--write";
  const std::string schema = actsparse::config_schema().dump(2) + "\n";
  const std::string page = actsparse::with_key_tables(read(docs / "config.md"));
  const bool schema_holds = settle(docs / "config.schema.json", schema, write);
  const bool page_holds = settle(docs / "config.md", page, write);
  if (!schema_holds || !page_holds)
    std::cerr << (schema_holds ? "config.md" : "config.schema.json")
              << " is not what lib/config's tables say: run scripts/config_reference\n";
  return schema_holds && page_holds ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "config_reference: " << error.what() << "\n";
  return 2;
}
