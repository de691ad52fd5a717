#pragma once
// Reading state files: every value is checked, as a file may come from anywhere.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "record/run.h"

namespace actsparse {

/// Throws Error(State): the file is no whole state, and which file would be one.
[[noreturn]] void broken_state(const std::string& what);

/// A dict of the document, with its place in it. Each read throws broken_state() unless the value
/// is what is asked for.
class DocumentReader {
 public:
  DocumentReader(const c10::IValue& value, std::string place);

  /// Null if there is none.
  const c10::IValue* find(const std::string& key) const;
  const c10::IValue& at(const std::string& key) const;
  DocumentReader dict(const std::string& key) const;
  int64_t integer(const std::string& key) const;  ///< not negative
  int64_t batches(const std::string& key) const;  ///< a number of batches that can be listed
  std::string text(const std::string& key) const;
  std::vector<c10::IValue> list(const std::string& key) const;
  std::vector<int64_t> integers(const std::string& key) const;   ///< none is negative
  std::vector<BatchRun> coverage(const std::string& key) const;  ///< of batches that can be listed
  std::vector<FunctionSource> sources(const std::string& key) const;

  const std::vector<std::pair<std::string, c10::IValue>>& entries() const { return entries_; }
  const std::string& place() const { return place_; }

 private:
  std::string place_;
  std::vector<std::pair<std::string, c10::IValue>> entries_;
};

/// What coverage() and sources() read.
c10::IValue coverage_document(const std::vector<BatchRun>& coverage);
c10::IValue sources_document(const std::vector<FunctionSource>& sources);

}  // namespace actsparse
