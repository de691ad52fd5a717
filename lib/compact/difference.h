#pragma once
#include <string>

namespace actsparse {

/// How far one model's outputs are from another's, on one input.
struct Difference {
  double relative = 0;        ///< largest |a - b| over largest |a|, of the worst output
  double over_variation = 0;  ///< largest |a - b| over the largest deviation of a sample of a from
                              ///< the samples' mean, of the worst output; 0 if there is one sample
  bool varies = true;         ///< false if all samples of `a` have the same output: then equality
                              ///< shows nothing
  std::string shape;          ///< of the first tensor argument: "[2, 3, 224, 224]"
};

}  // namespace actsparse
