#pragma once
// The files that torch.jit.save(..., _extra_files) and others put into a TorchScript archive beside
// the model: labels, versions, and where a masked model comes from.
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <optional>

#include "config/provenance.h"

namespace actsparse {

using ExtraFiles = torch::jit::ExtraFilesMap;

/// All of them, by name. Throws Error(Model) if `path` is no archive that load_model() would read.
ExtraFiles read_extra_files(const std::filesystem::path& path);

/// Adds "actsparse.json", replacing one that an earlier run left.
void add_provenance(ExtraFiles& files, const Provenance& provenance);

/// Nothing if actsparse did not write the model, or if the file is not in its form.
std::optional<Provenance> provenance_in(const ExtraFiles& files);

}  // namespace actsparse
