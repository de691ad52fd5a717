#pragma once
// What shards of a search have measured of its groups, in files: for the process that goes on.
#include <filesystem>
#include <string>
#include <vector>

#include "config/shard.h"
#include "pipeline/share_levels.h"

namespace actsparse {

/// Writes the file. `job` names the search (search_job()).
void write_search_shard(const std::filesystem::path& file, const std::string& job,
                        const Shard& shard, const SensitivityReport& measured);

/// Fills in `report`, which has all groups. Throws Error(State) if a file is none, or of another
/// search, or if they are not all shards of one number, each once.
void read_search_shards(const std::vector<std::filesystem::path>& files, const std::string& job,
                        SensitivityReport& report);

}  // namespace actsparse
