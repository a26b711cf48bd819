#include "hourglass/evaluation/decoded_likelihood.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/formats/script.h"
#include "hourglass/kernels/bernoulli.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

namespace hourglass::evaluation {
namespace {

constexpr float kLeastProbability = 1e-7F;
constexpr int64_t kRowsOfThread = 16;  // at least, so that starting it pays

models::Likelihood recorded_likelihood(const ExportedModel& model) {
  models::Likelihood likelihood{.loss = recorded_loss(model)};
  if (!model.card()) return likelihood;
  const auto& options = model.card()->options;
  if (const auto activation = TextCodec<models::Activation>::parse(options.output_activation())) {
    likelihood.activation = *activation;
  }
  likelihood.levels = options.find<int64_t>("levels").value_or(likelihood.levels);
  return likelihood;
}

/// What autograd can differentiate, by several passes over memory of their own.
at::Tensor differentiable_log_bernoulli(const at::Tensor& probabilities, const at::Tensor& x) {
  const at::Tensor clamped = probabilities.clamp(kLeastProbability, 1 - kLeastProbability);
  const at::Tensor unknown = x.isnan();
  return -at::binary_cross_entropy(clamped, x.masked_fill(unknown, 0), {}, at::Reduction::None)
              .masked_fill(unknown, 0)
              .flatten(1)
              .sum(1, /*keepdim=*/false, at::kDouble);
}

/// [C], of probabilities and items [C, shape…].
at::Tensor log_bernoulli(const at::Tensor& probabilities, const at::Tensor& x) {
  if (probabilities.requires_grad()) return differentiable_log_bernoulli(probabilities, x);
  const at::Tensor p = probabilities.flatten(1).to(at::kFloat).contiguous();
  at::Tensor values = x.flatten(1).to(at::kFloat);
  if (p.size(1) > 1 && values.stride(1) != 1) values = values.contiguous();
  at::Tensor sums = at::empty({p.size(0)}, at::kDouble);
  at::parallel_for(0, p.size(0), kRowsOfThread, [&](int64_t begin, int64_t end) {
    kernels::bernoulli_log_density(
        {.rows = end - begin,
         .columns = p.size(1),
         .probabilities = p.const_data_ptr<float>() + begin * p.size(1),
         .values = values.const_data_ptr<float>() + begin * values.stride(0),
         .value_stride = values.stride(0),
         .least = kLeastProbability},
        sums.mutable_data_ptr<double>() + begin);
  });
  return sums;
}

}  // namespace

std::string decoded_likelihood_obstacle(const ExportedModel& model) {
  if (!model.card()) return "the file does not say its likelihood";
  const models::Loss loss = recorded_loss(model);
  if (loss == models::Loss::Bce) return "";
  if (models::follows_from_mean(loss)) {
    return fmt::format("the loss {} is no likelihood", enum_name(loss));
  }
  return model.has_method(formats::kDecodeParameters)
             ? ""
             : fmt::format("the file has no method '{}'", formats::kDecodeParameters);
}

DecodedLikelihood::DecodedLikelihood(const ExportedModel& model)
    : likelihood_(recorded_likelihood(model)),
      method_(likelihood_.loss == models::Loss::Bce ? "decode" : formats::kDecodeParameters) {
  if (const std::string obstacle = decoded_likelihood_obstacle(model); !obstacle.empty()) {
    throw Error("{}: likelihood: {}", model.path().string(), obstacle);
  }
}

at::Tensor DecodedLikelihood::log_density(const at::Tensor& decoded, const at::Tensor& x) const {
  if (likelihood_.loss == models::Loss::Bce) return log_bernoulli(decoded, x);
  // Of thousands of values a sum in float32 would be off by more than samples differ.
  return -models::row_losses(likelihood_, decoded.to(at::kDouble), x.to(at::kDouble));
}

std::string DecodedLikelihood::misfit_of(const at::Tensor& x) const {
  const at::Tensor wrong = x.masked_select(models::misfits(likelihood_, x));
  if (wrong.numel() == 0) return "";
  return fmt::format("loss {}: expected {}, found {:g}", enum_name(likelihood_.loss),
                     models::expected_values(likelihood_), wrong[0].item<double>());
}

std::string DecodedLikelihood::misfit_of(const datasets::Dataset& data) const {
  std::string misfit;
  datasets::for_each_batch(data, [&](const Batch& batch, int64_t /*first*/) {
    if (misfit.empty()) misfit = misfit_of(batch.target);
  });
  return misfit;
}

void check_fit(const ExportedModel& model, const DecodedLikelihood& likelihood,
               const at::Tensor& x) {
  const std::string misfit = likelihood.misfit_of(x);
  if (!misfit.empty()) throw Error("{}: likelihood: {}", model.path().string(), misfit);
}

at::Tensor decoded(ExportedModel& model, const DecodedLikelihood& likelihood,
                   const at::Tensor& codes, const at::Tensor& condition) {
  return model.run_method(likelihood.method(), codes, condition).front();
}

}  // namespace hourglass::evaluation
