#pragma once
// User functions as text.
#include <string>
#include <vector>

#include "config/provenance.h"

namespace actsparse {

/// A TorchScript source text and the name it goes by in messages. Kept whole so that a state file
/// can carry it.
struct FunctionSource {
  std::string label;
  std::string text;
};

/// Names and SHA-256 of sources.
std::vector<SourceDigest> digests_of(const std::vector<FunctionSource>& sources);

}  // namespace actsparse
