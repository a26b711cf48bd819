#include "hourglass/training/launch.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

namespace hourglass::training {
namespace {

using testing::error_of;
using testing::expect_contains;

/// Variables for one scope; none of the others that launchers set is there.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& variables) {
    for (const char* name : kNames) ::unsetenv(name);
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const char* name : kNames) ::unsetenv(name);
  }

 private:
  static constexpr const char* kNames[] = {"RANK",
                                           "WORLD_SIZE",
                                           "LOCAL_WORLD_SIZE",
                                           "MASTER_ADDR",
                                           "MASTER_PORT",
                                           "OMPI_COMM_WORLD_RANK",
                                           "OMPI_COMM_WORLD_SIZE",
                                           "PMI_RANK",
                                           "PMI_SIZE",
                                           "SLURM_PROCID",
                                           "SLURM_STEP_NUM_TASKS",
                                           "TORCHELASTIC_USE_AGENT_STORE",
                                           "TORCHELASTIC_RESTART_COUNT"};
};

TEST(Launch, IsNoneInAnOrdinaryProcess) {
  const Environment none({});
  EXPECT_FALSE(launch_from_environment());
}

TEST(Launch, ReadsWhatTorchrunSets) {
  const Environment variables({{"RANK", "3"},
                               {"WORLD_SIZE", "4"},
                               {"LOCAL_WORLD_SIZE", "2"},
                               {"MASTER_ADDR", "node1"},
                               {"MASTER_PORT", "1234"},
                               {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                               {"TORCHELASTIC_RESTART_COUNT", "1"}});
  const auto launch = launch_from_environment();
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->rank, 3);
  EXPECT_EQ(launch->count, 4);
  EXPECT_EQ(launch->local_count, 2);
  EXPECT_EQ(launch->address, "node1");
  EXPECT_EQ(launch->port, 1234);
  EXPECT_TRUE(launch->is_hosted);
  EXPECT_EQ(launch->attempt, "1");
}

TEST(Launch, TakesTheRanksOfMpirunAndSrun) {
  {
    const Environment mpirun({{"OMPI_COMM_WORLD_RANK", "1"},
                              {"OMPI_COMM_WORLD_SIZE", "2"},
                              {"MASTER_ADDR", "localhost"}});
    EXPECT_EQ(launch_from_environment()->rank, 1);
  }
  const Environment srun(
      {{"SLURM_PROCID", "2"}, {"SLURM_STEP_NUM_TASKS", "3"}, {"MASTER_ADDR", "localhost"}});
  EXPECT_EQ(launch_from_environment()->count, 3);
}

TEST(Launch, OfOneProcessIsNone) {
  const Environment one({{"RANK", "0"}, {"WORLD_SIZE", "1"}});
  EXPECT_FALSE(launch_from_environment());
}

TEST(Launch, SaysWhichVariableIsMissingOrWrong) {
  {
    const Environment variables({{"WORLD_SIZE", "2"}, {"RANK", "0"}});
    expect_contains(error_of([] { launch_from_environment(); }),
                    {"MASTER_ADDR", "WORLD_SIZE is 2"});
  }
  {
    const Environment variables({{"WORLD_SIZE", "2"}, {"MASTER_ADDR", "localhost"}});
    expect_contains(error_of([] { launch_from_environment(); }), {"expected RANK too"});
  }
  const Environment variables({{"WORLD_SIZE", "2"}, {"RANK", "2"}, {"MASTER_ADDR", "localhost"}});
  expect_contains(error_of([] { launch_from_environment(); }), {"RANK", "from 0 to 1", "'2'"});
}

}  // namespace
}  // namespace hourglass::training
