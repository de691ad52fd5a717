#pragma once
// Where batches come from: the config's `data`.
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace actsparse {

/// What becomes of the samples of a file before the model gets them, in this order: their
/// dimensions are permuted, they become `dtype`, and (x / divide_by - mean) / std is taken.
struct Conversion {
  std::vector<std::optional<int64_t>> permute = {};  ///< the array's dimensions in the model's
                                                     ///< order, each once; nullopt: a new one of
                                                     ///< size 1; empty: as they are
  std::string dtype = "";  ///< torch's name; empty: the file's, or float32 where integers are to be
                           ///< divided or normalized
  double divide_by = 1;    ///< > 0
  std::vector<double> mean = {}, std = {};  ///< one number, or one per index of channel_dim; empty:
                                            ///< left out
  int64_t channel_dim = 1;  ///< of the permuted array; negative counts from the last

  bool is_arithmetic() const { return divide_by != 1 || !mean.empty() || !std.empty(); }
};

/// An argument read from a file; dimension 0 counts samples.
struct FileInput {
  std::filesystem::path path;  ///< of one of data_formats.h, resolved like ModelConfig::path
  std::string written_path;
  std::string member;  ///< of a format that has some: the array's name ("x" or "x.npy"); empty: the
                       ///< only one
  Conversion conversion = {};
  bool as_list = false;  ///< the argument is a list: one tensor per sample, without dimension 0
};

/// An argument drawn at random; sample i depends on seed and i alone, not on batching.
struct RandomInput {
  std::vector<int64_t> shape;     ///< dimension 0 counts samples
  std::string dtype = "float32";  ///< torch's name; floating: standard normal; integer: uniform in
                                  ///< [low, high); bool: fair coin
  uint64_t seed = 0;
  int64_t low = 0, high = 10;  ///< integer dtypes only
  bool as_list = false;        ///< as in FileInput
};

/// The same value for every batch: null, bool, int, float, string, or a list of numbers (all ints:
/// List[int], else List[float]).
struct ConstantInput {
  nlohmann::json value;
};

/// PNG and JPEG files, one sample each.
struct ImageInput {
  std::string images;             ///< a folder (with all below it) or a glob, as written
  std::filesystem::path base;     ///< the folder `images` is relative to
  std::vector<int64_t> size;      ///< [height, width] to resize to; empty: as they are, all alike
                                  ///< unless as_list
  std::vector<double> mean, std;  ///< (x - mean) / std of values in 0..1; one for all channels or
                                  ///< one each; empty: left out
  std::string layout = "NCHW";    ///< or "NHWC"
  int64_t channels = 3;           ///< 3: colours, 1: gray, 4: colours and alpha
  std::string order = "RGB";      ///< of the colours, or "BGR"; alpha is the last
  bool as_list = false;           ///< as in FileInput
};

using InputConfig = std::variant<FileInput, RandomInput, ConstantInput, ImageInput>;

/// Exactly one of inputs, batches is non-empty.
struct DataConfig {
  std::vector<InputConfig> inputs;  ///< one per argument of the method
  std::vector<std::string>
      batches;  ///< globs and .pt files as written, each file one batch, sorted within a glob
  std::filesystem::path base;    ///< the folder `batches` are relative to
  std::string path = "data";     ///< where it stands in the config
  int64_t batch_size = 32;       ///< samples per batch, >= 1; for inputs only
  std::optional<int64_t> limit;  ///< at most so many samples (with `batches`: files), >= 1
  bool drop_last = false;        ///< drop a last batch with fewer than batch_size samples
};

}  // namespace actsparse
