#include "hourglass/apps/tools/bits_per_dimension.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/evaluation/exported_model.h"

#include <fmt/format.h>

#include <numbers>

namespace hourglass::apps {
namespace {

void expect_bound(const runs::ListedRun& run) {
  const double weight = run.record.options.find<double>("beta").value_or(1);
  const bool is_variational = run.metrics.has("train_kl");
  if (is_variational && weight == 1) return;
  throw Error(
      "{}: bits per dimension: expected a loss that is a bound of -log p(x), with a KL divergence "
      "of "
      "weight 1, found {}",
      run.folder.string(),
      is_variational ? fmt::format("one of `beta` {}", weight)
                     : fmt::format("that of {}", run.record.variant));
}

}  // namespace

runs::MetricsTable bits_per_dimension(const runs::ListedRun& run) {
  expect_bound(run);
  const auto model = evaluation::ExportedModel::load(run.folder / "best.pt");
  if (!model.card()) throw Error("{}: expected a card", model.path().string());
  const auto values = static_cast<double>(element_count(model.card()->target_shape));
  runs::MetricsTable table;
  for (const char* name : {"epoch", "train_loss", "validation_loss"}) {
    if (!run.metrics.has(name)) continue;
    table.names.emplace_back(name);
    table.columns.push_back(run.metrics.column(name));
    if (table.names.size() == 1) continue;
    for (double& loss : table.columns.back()) loss /= values * std::numbers::ln2;
  }
  return table;
}

}  // namespace hourglass::apps
