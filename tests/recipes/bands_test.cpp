// Every recipe of the registry, trained as a user would train it: against its band where that takes
// seconds, else for a few epochs against what it had reached by then.
//
// Data that are absent skip a test. So does a single epoch of more than half a minute, unless
// HOURGLASS_SLOW_TESTS is set; docs/results.md has what those recipes reached last.

#include "hourglass/recipes/variant.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run.h"
#include "hourglass/sources/missing_data.h"
#include "hourglass/tests/support/support.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <set>

namespace hourglass::recipes {
namespace {

struct NamedRecipe {
  std::string variant;
  Recipe recipe;
};

/// How a failed test names its recipe.
void PrintTo(const NamedRecipe& one, std::ostream* out) { *out << one.recipe.name; }

std::vector<NamedRecipe> all_recipes() {
  std::vector<NamedRecipe> all;
  for (const auto& variant : variants()) {
    for (const auto& recipe : variant.recipes) all.push_back({variant.name, recipe});
  }
  return all;
}

/// Their first epochs alone take half a minute or more on one core.
const std::set<std::string> kSlow = {"fashion-vae-conv-2d", "fashion-vq"};

bool runs_slow_tests() {
  const char* wanted = std::getenv("HOURGLASS_SLOW_TESTS");
  return wanted && std::string(wanted) == "1";
}

/// Why the data are not there; empty where they are.
std::string missing_data(const Recipe& recipe) {
  try {
    sources::open_data(recipe.data, 1);
    return "";
  } catch (const sources::MissingDataError& error) {
    return error.what();
  }
}

class Bands : public ::testing::TestWithParam<NamedRecipe> {};

TEST_P(Bands, AreReached) {
  const auto& [variant, recipe] = GetParam();
  if (kSlow.contains(recipe.name) && !runs_slow_tests()) {
    GTEST_SKIP() << "an epoch takes too long: set HOURGLASS_SLOW_TESTS=1; docs/results.md has the "
                    "last result";
  }
  if (recipe.expected.column.empty()) GTEST_SKIP() << "no number is expected of it yet";
  if (const auto why = missing_data(recipe); !why.empty()) GTEST_SKIP() << why;
  const testing::TemporaryFolder folder;
  runs::RunOptions options = runs::options_of(variant, recipe.name);
  options.out = folder / "run";
  options.training.device = "cpu";
  // Tests run beside each other: two of them with two threads each on two cores take ten times as long.
  options.threads.count = 1;
  options.stop_after = recipe.expected.early.epoch;
  runs::Run run(options);
  run.train();

  const auto& [epoch, early_at_most] = recipe.expected.early;
  if (epoch > 0) {
    const auto metrics = runs::read_metrics(folder / "run/metrics.csv");
    const auto& values = metrics.column(recipe.expected.column);
    ASSERT_EQ(std::ssize(values), epoch);
    EXPECT_LE(values.back(), early_at_most);
  } else {
    ASSERT_TRUE(run.record().results && run.record().results->expected);
    EXPECT_LE(run.record().results->expected->value, recipe.expected.at_most);
  }
}

INSTANTIATE_TEST_SUITE_P(Recipes, Bands, ::testing::ValuesIn(all_recipes()), [](const auto& one) {
  std::string name = one.param.recipe.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace hourglass::recipes
