#pragma once
// Where in a zip file the entries' bytes lie, which libzip does not tell.
#include <cstdint>
#include <map>
#include <string>

#include "data/bytes.h"

namespace actsparse {

/// Offset of each entry's local header, by name; zip64 too. Throws std::exception if the central
/// directory is damaged.
std::map<std::string, int64_t> local_headers(ByteSource& file);

/// Where the data behind the local header at `header` start. Throws std::exception if there is no
/// header.
int64_t data_offset(ByteSource& file, int64_t header);

}  // namespace actsparse
