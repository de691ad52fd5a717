#pragma once

namespace actsparse {

/// Makes TorchScript's integer division throw, by 0 and where the result has more than 64 bits:
/// LibTorch lets the processor find out, which ends the process, even while it compiles. For the
/// whole process; safe to repeat.
void guard_division();

}  // namespace actsparse
