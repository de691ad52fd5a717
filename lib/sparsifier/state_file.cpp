#include "sparsifier/state_file.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include <sstream>
#include <string>

#include "base/error.h"
#include "data/batch_source.h"

namespace actsparse {

void write_state(const StateDict& state, std::ostream& out) {
  std::string pickle;
  // Tagged aggregates would be globals that torch.load refuses by default since 2.6.
  torch::jit::Pickler pickler([&](const char* bytes, size_t count) { pickle.append(bytes, count); },
                              nullptr, nullptr, nullptr, nullptr, /*tag_aggregates=*/false);
  pickler.protocol();
  pickler.pushIValue(to_ivalue(state));
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
  if (!out) throw Error(ErrorKind::Output, "the state cannot be written: is the disk full?");
}

std::string state_bytes(const StateDict& state) {
  std::ostringstream out;
  write_state(state, out);
  return out.str();
}

StateDict state_from_bytes(const std::string& bytes) {
  try {
    return state_from_ivalue(torch::jit::pickle_load({bytes.begin(), bytes.end()}));
  } catch (const c10::Error& cause) {
    throw Error(ErrorKind::State, "a state arrived damaged").with_details(cause.what());
  }
}

StateDict read_state(const std::filesystem::path& path) {
  try {
    return state_from_ivalue(read_pickle(path.string(), ErrorKind::State));
  } catch (const Error& error) {
    const bool named = std::string(error.what()).find(path.string()) != std::string::npos;
    throw named ? error : error.in(path.string());
  }
}

}  // namespace actsparse
