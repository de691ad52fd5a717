#include "data/decode_image.h"
#include "fuzz/check.h"
#include "fuzz/targets.h"
#include "support/files.h"

namespace actsparse {

// Small headers only: memory for 2^28 pixels is promised, and would take all the time.
void fuzz_image(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "x.png", bytes);
  read_or_refuse([&] {
    const ImageSize size = image_size(folder / "x.png");
    if (size.height * size.width > 1 << 16) return;
    for (const int64_t channels : {1, 3, 4}) touch(decode_image(folder / "x.png", channels));
  });
}

}  // namespace actsparse
