#include "hourglass/runs/target_check.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/batches.h"

#include <ATen/ATen.h>

namespace hourglass::runs {
namespace {

void check_range(const formats::DataCard& info) {
  if (info.lowest >= 0 && info.highest <= 1) return;
  throw Error(
      "{}: `loss` bce expects values in [0, 1], found {:g} to {:g}: add `scale` minmax, or `loss` "
      "mse `output_activation` linear",
      info.name, info.lowest, info.highest);
}

const char* hint(models::Loss loss) {
  return loss == models::Loss::Logistic ? "`levels` says how many there are"
                                        : "`scale` none keeps counts as they are";
}

}  // namespace

void check_targets(const models::Likelihood& likelihood, const sources::DataSplits& data) {
  if (likelihood.loss == models::Loss::Bce) return check_range(data.info);
  const std::string expected = models::expected_values(likelihood);
  if (expected.empty()) return;
  for (const auto& rows : {data.training, data.validation}) {
    if (!rows) continue;
    datasets::for_each_batch(*rows, [&](const Batch& batch, int64_t /*first*/) {
      const at::Tensor places = models::misfits(likelihood, batch.target).nonzero();
      if (places.size(0) == 0) return;
      const at::Tensor place = places[0];
      const auto item = place[0].item<int64_t>();
      const at::Tensor wrong = models::misfits(likelihood, batch.target[item]);
      throw Error("{}: `loss` {} expects {}, found {:g} in row {}: {}", data.info.name,
                  enum_name(likelihood.loss), expected,
                  batch.target[item].masked_select(wrong)[0].item<double>(),
                  batch.rows[item].item<int64_t>(), hint(likelihood.loss));
    });
  }
}

}  // namespace hourglass::runs
