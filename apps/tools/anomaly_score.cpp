#include "hourglass/apps/tools/anomaly_score.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/evaluation/errors.h"
#include "hourglass/models/likelihood.h"
#include "hourglass/models/variational.h"
#include "hourglass/training/engine.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

namespace hourglass::apps {

using namespace models;
using namespace training;
using namespace evaluation;

namespace {

/// The loss of each item, summed over its values: [B] float64.
at::Tensor item_loss(Loss loss, const at::Tensor& reconstruction, const at::Tensor& target) {
  const auto values = static_cast<double>(target[0].numel());
  switch (loss) {
    case Loss::Bce: return values * item_bce(reconstruction, target);
    case Loss::Mae: return values * item_mae(reconstruction, target);
    default: return values * item_mse(reconstruction, target);
  }
}

/// [samples, code size] float32, standard normal; a row of zeros where `samples` is 0.
at::Tensor shared_noise(int64_t samples, int64_t code_size, uint64_t seed) {
  if (samples == 0) return at::zeros({1, code_size});
  return at::randn({samples, code_size}, make_generator(at::kCPU, derive_seed(seed, "elbo")));
}

GaussianCode distribution_of(ExportedModel& model, const at::Tensor& x) {
  const auto parts = model.run_method("encode_distribution", x);
  if (parts.size() != 2) {
    throw Error("{}: encode_distribution: expected mean and log variance, found {} tensors",
                model.path().string(), parts.size());
  }
  return {parts[0], parts[1]};
}

std::vector<double> to_vector_of(const at::Tensor& values) {
  const at::Tensor flat = values.to(at::kDouble).contiguous().flatten();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

}  // namespace

AnomalyScore resolve_score(AnomalyScore score, const ExportedModel& model) {
  if (score != AnomalyScore::Auto) return score;
  return model.has_method("encode_distribution") ? AnomalyScore::Elbo
                                                 : AnomalyScore::Reconstruction;
}

Scorer reconstruction_scorer(ExportedModel& model) {
  return [&](const Batch& batch) { return item_mse(model.reconstruct(batch.input), batch.target); };
}

Scorer elbo_scorer(ExportedModel& model, int64_t samples, uint64_t seed) {
  if (!model.has_method("encode_distribution")) {
    throw Error(
        "{}: --score elbo: expected a variational model, with a method 'encode_distribution'; use "
        "reconstruction or mahalanobis",
        model.path().string());
  }
  return [&model, samples, seed, loss = recorded_loss(model)](const Batch& batch) {
    const GaussianCode code = distribution_of(model, batch.input);
    const at::Tensor noise = shared_noise(samples, code.mean.size(1), seed);
    const at::Tensor deviation = (0.5 * code.log_variance).exp();
    at::Tensor total = at::zeros({batch.input.size(0)}, at::kDouble);
    for (const at::Tensor& epsilon : noise.unbind(0)) {
      const at::Tensor z = code.mean + deviation * epsilon;
      total += item_loss(loss, model.decode(z), batch.target);
    }
    return total / noise.size(0) +
           kl_from_standard_normal({code.mean.to(at::kDouble), code.log_variance.to(at::kDouble)});
  };
}

Scorer mahalanobis_scorer(ExportedModel& model, Mahalanobis normal_codes) {
  return [&model, normal = std::move(normal_codes)](const Batch& batch) {
    return normal.distance(model.encode(batch.input));
  };
}

nlohmann::json to_json(const Mahalanobis& fitted) {
  return {{"mean", to_vector_of(fitted.mean)}, {"precision", to_vector_of(fitted.precision)}};
}

Mahalanobis mahalanobis_from_json(const nlohmann::json& json) {
  const auto mean = json.at("mean").get<std::vector<double>>();
  const auto precision = json.at("precision").get<std::vector<double>>();
  const auto width = static_cast<int64_t>(mean.size());
  if (std::ssize(precision) != width * width) {
    throw Error("mahalanobis: expected a precision of {} × {} values, found {}", width, width,
                precision.size());
  }
  return {at::tensor(mean, at::kDouble), at::tensor(precision, at::kDouble).view({width, width})};
}

}  // namespace hourglass::apps
