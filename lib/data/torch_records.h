#pragma once
// The records of a zip file that PyTorch wrote: named bytes in one folder, stored uncompressed.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "data/unpickler.h"
#include "data/zip.h"

namespace caffe2::serialize {
class PyTorchStreamReader;
}

namespace actsparse {

class TorchRecords {
 public:
  /// Throws Error(`kind`) if `path` is no zip file that can be read, with its records in a folder.
  TorchRecords(const std::string& path, ErrorKind kind);
  ~TorchRecords();
  TorchRecords(const TorchRecords&) = delete;
  TorchRecords& operator=(const TorchRecords&) = delete;

  /// Of the file, in bytes.
  int64_t size() const { return file_->size(); }
  /// By name, without the folder.
  const std::map<std::string, ZipEntry>& all() const { return records_; }
  bool has(const std::string& name) const { return records_.count(name) > 0; }
  /// The bytes of a record. Throws std::runtime_error if there are more than `most`, or there is
  /// none of that name.
  std::string text(const std::string& name, int64_t most = int64_t{1} << 30) const;
  /// A tensor on the bytes of the file itself, in record `name`, paged in when touched; writing to
  /// it does not reach the file. Throws std::runtime_error if `stored` does not fit the record.
  at::Tensor tensor(const std::string& name, const StoredTensor& stored) const;
  /// Whether the machine that wrote the file has this one's byte order.
  bool has_byte_order() const;

 private:
  std::map<std::string, ZipEntry> records_;
  std::unique_ptr<ZipArchive> zip_;
  std::unique_ptr<ByteSource> file_;
  // It alone tells where in the file a record lies.
  std::unique_ptr<caffe2::serialize::PyTorchStreamReader> reader_;
  std::shared_ptr<char> mapped_;  // the file
};

}  // namespace actsparse
