#pragma once
#include <string>
#include <vector>

#include "sparsifier/choose.h"

namespace actsparse {

/// What the user should know of a run: logged when it is added, and kept for the report. The log
/// has one of each kind (report/group_warnings.h).
class Warnings {
 public:
  void add(const std::string& text);
  void add(const std::vector<std::string>& texts);
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

void log_warnings(const std::vector<std::string>& warnings);
/// Those of single layers are kept with the layers.
void log_warnings(const std::vector<LayerWarning>& warnings);

}  // namespace actsparse
