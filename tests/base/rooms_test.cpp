// What the rooms of lib/ and app/ include, read from their sources.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

// Lower rooms first; a room may include itself and those before it.
const std::vector<std::string> rooms = {
    "base",    "config",   "page",       "distributed", "statistics", "record",
    "data",    "exported", "model",      "functions",   "compact",    "repair",
    "quality", "search",   "sparsifier", "report",      "pipeline",   "app"};

using Includes = std::map<std::string, std::vector<std::string>>;  // by path: "lib/base/error.h"

std::vector<std::string> includes_of(const fs::path& file) {
  std::vector<std::string> found;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("#include ", 0) != 0) continue;
    const auto begin = line.find_first_of("<\"") + 1;
    found.push_back(line.substr(begin, line.find_first_of(">\"", begin) - begin));
  }
  return found;
}

// Of all sources, with our own headers as paths like the keys.
Includes all_includes() {
  Includes all;
  for (const char* folder : {"lib", "app"})
    for (const auto& entry : fs::recursive_directory_iterator(source_dir() / folder))
      if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
        all[fs::relative(entry.path(), source_dir()).generic_string()] = includes_of(entry.path());
  for (auto& [file, includes] : all)
    for (auto& include : includes)
      for (const char* folder : {"lib/", "app/"})
        if (all.count(folder + include) != 0) include = folder + include;
  return all;
}

// "lib/compact/rules/linear.cpp" -> "compact"; all of app/ is one room.
std::string room_of(const std::string& file) {
  if (file.rfind("app/", 0) == 0) return "app";
  return file.rfind("lib/", 0) == 0 ? file.substr(4, file.find('/', 4) - 4) : "";
}

// LibTorch's modules may be used anywhere; graphs, compilers and passes may not.
bool is_ir(const std::string& include) {
  static const std::set<std::string> plain = {"torch/csrc/jit/api/module.h",
                                              "torch/csrc/jit/runtime/print_handler.h"};
  const auto starts = [&](const char* text) { return include.rfind(text, 0) == 0; };
  if (starts("torch/csrc/jit/serialization/") || plain.count(include) != 0) return false;
  return starts("torch/csrc/jit/") || starts("torch/csrc/api/") || starts("torch/script.h") ||
         starts("torch/torch.h");
}

// "a.cpp > b.h > torch/csrc/jit/ir/ir.h"; empty if `file` reaches no IR.
std::string chain_to_ir(const Includes& all, const std::string& file, std::set<std::string>& seen) {
  if (is_ir(file)) return file;
  const auto found = all.find(file);
  if (found == all.end() || !seen.insert(file).second) return "";
  for (const auto& include : found->second)
    if (const auto chain = chain_to_ir(all, include, seen); !chain.empty())
      return file + " > " + chain;
  return "";
}

}  // namespace

TEST_CASE("a header that leaks TorchScript IR is told with the chain that leads to it", "[base]") {
  const Includes all = {{"lib/report/a.cpp", {"map", "lib/report/b.h"}},
                        {"lib/report/b.h", {"torch/csrc/jit/api/module.h", "lib/model/c.h"}},
                        {"lib/model/c.h", {"lib/report/b.h", "torch/csrc/jit/ir/ir.h"}}};
  std::set<std::string> seen;
  CHECK(chain_to_ir(all, "lib/report/a.cpp", seen) ==
        "lib/report/a.cpp > lib/report/b.h > lib/model/c.h > torch/csrc/jit/ir/ir.h");
}

TEST_CASE("no TorchScript IR outside model, compact and repair", "[base]") {
  const std::set<std::string> knowing = {"exported", "model", "compact", "repair"};
  const Includes all = all_includes();
  for (const auto& [file, includes] : all) {
    std::set<std::string> seen;
    const auto chain = chain_to_ir(all, file, seen);
    INFO(chain);
    CHECK((chain.empty() || knowing.count(room_of(file)) != 0));
  }
}

TEST_CASE("rooms include only downwards", "[base]") {
  const auto place = [](const std::string& room) {
    return std::find(rooms.begin(), rooms.end(), room) - rooms.begin();
  };
  size_t inner = 0;
  for (const auto& [file, includes] : all_includes()) {
    INFO(file);
    CHECK(place(room_of(file)) < static_cast<std::ptrdiff_t>(rooms.size()));
    for (const auto& include : includes) {
      if (room_of(include).empty()) continue;
      INFO(include);
      CHECK(place(room_of(include)) <= place(room_of(file)));
      ++inner;
    }
  }
  CHECK(inner > 500);  // the sources were found
}
