#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::training {

/// What a process is told of the group that it was started in.
struct Launch {
  int64_t rank = 0, count = 1;
  int64_t local_count = 1;  ///< processes on this machine
  std::string address;      ///< where all find each other: a host of the group, usually rank 0's
  int64_t port = 29500;
  bool is_hosted = false;  ///< whether the launcher itself answers there, as torchrun does
  std::string attempt;     ///< which start of the group it is, where the launcher starts it again
};

/// Reads the environment: `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and `MASTER_PORT`, as torchrun sets
/// them and users do by hand; under mpirun and srun the first two may be theirs. None where there is
/// one process. Throws `UsageError` for variables that contradict each other or lack another.
std::optional<Launch> launch_from_environment();

}  // namespace hourglass::training
