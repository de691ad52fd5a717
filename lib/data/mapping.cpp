#include "data/mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace actsparse {
namespace {

#ifdef MADV_POPULATE_READ
constexpr int populate_read = MADV_POPULATE_READ;
#else
constexpr int populate_read = 22;  // of Linux, whatever the C library's headers know
#endif

uintptr_t beyond_page(uintptr_t address) {
  return address % static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

Mapping::Mapping(int file, int64_t offset, int64_t size)
    : lead_(beyond_page(static_cast<uintptr_t>(offset))), size_(static_cast<size_t>(size) + lead_) {
  // Private and writable: an operator that works in place gets a copy of the page.
  pages_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file,
                  offset - static_cast<int64_t>(lead_));
  if (pages_ == MAP_FAILED)
    throw std::runtime_error(std::string("cannot be mapped: ") + std::strerror(errno));
}

Mapping::~Mapping() { ::munmap(pages_, size_); }

bool page_in(void* bytes, size_t count) {
  if (count == 0) return true;
  const size_t lead = beyond_page(reinterpret_cast<uintptr_t>(bytes));
  char* start = static_cast<char*>(bytes) - lead;
  ::madvise(start, count + lead, MADV_WILLNEED);  // in large pieces; the next call waits for them
  return ::madvise(start, count + lead, populate_read) == 0;
}

}  // namespace actsparse
