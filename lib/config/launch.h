#pragma once
// Which of the processes of one job this is, as what started it tells by environment variables.
#include <cstdint>
#include <functional>
#include <string>

namespace actsparse {

struct Launch {
  int64_t rank = 0, world_size = 1;
  std::string master_address;  ///< where rank 0 is
  uint16_t master_port = 0;
  bool has_agent_store = false;  ///< the launcher serves the store there; else rank 0 does
  std::string store_prefix;      ///< keeps the keys of a restarted job apart

  bool is_alone() const { return world_size == 1; }
  bool is_first() const { return rank == 0; }
};

/// The first of these that is there (none: one process, rank 0):
/// - RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT: torchrun --no-python, Kubernetes' PyTorchJob;
/// - OMPI_COMM_WORLD_RANK and _SIZE, of Open MPI's mpirun;
/// - SLURM_PROCID and SLURM_STEP_NUM_TASKS, of srun.
/// MASTER_ADDR and MASTER_PORT hold for all three; the last two do without them where it is known
/// which machine rank 0 is on. `get` is getenv but for tests. Throws Error(Usage) that names the
/// variable.
Launch read_launch(const std::function<const char*(const char*)>& get);
Launch read_launch();

/// "node1" of "node[1-4,7],gpu2": how Slurm lists machines.
std::string first_of_nodelist(const std::string& nodelist);

}  // namespace actsparse
