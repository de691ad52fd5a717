#pragma once
// Configs over sample models and over small models made of text, in a folder of their own.
#include <torch/csrc/jit/api/module.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/pipeline.h"
#include "support/files.h"

namespace actsparse {

/// A folder with a model and a config that calibrates it; relative paths lie in the folder.
class Workplace {
 public:
  /// digits_cnn (as model.pt) and its first 64 calibration images in two batches; layers conv1, fc.
  Workplace();
  /// `model` as model.pt, run on random [8, 4] in two batches; layers as named.
  Workplace(const torch::jit::Module& model, const std::vector<std::string>& layers);

  Config config() const;
  std::filesystem::path operator/(const std::string& name) const { return folder / name; }
  std::string read(const std::string& name) const { return read_file(folder / name); }
  /// Names of the files in the folder, sorted.
  std::vector<std::string> names() const;

  TemporaryFolder folder;
  nlohmann::json json;
};

/// forward(x): fc(dropout(x)), dropout in train mode only; fc is a scale.
torch::jit::Module with_dropout();

}  // namespace actsparse
