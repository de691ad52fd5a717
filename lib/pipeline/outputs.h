#pragma once
// The files that a command writes.
#include <deque>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "config/config.h"

namespace actsparse {

/// Output files that are put in place together at the end, so that a failure leaves none.
class Outputs {
 public:
  /// Throws Error(Output) now if `path` cannot be written. An empty path is none.
  void reserve(const std::filesystem::path& path) const;
  void reserve(const OutputConfig& output) const;
  /// A new file; written now, renamed by commit().
  AtomicFile& create(const std::filesystem::path& path);
  /// Drops a file that was created: a gate has failed, say.
  void discard(const std::filesystem::path& path);
  void commit();

 private:
  std::deque<AtomicFile> files_;
  std::set<const AtomicFile*> discarded_;
};

/// Throws Error(Usage) if `output`, given on the command line as `option` ("-o"), is one of
/// `inputs`.
void refuse_overwriting(const std::string& option, const std::filesystem::path& output,
                        const std::vector<std::filesystem::path>& inputs);

}  // namespace actsparse
