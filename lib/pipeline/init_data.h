#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace actsparse {

/// The forms that `data` of a config may take for these files, likelier ones first: as the files
/// are; converted to float32 (of bytes 0 to 1); with the channels, if they seem to be last, put
/// behind the samples. Paths are relative to `folder`. Throws Error(Data) for a file that cannot be
/// read.
std::vector<nlohmann::ordered_json> likely_data(const std::vector<std::filesystem::path>& files,
                                                const std::filesystem::path& folder);

}  // namespace actsparse
