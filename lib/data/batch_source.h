#pragma once
// Where the batches of calibration and evaluation come from. The one interface of the project with
// an in-memory fake for tests.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "config/shard.h"

namespace actsparse {

/// The arguments of one call of the method, and how many samples they hold.
struct Batch {
  std::vector<c10::IValue>
      arguments;        ///< tensors on the CPU, native byte order, contiguous; constants as IValues
  int64_t samples = 0;  ///< 0 if no argument has a sample dimension
  std::string origin;   ///< "batch 3 (x.npy)", counted from 1: for messages
};

/// Not thread safe, but that the const methods may be called while another thread is in next().
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// The next batch, or nothing at the end. Throws Error(Data) that names file and batch.
  virtual std::optional<Batch> next() = 0;
  /// Starts again from the first batch.
  virtual void rewind() = 0;
  /// Goes on after the next `count` batches, which are not read, or at the end.
  virtual void skip(int64_t count) = 0;
  /// How many batches next() gives from the start.
  virtual int64_t batches() const = 0;
  /// How many there are in all shards together.
  virtual int64_t total_batches() const { return batches(); }
  /// Bytes of the largest batch, at most the largest int64; 0 where that is not known before it is
  /// read.
  virtual int64_t batch_bytes() const { return 0; }
  /// How many samples they hold; 0 if no argument has a sample dimension.
  virtual std::optional<int64_t> samples() const = 0;
  /// Samples in a last batch that is smaller than the others, which are equal; else 0.
  virtual int64_t ragged_last() const = 0;
  /// SHA-256 over the names as written and the bytes of all data files, the random specs and
  /// constants.
  virtual std::string digest() const = 0;
  /// Names, sizes and modification times of all data files, now, and the specs as in digest():
  /// changes whenever a file is written, and costs no reading. Throws Error(Data) if one is gone.
  virtual std::string fingerprint() const = 0;
};

/// Opens what the config names and checks headers, counts and readability; no sample is read yet.
/// Gives the batches of `shard` (see shard_of).
/// Throws Error(Data). Files are streamed, on a thread that is at most two batches ahead (see
/// read_ahead): memory in use is about three batches.
std::unique_ptr<BatchSource> open_batches(const DataConfig& config, const Shard& shard = {});

/// The same; the last argument of each batch are its labels, those of its samples in `labels`.
/// Throws Error(Data) with both numbers if there are not as many labels as samples.
std::unique_ptr<BatchSource> open_labelled_batches(const DataConfig& config,
                                                   const FileInput& labels,
                                                   const Shard& shard = {});

/// Batches held in memory: for C++ callers and tests. `samples` of each is the size in
/// dimension 0 of its first tensor that has one.
std::unique_ptr<BatchSource> batches_in_memory(std::vector<std::vector<c10::IValue>> batches);

/// Reads a `.pt` file of torch.save (zip format), of pickle_save, or of C++'s torch::save (a
/// tensor, or a vector of them as a list; a vector of one is a tensor); tensor storages are
/// memory-mapped, not loaded. Lists and dicts come as List[Any] and Dict[Any, Any]. Safe on any
/// input: nothing in the file is run. Throws Error(`kind`).
c10::IValue read_pickle(const std::string& path, ErrorKind kind);

}  // namespace actsparse
