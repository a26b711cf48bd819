#include "hourglass/runs/dependences.h"

#include "hourglass/core/error.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::runs {
namespace {

using testing::error_of;
using testing::expect_contains;

/// A run's options as a table, some set by name.
struct TableOf {
  RunOptions options;
  FieldTable table;

  explicit TableOf(const std::string& variant,
                   const std::vector<std::pair<std::string, std::string>>& set = {})
      : options(options_of(variant, "")) {
    options.describe(table);
    for (const auto& [name, value] : set) table.find(name)->set(value);
  }
};

TEST(Dependences, AreOfOptionsThatThereAre) {
  for (const auto& variant : recipes::variants()) {
    const TableOf run(variant.name);
    for (const auto* list : {&variant.dependences, &common_dependences()}) {
      for (const auto& dependence : *list) {
        EXPECT_FALSE(dependence.options.empty() || dependence.on.empty()) << variant.name;
        for (const auto& option : dependence.options) EXPECT_TRUE(run.table.find(option)) << option;
        for (const auto& other : dependence.on) EXPECT_TRUE(run.table.find(other)) << other;
      }
    }
  }
}

TEST(Dependences, OneOfSeveralIsEnough) {
  const recipes::Variant& dense = recipes::find_variant("dense");
  const auto reads_labels = [&](const std::string& dataset, const std::string& targets) {
    const TableOf run("dense", {{"dataset", dataset}, {"targets", targets}});
    return has_effect(dense, run.table, "label_column");
  };
  EXPECT_TRUE(reads_labels("csv:a.csv", ""));
  EXPECT_TRUE(reads_labels("npy:a.npy", "csv:b.csv"));
  EXPECT_FALSE(reads_labels("npy:a.npy", "npy:b.npy"));
  EXPECT_FALSE(reads_labels("digits", ""));
  EXPECT_TRUE(reads_labels("mine.csv", "")) << "no data set: the error to be is about that";
}

TEST(Dependences, AllOfAnOptionHaveToBeMet) {
  const recipes::Variant& sparse = recipes::find_variant("sparse");
  const auto has_target = [&](const std::string& sparsity, const std::string& loss) {
    const TableOf run("sparse", {{"sparsity", sparsity}, {"jump_loss", loss}});
    return has_effect(sparse, run.table, "target_l0");
  };
  EXPECT_TRUE(has_target("jumprelu", "quadratic"));
  EXPECT_FALSE(has_target("jumprelu", "tanh"));
  EXPECT_FALSE(has_target("topk:8", "quadratic"));
}

TEST(Dependences, AreAskedOfGivenOptionsAlone) {
  const recipes::Variant& one_class = recipes::find_variant("one_class");
  const TableOf run("one_class", {{"nu", "0.5"}});
  EXPECT_NO_THROW(refuse_without_effect(one_class, run.table, {"boundary", "epochs"}));
  EXPECT_THROW(refuse_without_effect(one_class, run.table, {"epochs", "nu"}), UsageError);
  expect_contains(error_of([&] { refuse_without_effect(one_class, run.table, {"nu"}); }),
                  {"`nu`: expected `boundary` soft with it, found 'hard'; leave it out"});
}

}  // namespace
}  // namespace hourglass::runs
