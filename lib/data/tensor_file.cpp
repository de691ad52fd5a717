#include "data/tensor_file.h"

#include <string>
#include <utility>

#include "data/batch_source.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

class TensorSamples : public SampleReader {
 public:
  explicit TensorSamples(at::Tensor tensor) : tensor_(std::move(tensor)) {}
  int64_t size() const override { return tensor_.size(0); }
  int64_t sample_bytes() const override { return static_cast<int64_t>(tensor_[0].nbytes()); }
  // A copy, not a view: what a model writes into its input must not reach the next pass.
  at::Tensor read(int64_t first, int64_t count) override {
    return tensor_.narrow(0, first, count).clone(at::MemoryFormat::Contiguous);
  }

 private:
  at::Tensor tensor_;
};

}  // namespace

std::unique_ptr<SampleReader> open_tensor_file(const fs::path& path) {
  const c10::IValue value = read_pickle(path.string(), ErrorKind::Data);
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::Data, path.string() + ": " + what);
  };
  if (!value.isTensor())
    fail("holds a " + value.tagKind() +
         ", not a tensor; save one tensor per input, or list the file under data.batches");
  const at::Tensor& tensor = value.toTensor();
  if (tensor.dim() == 0) fail("holds a tensor without dimensions; dimension 0 must count samples");
  if (tensor.size(0) == 0) fail("holds no samples: its first dimension is 0");
  return std::make_unique<TensorSamples>(tensor);
}

}  // namespace actsparse
