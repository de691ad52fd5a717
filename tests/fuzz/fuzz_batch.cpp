#include "data/batch_files.h"
#include "data/sample_reader.h"
#include "fuzz/check.h"
#include "fuzz/targets.h"
#include "support/files.h"

namespace actsparse {
namespace {

void use(BatchSource& batches) {
  while (auto batch = batches.next())
    for (const auto& argument : batch->arguments)
      if (argument.isTensor()) touch(argument.toTensor());
}

}  // namespace

void fuzz_batch(const std::string& bytes) {
  const TemporaryFolder folder;
  write_torch_archive(folder / "x.pt", bytes);
  read_or_refuse([&] {
    DataConfig config;
    config.batches = {"x.pt"};
    config.base = folder.path();
    use(*open_batch_files(config));
  });
  read_or_refuse([&] {
    FileInput input;
    input.path = folder / "x.pt";
    touch(open_samples(input)->read(0, 1));
  });
}

}  // namespace actsparse
