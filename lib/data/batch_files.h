#pragma once
#include <memory>

#include "data/batch_source.h"

namespace actsparse {

/// The files that `config.batches` names, each one batch. All are opened once now. `labels` (null:
/// none) become the last argument. Throws Error(Data).
std::unique_ptr<BatchSource> open_batch_files(const DataConfig& config,
                                              const FileInput* labels = nullptr);

}  // namespace actsparse
