// libFuzzer's side of one target.
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  actsparse::ACTSPARSE_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
