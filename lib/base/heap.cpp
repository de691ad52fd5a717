#include "base/heap.h"

#include <malloc.h>

namespace actsparse {

void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most glibc takes
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

void release_freed_memory() { ::malloc_trim(0); }

}  // namespace actsparse
