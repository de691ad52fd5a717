#include "pipeline/search_shards.h"

#include <spdlog/fmt/fmt.h>

#include <fstream>
#include <map>

#include "base/atomic_file.h"
#include "base/error.h"
#include "report/json_fields.h"
#include "report/sensitivity_record.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

struct ReadShard {
  Shard shard;
  OrderedJson record;
};

ReadShard read_one(const fs::path& file, const std::string& job) {
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorKind::State, file.string() + ": " + why);
  };
  std::ifstream stream(file);
  if (!stream) throw refuse("cannot be read");
  try {
    const OrderedJson document = OrderedJson::parse(stream);
    ReadShard read;
    read.record = document.at("sensitivity");
    document.at("shard").at("index").get_to(read.shard.index);
    document.at("shard").at("count").get_to(read.shard.count);
    if (document.at("job") != job)
      throw refuse("it is of another search: of another config, model, data or version");
    return read;
  } catch (const nlohmann::json::exception& error) {
    throw refuse(std::string("it is no shard of a search: ") + error.what());
  }
}

}  // namespace

void write_search_shard(const fs::path& file, const std::string& job, const Shard& shard,
                        const SensitivityReport& measured) {
  const OrderedJson document = {{"version", 1},
                                {"job", job},
                                {"shard", {{"index", shard.index}, {"count", shard.count}}},
                                {"sensitivity", record_of(measured)}};
  AtomicFile written(file);
  written.stream() << document.dump() << '\n';
  written.commit();
}

void read_search_shards(const std::vector<fs::path>& files, const std::string& job,
                        SensitivityReport& report) {
  std::map<int64_t, OrderedJson> records;
  int64_t count = 0;
  for (const auto& file : files) {
    ReadShard read = read_one(file, job);
    const auto refuse = [&](const std::string& why) {
      return Error(ErrorKind::State, file.string() + ": it is shard " + read.shard.text() + why);
    };
    if (count != 0 && read.shard.count != count)
      throw refuse(fmt::format(", but another file is of {} shards", count));
    count = read.shard.count;
    if (read.shard.index < 1 || read.shard.index > count) throw refuse(", which there is not");
    if (!records.emplace(read.shard.index, std::move(read.record)).second)
      throw refuse(", which another file is, too");
  }
  for (int64_t index = 1; index <= count; ++index) {
    const auto record = records.find(index);
    if (record == records.end())
      throw Error(ErrorKind::State, fmt::format("--shards: shard {}/{} is missing", index, count));
    try {
      take_share(known_share(record->second, report, index - 1, count), report);
    } catch (const nlohmann::json::exception& error) {
      throw Error(ErrorKind::State,
                  fmt::format("--shards: shard {}/{} is damaged: {}", index, count, error.what()));
    }
  }
}

}  // namespace actsparse
