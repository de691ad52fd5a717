#pragma once
// What the config's tables say of themselves: the tables of docs/config.md.
#include <string>

namespace actsparse {

/// `page` (Markdown) with each table of keys made anew: whatever stands between the lines
/// `<!-- keys: data -->` and `<!-- end of keys -->`. Beside the schema's definitions there are
/// `path` and `images`, the keys of these kinds of entries of data.inputs, and `selector`, those of
/// an entry of layers that select. Throws Error(Usage) for any other name, and where the end is
/// missing.
std::string with_key_tables(const std::string& page);

}  // namespace actsparse
