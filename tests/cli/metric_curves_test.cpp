#include "hourglass/cli/metric_curves.h"

#include "hourglass/tests/support/support.h"

namespace hourglass::cli {
namespace {

NamedMetrics metrics_with(const std::string& name, const std::vector<std::string>& terms) {
  NamedMetrics run{name, {.names = {"epoch"}, .columns = {{1, 2, 3}}}};
  double value = 1;
  for (const auto& term : terms) {
    for (const char* part : {"train_", "validation_"}) {
      run.metrics.names.push_back(part + term);
      run.metrics.columns.push_back({value, value / 2, value / 3});
    }
    value *= 2;
  }
  return run;
}

TEST(MetricCurves, HaveAPanelForEachTermBesideTheLoss) {
  if (!figures::figures_available()) GTEST_SKIP() << "needs pictures";
  const auto width_of = [](const std::vector<NamedMetrics>& runs) {
    return draw_metric_curves(runs, {.title = "run"})->width();
  };
  const int loss = width_of({metrics_with("a", {"loss"})});
  const int two = width_of({metrics_with("a", {"loss", "kl"})});
  const int three = width_of({metrics_with("a", {"loss", "reconstruction", "kl"})});
  EXPECT_LT(loss, two);
  EXPECT_LT(two, three);
  // A term that one run alone has.
  EXPECT_EQ(two, width_of({metrics_with("a", {"loss"}), metrics_with("b", {"loss", "kl"})}));
}

TEST(MetricCurves, AreNoneBeforeTheFirstEpoch) {
  const NamedMetrics run{"a", {.names = {"epoch", "train_loss"}, .columns = {{}, {}}}};
  EXPECT_FALSE(draw_metric_curves({run}, {}));
}

}  // namespace
}  // namespace hourglass::cli
