#pragma once
// What fuzz targets share.
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/error.h"
#include "support/npy_writer.h"

namespace actsparse {

/// Throws std::logic_error(`promise`) unless it was kept.
inline void check(bool kept, const std::string& promise) {
  if (!kept) throw std::logic_error(promise);
}

/// Throws std::logic_error unless the message is one line that blames the input.
void check_blames_input(const Error& error);

/// Calls `read`, which may refuse its input.
template <class Read>
void read_or_refuse(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    check_blames_input(error);
  }
}

/// Reads every byte of the elements, unless they are very many.
void touch(const at::Tensor& tensor);

/// Writes `bytes` if they are a zip archive, else an archive with them as `member` beside `others`:
/// so that mutations need not find the right checksum to reach what is behind it.
void write_archive(const std::filesystem::path& path, const std::string& bytes,
                   const std::string& member, ZipContents others = {});

/// A torch.save archive: pickle and storages "0" to "3", of 1024 bytes each.
void write_torch_archive(const std::filesystem::path& path, const std::string& bytes);

}  // namespace actsparse
