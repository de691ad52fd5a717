#include "data/dtypes.h"

#include <map>
#include <vector>

#include "base/error.h"
#include "base/nearest.h"

namespace actsparse {
namespace {

const std::map<std::string, at::ScalarType>& dtypes_by_name() {
  static const std::map<std::string, at::ScalarType> table = {{"bool", at::kBool},
                                                              {"uint8", at::kByte},
                                                              {"int8", at::kChar},
                                                              {"int16", at::kShort},
                                                              {"int32", at::kInt},
                                                              {"int64", at::kLong},
                                                              {"float16", at::kHalf},
                                                              {"bfloat16", at::kBFloat16},
                                                              {"float32", at::kFloat},
                                                              {"float64", at::kDouble},
                                                              {"complex64", at::kComplexFloat},
                                                              {"complex128", at::kComplexDouble}};
  return table;
}

}  // namespace

at::ScalarType dtype_named(const std::string& name, const std::string& where) {
  const auto found = dtypes_by_name().find(name);
  if (found != dtypes_by_name().end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : dtypes_by_name()) names.push_back(entry.first);
  throw Error(ErrorKind::Data, where + ": unknown dtype '" + name + "'; known are " +
                                   quoted_list(names) + did_you_mean(name, names));
}

std::string name_of_dtype(at::ScalarType dtype) {
  for (const auto& [name, known] : dtypes_by_name())
    if (known == dtype) return name;
  return c10::toString(dtype);
}

}  // namespace actsparse
