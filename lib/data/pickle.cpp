#include <exception>

#include "data/batch_source.h"
#include "data/torch_archive.h"

namespace actsparse {

c10::IValue read_pickle(const std::string& path, ErrorKind kind) {
  try {
    const TorchArchive archive(path, kind);
    // Room for a mask that was expanded over a batch, say; not for a kilobyte that says terabyte.
    const int64_t most_bytes = (int64_t{1} << 30) + 1024 * archive.size();
    return unpickle_value(
        archive.pickle(), [&](const StoredTensor& stored) { return archive.tensor(stored); },
        most_bytes);
  } catch (const Error& error) {
    // Reading the zip knows no kind but Data.
    throw Error(kind, error.what()).with_details(error.details());
  } catch (const std::exception& error) {
    throw Error(kind, path + ": cannot be read: " + first_line(error.what()))
        .with_details(error.what());
  }
}

}  // namespace actsparse
