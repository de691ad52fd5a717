#include <ATen/core/jit_type.h>

#include <exception>

#include "data/batch_source.h"
#include "data/torch_archive.h"

namespace actsparse {
namespace {

// C++'s torch::save gives a tensor the name "0", and those of a vector "0", "1", ... Any other
// module is a model.
c10::IValue numbered_tensors(const c10::IValue& module, const std::string& path, ErrorKind kind) {
  if (!module.isGenericDict()) throw Error(kind, path + ": " + is_a_model);
  c10::impl::GenericList tensors(c10::AnyType::get());
  const auto attributes = module.toGenericDict();
  for (size_t i = 0; i < attributes.size(); ++i) {
    const auto attribute = attributes.find(std::to_string(i));
    if (attribute == attributes.end() || !attribute->value().isTensor())
      throw Error(kind, path + ": " + is_a_model);
    tensors.push_back(attribute->value());
  }
  return tensors.size() == 1 ? tensors.get(0) : c10::IValue(tensors);
}

}  // namespace

c10::IValue read_pickle(const std::string& path, ErrorKind kind) {
  try {
    const TorchArchive archive(path, kind);
    // Room for a mask that was expanded over a batch, say; not for a kilobyte that says terabyte.
    const int64_t most_bytes = (int64_t{1} << 30) + 1024 * archive.size();
    const c10::IValue value = unpickle_value(
        archive.pickle(), [&](const StoredTensor& stored) { return archive.tensor(stored); },
        most_bytes);
    return archive.is_module() ? numbered_tensors(value, path, kind) : value;
  } catch (const Error& error) {
    // Reading the zip knows no kind but Data.
    throw Error(kind, error.what()).with_details(error.details());
  } catch (const std::exception& error) {
    throw Error(kind, path + ": cannot be read: " + first_line(error.what()))
        .with_details(error.what());
  }
}

}  // namespace actsparse
