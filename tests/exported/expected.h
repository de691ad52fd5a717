#pragma once
// What PyTorch said that a model gives, against what it gives here.
#include <string>

namespace actsparse {

struct Comparison {
  double difference = 0;  ///< the largest, of the largest output of each tensor
  bool equal = true;      ///< bit for bit
};

/// `expected` is a file of torch.save((inputs, outputs)): see make_archives.py. Throws where the
/// model cannot be loaded or run, and where the number of outputs or a shape differs.
Comparison compare_with_expected(const std::string& model, const std::string& expected);

}  // namespace actsparse
