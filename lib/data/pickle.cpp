#include <exception>

#include "data/batch_source.h"
#include "data/torch_archive.h"

namespace actsparse {

c10::IValue read_pickle(const std::string& path, ErrorKind kind) {
  try {
    const TorchArchive archive(path, kind);
    return unpickle_value(archive.pickle(),
                          [&](const StoredTensor& stored) { return archive.tensor(stored); });
  } catch (const Error& error) {
    // Reading the zip knows no kind but Data.
    throw Error(kind, error.what()).with_details(error.details());
  } catch (const std::exception& error) {
    throw Error(kind, path + ": cannot be read: " + first_line(error.what()))
        .with_details(error.what());
  }
}

}  // namespace actsparse
