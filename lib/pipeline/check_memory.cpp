#include <ATen/Parallel.h>

#include "base/error.h"
#include "base/memory.h"
#include "pipeline/prepared_job.h"

namespace actsparse {
namespace {

// OpenBLAS maps 128 MiB for each thread that multiplies matrices; the rest is for stacks and what
// LibTorch sets up at the first call.
constexpr int64_t kFirstThread = int64_t{192} << 20, kOtherThread = int64_t{144} << 20;

}  // namespace

void check_memory(int64_t batch_bytes) {
  const MemoryLeft left = memory_left();
  if (batch_bytes > left.memory)
    throw Error(ErrorKind::Data, "a batch takes " + bytes_text(batch_bytes) +
                                     " of memory, but only " + bytes_text(left.memory) +
                                     " can be had: use a smaller data.batch_size");
  const int64_t work = kFirstThread + kOtherThread * (at::get_num_threads() - 1) + batch_bytes;
  if (work > left.address_space)
    throw Error(ErrorKind::Usage,
                "running a model takes at least " + bytes_text(work) + " of address space, but " +
                    bytes_text(left.address_space) +
                    " are left of the limit that is set: raise it (ulimit -v), or use fewer "
                    "--threads");
}

}  // namespace actsparse
