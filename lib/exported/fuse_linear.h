#pragma once
#include "exported/program.h"

namespace actsparse::exported {

/// Decomposed programs say permute(weight) and addmm or mm where the model had a linear layer:
/// makes these linear again, where weight is a matrix among the parameters and the bias a vector
/// among them. Where it works on the rows of a larger tensor, viewed as a matrix and back, it takes
/// the tensor itself. The same products of the same numbers,
/// if the program writes nowhere.
void fuse_linear(Program& program);

}  // namespace actsparse::exported
