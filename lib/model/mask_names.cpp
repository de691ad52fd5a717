#include "model/mask_names.h"

#include <algorithm>
#include <cctype>

namespace actsparse {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Where "activation_mask", or another kind, begins; npos in a name that is none.
size_t mask_start(const std::string& name, const std::string& kind) {
  const size_t start = name.rfind(kind);
  if (start == std::string::npos || (start > 0 && name[start - 1] != '_')) return std::string::npos;
  const std::string rest = name.substr(start + kind.size());
  const bool fits = rest.empty() || (rest[0] == '_' && is_number(rest.substr(1)));
  return fits && start != 1 ? start : std::string::npos;
}

}  // namespace

std::string mask_name(const std::string& use, int number, const std::string& kind) {
  return (use.empty() ? "" : use + "_") + kind + (number == 0 ? "" : "_" + std::to_string(number));
}

bool is_mask_name(const std::string& name, const std::string& kind) {
  return mask_start(name, kind) != std::string::npos;
}

std::string layer_of_mask(const std::string& path) {
  const size_t dot = path.rfind('.');
  const std::string owner = dot == std::string::npos ? "" : path.substr(0, dot);
  const std::string name = dot == std::string::npos ? path : path.substr(dot + 1);
  size_t start = mask_start(name, kMaskBuffer);
  if (start == std::string::npos) start = mask_start(name, kThresholdBuffer);
  if (start == 0 || start == std::string::npos) return owner;
  return (owner.empty() ? "" : owner + ".") + name.substr(0, start - 1);
}

}  // namespace actsparse
