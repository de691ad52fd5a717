#include "config/launch.h"

#include <map>
#include <vector>

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

using Variables = std::map<std::string, std::string>;

Launch launch_of(const Variables& variables) {
  return read_launch([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

const Variables torchrun = {
    {"RANK", "2"}, {"WORLD_SIZE", "4"}, {"MASTER_ADDR", "node7"}, {"MASTER_PORT", "1234"}};

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

}  // namespace

TEST_CASE("Without a launcher there is one process", "[config]") {
  CHECK(launch_of({}).is_alone());
  CHECK(launch_of({}).is_first());
  CHECK(launch_of({{"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}}).is_alone());
  CHECK(launch_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).is_alone());
  // sbatch runs its script as one process, whatever the job's size.
  CHECK(
      launch_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "3"}}).is_alone());
}

TEST_CASE("PyTorch's variables, with and without an agent's store", "[config]") {
  const Launch launch = launch_of(torchrun);
  CHECK(launch.rank == 2);
  CHECK(launch.world_size == 4);
  CHECK(launch.master_address == "node7");
  CHECK(launch.master_port == 1234);
  CHECK_FALSE(launch.has_agent_store);
  Variables agent = with(torchrun, "TORCHELASTIC_USE_AGENT_STORE", "True");
  agent["TORCHELASTIC_RESTART_COUNT"] = "3";
  CHECK(launch_of(agent).has_agent_store);
  CHECK(launch_of(agent).store_prefix == "3");
  CHECK_FALSE(launch_of(with(torchrun, "TORCHELASTIC_USE_AGENT_STORE", "False")).has_agent_store);
}

TEST_CASE("Open MPI's variables need no address on one machine", "[config]") {
  const Variables mpi = {{"OMPI_COMM_WORLD_RANK", "1"},
                         {"OMPI_COMM_WORLD_SIZE", "2"},
                         {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  CHECK(launch_of(mpi).rank == 1);
  CHECK(launch_of(mpi).master_address == "127.0.0.1");
  CHECK(launch_of(mpi).master_port == 29500);
  const Variables spread = with(mpi, "OMPI_COMM_WORLD_LOCAL_SIZE", "1");
  CHECK(contains(error_of([&] { launch_of(spread); }).what(), "set MASTER_ADDR"));
  CHECK(launch_of(with(spread, "MASTER_ADDR", "node2")).master_address == "node2");
}

TEST_CASE("Slurm's variables give address and port", "[config]") {
  const Variables slurm = {{"SLURM_PROCID", "5"},         {"SLURM_STEP_NUM_TASKS", "6"},
                           {"SLURM_STEP_NUM_NODES", "3"}, {"SLURM_STEP_NODELIST", "gpu[03-05]"},
                           {"SLURM_JOB_ID", "4711"},      {"SLURM_STEP_ID", "2"}};
  const Launch launch = launch_of(slurm);
  CHECK(launch.rank == 5);
  CHECK(launch.world_size == 6);
  CHECK(launch.master_address == "gpu03");
  CHECK(launch.master_port == 24713);
  CHECK(launch_of(with(slurm, "SLURM_STEP_NUM_NODES", "1")).master_address == "127.0.0.1");
  CHECK(launch_of(with(slurm, "MASTER_PORT", "99")).master_port == 99);
}

TEST_CASE("Slurm's list of machines starts with", "[config]") {
  const std::vector<std::pair<std::string, std::string>> lists = {
      {"", ""},
      {"node1", "node1"},
      {"node1,node2", "node1"},
      {"node[1-4,7],gpu2", "node1"},
      {"node[012,014-016]", "node012"},
      {"rack[2-3]n[5,6]x,other", "rack2n5x"}};
  for (const auto& [list, first] : lists) {
    INFO(list);
    CHECK(first_of_nodelist(list) == first);
  }
}

TEST_CASE("Half an environment and nonsense in it are refused by name", "[config]") {
  const auto refused = [](const Variables& variables, const std::string& fragment) {
    const Error error = error_of([&] { launch_of(variables); });
    CHECK(error.kind() == ErrorKind::Usage);
    INFO(error.what());
    CHECK(contains(error.what(), fragment));
  };
  refused({{"RANK", "0"}}, "has RANK but not WORLD_SIZE");
  refused({{"RANK", "0"}, {"WORLD_SIZE", "2"}}, "has WORLD_SIZE but not MASTER_ADDR");
  refused({{"OMPI_COMM_WORLD_SIZE", "2"}}, "not OMPI_COMM_WORLD_RANK");
  refused(with(torchrun, "RANK", "4"), "RANK is '4', allowed is a number from 0 to 3");
  refused(with(torchrun, "RANK", "-1"), "RANK is '-1'");
  refused(with(torchrun, "WORLD_SIZE", "2x"), "WORLD_SIZE is '2x'");
  refused(with(torchrun, "MASTER_PORT", "70000"), "MASTER_PORT is '70000'");
}
