#pragma once
// The heap of a process that runs models.

namespace actsparse {

/// Every operator frees and takes tens of megabytes. By default glibc gives such blocks back to the
/// kernel, which clears their pages anew each time: 3 to 10 % of a resnet18's forward. After this,
/// they stay.
void keep_freed_memory();

/// Gives what is kept back to the kernel: before work of another kind.
void release_freed_memory();

}  // namespace actsparse
