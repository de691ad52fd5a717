#pragma once
// State files: a zip archive that torch.load(path) reads with its defaults, and LibTorch's
// pickle_load too (docs/files.md).
#include <filesystem>
#include <ostream>

#include "sparsifier/state_dict.h"

namespace actsparse {

/// Writes the archive; equal states give equal bytes. Throws Error(Output) if `out` fails.
void write_state(const StateDict& state, std::ostream& out);

/// The same in memory, for another process of this actsparse. Throws Error(State).
std::string state_bytes(const StateDict& state);
StateDict state_from_bytes(const std::string& bytes);

/// Throws Error(State): absent, broken, and too new are three different messages.
StateDict read_state(const std::filesystem::path& path);

}  // namespace actsparse
