#include "hourglass/evaluation/log_likelihood.h"

#include "hourglass/core/error.h"
#include "hourglass/core/row_random.h"
#include "hourglass/evaluation/decoded_likelihood.h"
#include "hourglass/evaluation/model_prior.h"
#include "hourglass/evaluation/normal_prior.h"
#include "hourglass/evaluation/posterior_mixture.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kCodesAtOnce = 4096;
constexpr int64_t kValuesAtOnce = int64_t{1} << 23;

constexpr const char* kFlow = "flow";  // models/inverse_autoregressive_flow.h

/// What the encoder says of B items.
struct Encoding {
  models::GaussianCode base;  ///< of z₀, which is z where there is no flow
  at::Tensor context;         ///< what the flow is told; undefined where there is none
};

Encoding encoding_of(ExportedModel& model, const Batch& batch) {
  if (!model.has_method(kFlow)) return {posteriors(model, batch), {}};
  const auto parts = model.run_method("encode_base", batch.input, batch.condition);
  if (parts.size() != 3) {
    throw Error("{}: encode_base: expected mean, log variance and context, found {} tensors",
                model.path().string(), parts.size());
  }
  return {{parts[0], parts[1]}, parts[2]};
}

/// Samples of the codes of B items, K each.
struct CodeSamples {
  at::Tensor codes;        ///< [B · K, code shape…]
  at::Tensor log_weights;  ///< [B, K] float64: log p(z) − log q(z|x)
};

/// What codes are like before an item is seen.
struct Prior {
  ModelPriorPtr learned;  ///< null where it is normal
  NormalPrior normal;
};

/// log p(z) of `options.samples` codes of each of the batch's items, [B · K, code shape…]: [B · K]
/// float64.
at::Tensor log_prior(const Prior& prior, const at::Tensor& codes, const Batch& batch,
                     const LikelihoodOptions& options) {
  if (prior.learned) {
    const at::Tensor noise =
        RowRandom(options.seed)
            .normal("second layer", batch.rows, {options.samples, prior.learned->noise_width()});
    return prior.learned->log_density(codes, noise.flatten(0, 1));
  }
  const auto [mean, log_variance] = prior.normal.of(batch.condition, options.samples);
  return models::log_density({mean.to(at::kDouble), log_variance.to(at::kDouble)},
                             codes.to(at::kDouble));
}

CodeSamples draw_codes(ExportedModel& model, const Prior& prior, const Batch& batch,
                       const LikelihoodOptions& options) {
  const auto [posterior, context] = encoding_of(model, batch);
  const at::Tensor mean = posterior.mean.unsqueeze(1);                  // [B, 1, code shape…]
  const at::Tensor log_variance = posterior.log_variance.unsqueeze(1);  // [B, 1, code shape…]
  Shape shape = mean.sizes().slice(1).vec();
  shape.front() = options.samples;
  const at::Tensor noise = RowRandom(options.seed).normal("likelihood", batch.rows, shape);
  const at::Tensor z = mean + (0.5 * log_variance).exp() * noise;  // [B, K, code shape…]
  at::Tensor codes = z.flatten(0, 1);
  const auto sums = [](const at::Tensor& terms) { return terms.flatten(2).sum(2); };
  const double constants = std::log(2 * std::numbers::pi);
  // z − μ = σ ε
  at::Tensor log_q =
      -0.5 * sums(constants + log_variance.to(at::kDouble) + noise.to(at::kDouble).square());
  if (context.defined()) {
    const auto flowed =
        model.run_method(kFlow, {codes, context.repeat_interleave(options.samples, 0)});
    codes = flowed.at(0);
    log_q = log_q - flowed.at(1).to(at::kDouble).view_as(log_q);
  }
  return {codes, log_prior(prior, codes, batch, options).view_as(log_q) - log_q};
}

/// `values` [B, …] of the items [n] of codes: [n, …]. That of one item is not copied.
at::Tensor of_items(const at::Tensor& values, const at::Tensor& items) {
  if (!values.defined()) return {};
  if (values.size(0) > 1) return values.index_select(0, items);
  Shape shape = values.sizes().vec();
  shape.front() = items.size(0);
  return values.expand(shape);
}

/// log p(x|z) of K codes an item: [B, K] float64.
at::Tensor log_likelihoods_of_codes(ExportedModel& model, const DecodedLikelihood& likelihood,
                                    const at::Tensor& codes, const Batch& batch) {
  const int64_t samples = codes.size(0) / batch.target.size(0);
  const int64_t at_once =
      std::clamp<int64_t>(kValuesAtOnce / batch.target[0].numel(), 1, kCodesAtOnce);
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < codes.size(0); first += at_once) {
    const int64_t end = std::min(first + at_once, codes.size(0));
    const at::Tensor items =
        at::arange(first, end, at::kLong).div(samples, /*rounding_mode=*/"floor");
    const at::Tensor numbers =
        decoded(model, likelihood, codes.slice(0, first, end), of_items(batch.condition, items));
    parts.push_back(likelihood.log_density(numbers, of_items(batch.target, items)));
  }
  return at::cat(parts).view({-1, samples});
}

Batch some_rows(const Batch& batch, int64_t first, int64_t end) {
  const auto part = [&](const at::Tensor& values) {
    return values.defined() ? values.slice(0, first, end).cpu() : at::Tensor();
  };
  return {part(batch.input), part(batch.target), {}, part(batch.condition), part(batch.rows)};
}

at::Tensor likelihoods_of_batch(ExportedModel& model, const DecodedLikelihood& likelihood,
                                const Prior& prior, const Batch& batch,
                                const LikelihoodOptions& options) {
  const CodeSamples samples = draw_codes(model, prior, batch, options);
  const at::Tensor log_joint =
      log_likelihoods_of_codes(model, likelihood, samples.codes, batch) + samples.log_weights;
  return std::log(static_cast<double>(options.samples)) - at::logsumexp(log_joint, {1});
}

}  // namespace

std::string likelihood_obstacle(const ExportedModel& model) {
  const bool is_variational = model.has_method("encode_distribution") || model.has_method(kFlow);
  if (!model.card() || !is_variational) {
    return "the file has no method 'encode_distribution'";
  }
  return decoded_likelihood_obstacle(model);
}

at::Tensor negative_log_likelihoods(ExportedModel& model, const datasets::Dataset& data,
                                    const LikelihoodOptions& options,
                                    const datasets::BatchProgress& progress) {
  if (const std::string obstacle = likelihood_obstacle(model); !obstacle.empty()) {
    throw Error("{}: log-likelihood: {}", model.path().string(), obstacle);
  }
  const DecodedLikelihood likelihood(model);
  const Prior prior = {learned_prior(model), NormalPrior(model)};
  // One tensor, not one for each item: small ones that stay, between large ones that go, made the
  // heap of a model of two layers grow to gigabytes.
  at::Tensor values = at::empty({data.size()}, at::kDouble);
  const int64_t items_at_once = std::max<int64_t>(1, kCodesAtOnce / options.samples);
  datasets::for_each_batch(data, [&](const Batch& batch, int64_t batch_first) {
    check_fit(model, likelihood, batch.target);
    for (int64_t first = 0; first < batch.input.size(0); first += items_at_once) {
      const int64_t end = std::min(first + items_at_once, batch.input.size(0));
      const Batch some = some_rows(batch, first, end);
      values.slice(0, batch_first + first, batch_first + end)
          .copy_(likelihoods_of_batch(model, likelihood, prior, some, options));
      if (progress) progress(batch_first + end);
    }
  });
  return values;
}

}  // namespace hourglass::evaluation
