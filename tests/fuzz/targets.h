#pragma once
// What each fuzz target does with the bytes it gets: scripts/fuzz feeds it from libFuzzer,
// replay_test.cpp from tests/fuzz/corpus.
#include <string>

namespace actsparse {

/// Each reads `bytes` as a file of its kind and uses what was read. An Error that blames the input
/// is an answer like any other. Throws std::logic_error if a promise is broken, and lets every
/// other exception through: both are findings.
void fuzz_config(const std::string& bytes);     ///< JSON; after each NUL one `--set`
void fuzz_npy(const std::string& bytes);        ///< a .npy file
void fuzz_npz(const std::string& bytes);        ///< a .npz file, or a .npy file to be put into one
void fuzz_batch(const std::string& bytes);      ///< a .pt file, or a pickle to be put into one
void fuzz_state(const std::string& bytes);      ///< a state file, or a pickle to be put into one
void fuzz_image(const std::string& bytes);      ///< a PNG or JPEG file
void fuzz_program(const std::string& bytes);    ///< the JSON of a program of torch.export
void fuzz_zip(const std::string& bytes);        ///< any zip archive
void fuzz_functions(const std::string& bytes);  ///< TorchScript source
void fuzz_glob(const std::string& bytes);       ///< a pattern, a line feed, a name

}  // namespace actsparse
