#pragma once

namespace actsparse {

/// Makes TorchScript's division of integers throw, by 0 and where the result has more than 64 bits.
/// LibTorch 1.13 lets the processor find out, which ends the process: when a function runs, and
/// already when it is compiled, since constants in its body (1 % 0) are computed then. For the
/// whole process; safe to repeat.
void guard_division();

}  // namespace actsparse
