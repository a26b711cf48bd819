#pragma once

#include "hourglass/core/processes.h"
#include "hourglass/training/launch.h"

#include <memory>

namespace hourglass::training {

/// Meets the other processes of the group, over LibTorch's Gloo, and waits for them up to five
/// minutes. What is on a GPU goes by way of the CPU. Throws `Error` where they cannot be reached, or
/// this was built without Gloo.
std::unique_ptr<Processes> join_processes(const Launch& launch);

/// As the environment says: several, or this one alone.
std::unique_ptr<Processes> join_processes();

}  // namespace hourglass::training
