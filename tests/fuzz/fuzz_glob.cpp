#include <algorithm>

#include "fuzz/check.h"
#include "fuzz/targets.h"
#include "model/glob.h"
#include "model/select_layers.h"

namespace actsparse {
namespace {

// The definition, word by word; slow where stars are many.
bool matches(const char* pattern, const char* name) {
  if (*pattern == '\0') return *name == '\0';
  if (*pattern == '*') {
    const bool crosses_dots = pattern[1] == '*';
    const char* rest = pattern + (crosses_dots ? 2 : 1);
    for (;; ++name) {
      if (matches(rest, name)) return true;
      if (*name == '\0' || (*name == '.' && !crosses_dots)) return false;
    }
  }
  if (*name == '\0') return false;
  return (*pattern == *name || (*pattern == '?' && *name != '.')) && matches(pattern + 1, name + 1);
}

Layer layer(const std::string& name, const std::string& type) {
  return {name, type, "__torch__." + type, "", {}};
}

void select(const LayerSelector& entry, const std::string& name) {
  const std::vector<Layer> layers = {layer("", "Net"), layer("conv1", "Conv2d"),
                                     layer("block.fc", "Linear"), layer(name, "Linear")};
  read_or_refuse([&] { select_layers(layers, {entry}); });
}

}  // namespace

void fuzz_glob(const std::string& bytes) {
  const size_t line = std::min(bytes.find('\n'), bytes.size());
  const std::string pattern = bytes.substr(0, line);
  const std::string name = line == bytes.size() ? "" : bytes.substr(line + 1);
  const bool matched = glob_matches(pattern, name);
  const bool is_text = bytes.find('\0') == std::string::npos;
  if (is_text && name.size() < 100 && std::count(pattern.begin(), pattern.end(), '*') <= 4)
    check(matched == matches(pattern.c_str(), name.c_str()), "two matchers disagree");
  LayerSelector entry;
  entry.path = "layers.0";
  entry.match = pattern;
  entry.exclude = {name};
  select(entry, name);
  entry.exclude.clear();
  select(entry, name);
}

}  // namespace actsparse
