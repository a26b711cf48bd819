#include "hourglass/apps/tools/bits_per_dimension.h"

#include "hourglass/cli/fast_inference.h"
#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/models/likelihood.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numbers>
#include <string>

namespace hourglass::apps {
namespace {

/// Those whose likelihood is a distribution with all its constants.
constexpr models::Loss kLikelihoods[] = {models::Loss::Bce, models::Loss::Gaussian,
                                         models::Loss::Logistic, models::Loss::NegativeBinomial,
                                         models::Loss::ZeroInflatedNegativeBinomial};

/// What kind of loss it is, where that is no bound; else empty.
std::string other_loss(const runs::ListedRun& run) {
  if (!run.metrics.has("train_kl")) return "that of " + run.record.variant;
  const formats::RecordedOptions& options = run.record.options;
  const double weight = options.find<double>("beta").value_or(1);
  if (weight != 1) return fmt::format("one of `beta` {}", weight);
  const std::string loss = options.loss();
  const bool is_likelihood = std::any_of(std::begin(kLikelihoods), std::end(kLikelihoods),
                                         [&](models::Loss one) { return enum_name(one) == loss; });
  return is_likelihood ? "" : fmt::format("one of `loss` {}", loss);
}

void expect_bound(const runs::ListedRun& run) {
  const std::string other = other_loss(run);
  if (other.empty()) return;
  throw Error(
      "{}: bits per dimension: expected a loss that is a bound of -log p(x), as variational models "
      "have it, found {}",
      run.folder.string(), other);
}

/// While the KL divergence gains its weight, which it has in the last of these epochs, a training loss
/// is no bound.
void drop_warm_up(const runs::ListedRun& run, runs::MetricsTable& table) {
  const auto epochs = run.record.options.find<int64_t>("kl_warmup").value_or(0) - 1;
  for (size_t c = 0; c < table.names.size(); ++c) {
    if (table.names[c] != "train_loss") continue;
    const auto end =
        table.columns[c].begin() + std::clamp<int64_t>(epochs, 0, std::ssize(table.columns[c]));
    std::fill(table.columns[c].begin(), end, std::numeric_limits<double>::quiet_NaN());
  }
}

}  // namespace

runs::MetricsTable bits_per_dimension(const runs::ListedRun& run,
                                      const cli::RunModelOptions& options) {
  expect_bound(run);
  const auto model = cli::load_model(cli::run_model_path(run.folder, options));
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
  drop_warm_up(run, table);
  return table;
}

}  // namespace hourglass::apps
