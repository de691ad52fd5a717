#include "data/write_archive.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include <sstream>

#include "base/error.h"

namespace actsparse {

void write_archive(const c10::IValue& document, std::ostream& out, const std::string& what) {
  std::string pickle;
  // Tagged aggregates would be globals that torch.load refuses by default since 2.6.
  torch::jit::Pickler pickler([&](const char* bytes, size_t count) { pickle.append(bytes, count); },
                              nullptr, nullptr, nullptr, nullptr, /*tag_aggregates=*/false);
  pickler.protocol();
  pickler.pushIValue(document);
  pickler.stop();
  // LibTorch must not learn of a full disk: it would throw in a destructor, which ends the process.
  caffe2::serialize::PyTorchStreamWriter writer([&](const void* bytes, size_t count) {
    out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
    return count;
  });
  writer.writeRecord("data.pkl", pickle.data(), pickle.size());
  size_t number = 0;
  for (const auto& storage : pickler.tensorData()) {
    const auto writable = torch::jit::getWriteableTensorData(storage);
    writer.writeRecord("data/" + std::to_string(number++), writable.data(), writable.sizeInBytes());
  }
  writer.writeEndOfFile();
  if (!out) throw Error(ErrorKind::Output, what + " cannot be written: is the disk full?");
}

std::string archive_bytes(const c10::IValue& document) {
  std::ostringstream out;
  write_archive(document, out, "the state");
  return out.str();
}

c10::IValue document_from_bytes(const std::string& bytes) {
  try {
    return torch::jit::pickle_load({bytes.begin(), bytes.end()});
  } catch (const c10::Error& cause) {
    throw Error(ErrorKind::State, "a state arrived damaged").with_details(cause.what());
  }
}

}  // namespace actsparse
