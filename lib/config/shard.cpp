#include "config/shard.h"

#include <charconv>

#include "base/error.h"

namespace actsparse {
namespace {

bool read_number(const char* begin, const char* end, int64_t& number) {
  const auto [stopped, failed] = std::from_chars(begin, end, number);
  return failed == std::errc() && stopped == end && begin != end;
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const auto slash = text.find('/');
  const char *begin = text.data(), *end = begin + text.size();
  const bool is_read = slash != std::string::npos &&
                       read_number(begin, begin + slash, shard.index) &&
                       read_number(begin + slash + 1, end, shard.count);
  if (!is_read || shard.index < 1 || shard.index > shard.count)
    throw Error(ErrorKind::Usage,
                "--shard: found '" + text + "', allowed is I/N with 1 <= I <= N, e.g. 2/4");
  return shard;
}

}  // namespace actsparse
