#pragma once
// Names data in state files: SHA-256 over names as written, bytes, random specs and constants.
#include <ATen/core/ivalue.h>

#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace actsparse {

/// `input` as it is named in the config; the whole path if it was made in C++.
std::string display_name(const FileInput& input);

/// Each reads the files. Throws Error(Data) if one cannot be read any more.
std::string digest_of_inputs(const std::vector<InputConfig>& inputs);
/// Of (name, path) pairs, in order.
std::string digest_of_files(
    const std::vector<std::pair<std::string, std::filesystem::path>>& files);
/// The same with sizes and modification times in place of the bytes. Throws Error(Data) if a file
/// is gone.
std::string fingerprint_of_inputs(const std::vector<InputConfig>& inputs);
std::string fingerprint_of_files(
    const std::vector<std::pair<std::string, std::filesystem::path>>& files);
/// Of values in memory: dtype, shape and bytes of tensors, the printed form of all else.
std::string digest_of_values(const std::vector<std::vector<c10::IValue>>& batches);

}  // namespace actsparse
