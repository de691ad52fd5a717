#include "data/constants.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "base/error.h"

namespace actsparse {
namespace {

using Json = nlohmann::json;

bool fits_int64(const Json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() ||
          value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
}

template <class Test>
bool all(const Json& list, Test test) {
  return std::all_of(list.begin(), list.end(), test);
}

template <class T>
c10::List<T> list_of(const Json& values) {
  c10::List<T> list;
  for (const auto& value : values) list.push_back(value.get<T>());
  return list;
}

}  // namespace

c10::IValue constant(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_boolean()) return value.get<bool>();
  if (fits_int64(value)) return value.get<int64_t>();
  if (value.is_number_float()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    if (all(value, fits_int64)) return list_of<int64_t>(value);
    if (all(value, [](const Json& v) { return v.is_number_float() || fits_int64(v); }))
      return list_of<double>(value);
    if (all(value, [](const Json& v) { return v.is_boolean(); })) return list_of<bool>(value);
  }
  throw Error(ErrorKind::Data, "a constant input cannot be " + value.dump() +
                                   "; allowed are null, bool, 64-bit int, float, string, and lists "
                                   "of ints, of floats or of bools");
}

}  // namespace actsparse
