#include "hourglass/training/launch.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <array>
#include <cstdlib>

namespace hourglass::training {
namespace {

/// The variables in which a launcher says a process's place.
struct Places {
  const char *rank, *count, *local_count;
};
constexpr std::array kLaunchers = {
    Places{"RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"},
    Places{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"},
    Places{"PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"},
    Places{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS_PER_NODE"},
};

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (!value || *value == '\0') return {};
  return value;
}

std::optional<int64_t> number(const char* name, int64_t least, int64_t most) {
  const auto text = variable(name);
  if (!text) return {};
  const auto value = parse_integer(*text);
  if (!value || *value < least || *value > most) {
    throw UsageError("the variable {}: expected a whole number from {} to {}, found '{}'", name,
                     least, most, *text);
  }
  return value;
}

}  // namespace

std::optional<Launch> launch_from_environment() {
  constexpr int64_t kMostProcesses = 100'000;
  for (const auto& [rank_name, count_name, local_name] : kLaunchers) {
    const auto count = number(count_name, 1, kMostProcesses);
    if (!count) continue;
    if (*count == 1) return {};
    const auto rank = number(rank_name, 0, *count - 1);
    const auto address = variable("MASTER_ADDR");
    if (!rank || !address) {
      throw UsageError("{} is {}: expected {} too, for {} processes to find each other", count_name,
                       *count, rank ? "MASTER_ADDR" : rank_name, *count);
    }
    const std::string hosted = variable("TORCHELASTIC_USE_AGENT_STORE").value_or("");
    return Launch{.rank = *rank,
                  .count = *count,
                  .local_count = number(local_name, 1, *count).value_or(1),
                  .address = *address,
                  .port = number("MASTER_PORT", 1, 65535).value_or(29500),
                  .is_hosted = hosted == "True",
                  .attempt = variable("TORCHELASTIC_RESTART_COUNT").value_or("0")};
  }
  return {};
}

}  // namespace hourglass::training
