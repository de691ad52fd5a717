#pragma once
// The kinds of files that an argument can be read from. What opens them is in data/sample_reader.h,
// which needs LibTorch.
#include <filesystem>
#include <string>
#include <vector>

namespace actsparse {

struct DataFormat {
  std::string extension;     ///< with its dot; tells the format
  bool has_members = false;  ///< a file holds several arrays, and `member` names one
};

/// Null if no format has this extension.
const DataFormat* find_data_format(const std::string& extension);

/// ".npy, .npz or .pt", for messages.
std::string data_extensions();
/// The same of those that have members.
std::string member_extensions();

/// The same as regular expressions over paths.
std::string data_file_pattern();
std::string member_file_pattern();

/// True if `path` can be a whole batch, all arguments in one file.
bool is_batch_file(const std::filesystem::path& path);

/// For data/sample_reader.h's RegisterFormat: configs may name such files from now on, or no more.
/// Not while another thread reads a config.
void add_data_format(const DataFormat& format);
void remove_data_format(const std::string& extension);

}  // namespace actsparse
