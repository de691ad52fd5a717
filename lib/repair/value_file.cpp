#include "repair/value_file.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace actsparse {
namespace {

// Nothing: it can only be held in memory.
bool can_be_kept(const c10::IValue& value) {
  if (!value.isTensor() || !value.toTensor().defined()) return false;
  const at::Tensor& tensor = value.toTensor();
  return tensor.layout() == at::kStrided && !tensor.is_quantized() && !tensor.is_nested() &&
         !tensor.is_conj() && !tensor.is_neg();
}

// In the order of memory where there are no gaps, so that strides come back.
at::Tensor dense(const at::Tensor& tensor) {
  const at::Tensor here = tensor.detach().to(at::kCPU);
  return here.is_non_overlapping_and_dense() ? here : here.contiguous();
}

}  // namespace

ValueFile::ValueFile(const std::filesystem::path& folder) : folder_(folder) {
  std::string name = (folder / ".actsparse-values-XXXXXX").string();
  file_ = mkstemp(name.data());
  if (file_ < 0)
    throw Error(ErrorKind::Output, folder.string() +
                                       ": no file can be made there for what waits to "
                                       "be computed on (" +
                                       std::strerror(errno) + ")");
  unlink(name.c_str());
}

ValueFile::~ValueFile() { close(file_); }

KeptValues ValueFile::keep(std::vector<c10::IValue> values) {
  KeptValues kept;
  for (auto& value : values) {
    if (!can_be_kept(value)) {
      kept.values.push_back({std::move(value), -1, {}, {}});
      continue;
    }
    const at::Tensor tensor = dense(value.toTensor());
    kept.values.push_back({at::empty({0}, value.toTensor().options()), size_, tensor.sizes().vec(),
                           tensor.strides().vec()});
    const auto* bytes = static_cast<const char*>(tensor.data_ptr());
    for (int64_t done = 0, all = static_cast<int64_t>(tensor.nbytes()); done < all;) {
      const auto written =
          pwrite(file_, bytes + done, static_cast<size_t>(all - done), size_ + done);
      if (written <= 0)
        throw Error(ErrorKind::Output,
                    folder_.string() + ": what waits to be computed on cannot be written (" +
                        std::strerror(errno) + "); free some space, or calibrate with less data");
      done += written;
    }
    size_ += static_cast<int64_t>(tensor.nbytes());
  }
  return kept;
}

std::vector<c10::IValue> ValueFile::get(const KeptValues& kept) const {
  std::vector<c10::IValue> values;
  for (const auto& one : kept.values) {
    if (one.offset < 0) {
      values.push_back(one.value);
      continue;
    }
    const auto options = one.value.toTensor().options();
    const at::Tensor tensor = at::empty_strided(one.sizes, one.strides, options.device(at::kCPU));
    auto* bytes = static_cast<char*>(tensor.data_ptr());
    for (int64_t done = 0, all = static_cast<int64_t>(tensor.nbytes()); done < all;) {
      const auto read =
          pread(file_, bytes + done, static_cast<size_t>(all - done), one.offset + done);
      if (read <= 0) throw Error(ErrorKind::Output, "what waits to be computed on cannot be read");
      done += read;
    }
    values.push_back(tensor.to(options.device()));
  }
  return values;
}

}  // namespace actsparse
