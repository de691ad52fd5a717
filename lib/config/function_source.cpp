#include "config/function_source.h"

#include "base/digest.h"

namespace actsparse {

std::vector<SourceDigest> digests_of(const std::vector<FunctionSource>& sources) {
  std::vector<SourceDigest> digests;
  for (const auto& source : sources) digests.push_back({source.label, digest_of(source.text)});
  return digests;
}

}  // namespace actsparse
