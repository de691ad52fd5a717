#include "sparsifier/state_file.h"

#include <string>

#include "base/error.h"
#include "data/batch_source.h"
#include "data/write_archive.h"

namespace actsparse {

void write_state(const StateDict& state, std::ostream& out) {
  write_archive(to_ivalue(state), out, "the state");
}

std::string state_bytes(const StateDict& state) { return archive_bytes(to_ivalue(state)); }

StateDict state_from_bytes(const std::string& bytes) {
  return state_from_ivalue(document_from_bytes(bytes));
}

StateDict read_state(const std::filesystem::path& path) {
  try {
    return state_from_ivalue(read_pickle(path.string(), ErrorKind::State));
  } catch (const Error& error) {
    const bool named = std::string(error.what()).find(path.string()) != std::string::npos;
    throw named ? error : error.in(path.string());
  }
}

}  // namespace actsparse
