#include "config/launch.h"

#include <charconv>
#include <cstdlib>
#include <initializer_list>

#include "base/error.h"

namespace actsparse {
namespace {

constexpr uint16_t kDefaultPort = 29500;  // PyTorch's

/// The environment, read with complaints.
class Environment {
 public:
  explicit Environment(const std::function<const char*(const char*)>& get) : get_(get) {}

  std::string text(const std::string& name) const {
    const char* value = get_(name.c_str());
    return value == nullptr ? "" : value;
  }
  bool has(const std::string& name) const { return !text(name).empty(); }
  /// `fallback` if it is not set.
  int64_t number(const std::string& name, int64_t least, int64_t most, int64_t fallback) const {
    const std::string value = text(name);
    if (value.empty()) return fallback;
    int64_t number = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failed != std::errc() || end != value.data() + value.size() || number < least ||
        number > most)
      throw Error(ErrorKind::Usage, "the environment's " + name + " is '" + value +
                                        "', allowed is a number from " + std::to_string(least) +
                                        " to " + std::to_string(most));
    return number;
  }
  /// All or none of them are there.
  bool has_all(std::initializer_list<const char*> names) const {
    std::string there, missing;
    for (const char* name : names) (has(name) ? there : missing) = name;
    if (!there.empty() && !missing.empty())
      throw Error(ErrorKind::Usage, "the environment has " + there + " but not " + missing +
                                        ": a launcher sets both; for one process set neither");
    return missing.empty();
  }

 private:
  const std::function<const char*(const char*)>& get_;
};

Launch read_ranks(const Environment& environment, const char* rank, const char* world_size) {
  constexpr int64_t kMost = 1 << 20;
  Launch launch;
  launch.world_size = environment.number(world_size, 1, kMost, 1);
  launch.rank = environment.number(rank, 0, launch.world_size - 1, 0);
  return launch;
}

/// `address` and `port` hold where MASTER_ADDR and MASTER_PORT are not set.
void read_master(Launch& launch, const Environment& environment, const std::string& address,
                 int64_t port) {
  launch.master_address = environment.text("MASTER_ADDR");
  if (launch.master_address.empty()) launch.master_address = address;
  launch.master_port = static_cast<uint16_t>(environment.number("MASTER_PORT", 1, 65535, port));
  if (launch.master_address.empty())
    throw Error(ErrorKind::Usage,
                "the environment says that this is one of " + std::to_string(launch.world_size) +
                    " processes, but not where rank 0 is: set MASTER_ADDR to its machine for all");
}

Launch of_torch(const Environment& environment) {
  Launch launch = read_ranks(environment, "RANK", "WORLD_SIZE");
  if (launch.is_alone()) return launch;
  environment.has_all({"WORLD_SIZE", "MASTER_ADDR"});
  read_master(launch, environment, "", kDefaultPort);
  launch.has_agent_store = environment.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  launch.store_prefix = environment.text("TORCHELASTIC_RESTART_COUNT");
  return launch;
}

Launch of_open_mpi(const Environment& environment) {
  Launch launch = read_ranks(environment, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE");
  if (launch.is_alone()) return launch;
  const bool one_machine =
      environment.text("OMPI_COMM_WORLD_LOCAL_SIZE") == environment.text("OMPI_COMM_WORLD_SIZE");
  read_master(launch, environment, one_machine ? "127.0.0.1" : "", kDefaultPort);
  return launch;
}

// Jobs of several users may share a machine: each has a port of its own, below those that the
// system gives to clients.
int64_t slurm_port(const Environment& environment) {
  constexpr int64_t kMost = int64_t{1} << 31;
  const int64_t job = environment.number("SLURM_JOB_ID", 0, kMost, 0);
  const int64_t step = environment.number("SLURM_STEP_ID", 0, kMost * 2, 0);
  return 20000 + (job + step) % 10000;
}

Launch of_slurm(const Environment& environment) {
  Launch launch = read_ranks(environment, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS");
  if (launch.is_alone()) return launch;
  const bool one_machine = environment.text("SLURM_STEP_NUM_NODES") == "1";
  const auto first = first_of_nodelist(environment.text("SLURM_STEP_NODELIST"));
  read_master(launch, environment, one_machine ? "127.0.0.1" : first, slurm_port(environment));
  return launch;
}

}  // namespace

std::string first_of_nodelist(const std::string& nodelist) {
  std::string first;
  bool skips = false;  // what is left in a bracket once its first number has been taken
  bool in_bracket = false;
  for (const char letter : nodelist) {
    if (letter == '[' || letter == ']') {
      in_bracket = letter == '[';
      skips = false;
    } else if (in_bracket) {
      skips = skips || letter == '-' || letter == ',';
      if (!skips) first += letter;
    } else {
      if (letter == ',') break;
      first += letter;
    }
  }
  return first;
}

Launch read_launch(const std::function<const char*(const char*)>& get) {
  const Environment environment(get);
  if (environment.has_all({"RANK", "WORLD_SIZE"})) return of_torch(environment);
  if (environment.has_all({"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}))
    return of_open_mpi(environment);
  // A batch script that is no srun step has a SLURM_PROCID too, but is one process.
  if (environment.has("SLURM_STEP_NUM_TASKS")) return of_slurm(environment);
  return {};
}

Launch read_launch() {
  return read_launch([](const char* name) { return std::getenv(name); });
}

}  // namespace actsparse
