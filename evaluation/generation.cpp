#include "hourglass/evaluation/generation.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/normal_prior.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hourglass::evaluation {
namespace {

// Fitting takes time with the number of rows and gains nothing beyond some thousands.
constexpr int64_t kMostFittedRows = 10000;

// Samples of a learned prior whose quantiles are taken.
constexpr int64_t kPriorSamples = 10000;

/// Throws `Error` unless all are whole numbers of 0 … size − 1.
void check_indices(const at::Tensor& codes, int64_t size, const std::string& where) {
  const at::Tensor values = codes.to(at::kDouble);
  const at::Tensor outside = values.lt(0).logical_or(values.ge(size));
  const at::Tensor wrong = outside.logical_or(values.ne(values.floor()));
  if (!wrong.any().item<bool>()) return;
  throw Error("{}: expected indices of 0 to {}, found {:g}", where, size - 1,
              values.masked_select(wrong)[0].item<double>());
}

}  // namespace

std::string sampler_obstacle(const ExportedModel& model, const Sampler& sampler) {
  if (sampler.kind == Sampler::Kind::Auto) return "";
  const bool draws_indices = sampler.kind == Sampler::Kind::Autoregressive;
  if (draws_indices != has_index_codes(model)) {
    return draws_indices ? "expected codes that are indices of a codebook, found numbers"
                         : "expected autoregressive, as the codes are indices";
  }
  if (sampler.kind == Sampler::Kind::Prior && model.card() && !model.card()->has_gaussian_code()) {
    return "expected a model with a prior, as variational, Wasserstein and adversarial ones have "
           "it, found none: use gaussian or mixture:10, say";
  }
  if (sampler.kind != Sampler::Kind::Vamp || model.has_method("encode_distribution")) return "";
  return "expected codes that are normal distributions, as variational models without a flow have "
         "them, found others";
}

void check_sampler(const ExportedModel& model, const Sampler& sampler) {
  const std::string obstacle = sampler_obstacle(model, sampler);
  if (!obstacle.empty()) throw UsageError("--sampler {}: {}", sampler.text(), obstacle);
}

UsualCodes::UsualCodes(ExportedModel& model, const Sampler& sampler, TrainingCodes training_codes,
                       const at::Tensor& condition, CodeDistributionPtr fitted)
    : model_(model),
      ask_for_training_codes_(std::move(training_codes)),
      sampler_(sampler),
      fitted_(std::move(fitted)) {
  using enum Sampler::Kind;
  has_prior_ = sampler.kind == Prior ||
               (sampler.kind == Auto && model.card() && model.card()->has_gaussian_code());
  if (sampler.kind == Auto) {
    sampler_.kind = has_prior_ ? Prior : has_index_codes(model) ? Autoregressive : Mixture;
  }
  check_sampler(model, sampler_);
  if (has_prior_) prior_ = learned_prior(model);
  if (!has_prior_ || !condition.defined() || !has_learned_prior(model)) return;
  learned_ = true;
  const models::GaussianCode prior = NormalPrior(model).of(condition);
  prior_mean_ = prior.mean.flatten(1);
  prior_deviation_ = (0.5 * prior.log_variance.flatten(1)).exp();
}

const at::Tensor& UsualCodes::training_codes() {
  if (!training_codes_.defined()) training_codes_ = ask_for_training_codes_().flatten(1);
  return training_codes_;
}

int64_t UsualCodes::width() {
  const auto shape = model_.code_shape();
  return shape ? element_count(*shape) : training_codes().size(1);
}

at::Tensor UsualCodes::samples(int64_t count, uint64_t seed) {
  if (!has_prior_) return distribution(seed)->sample(count, seed);
  if (prior_) return prior_->sample(count, seed);
  const at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "samples"));
  const at::Tensor noise = at::randn({count, width()}, generator);
  return learned_ ? prior_mean_ + prior_deviation_ * noise : noise;
}

std::string UsualCodes::source() const {
  return learned_ || prior_ ? "the learned prior" : sampler_.what();
}

int64_t UsualCodes::fitted_rows() {
  return has_prior_ || fitted_ ? 0 : std::min(kMostFittedRows, training_codes().size(0));
}

CodeDistributionPtr UsualCodes::distribution(uint64_t seed) {
  if (has_prior_) return nullptr;
  if (!fitted_) {
    // From all over: files of images, and many tables, have one class after the other.
    const at::Tensor chosen = datasets::evenly_spread(fitted_rows(), training_codes().size(0));
    const at::Tensor codes = training_codes().index_select(0, chosen);
    const int64_t indices = has_index_codes(model_) ? codebook(model_).size(0) : 0;
    fitted_ = fit_distribution(sampler_, codes, seed, indices);
  }
  return fitted_;
}

void UsualCodes::expect_numbers() const {
  if (!has_index_codes(model_)) return;
  throw Error(
      "{}: its codes are indices of a codebook, between which there is nothing: draw some by "
      "`samples`, or name indices by `at`",
      model_.path().string());
}

at::Tensor UsualCodes::mean() {
  expect_numbers();
  if (learned_) return prior_mean_;
  if (prior_) return prior_->mean();
  return has_prior_ ? at::zeros({1, width()}) : training_codes().mean(0, /*keepdim=*/true);
}

CodeGrid UsualCodes::grid(int64_t first, int64_t second, int64_t n) {
  expect_numbers();
  for (const int64_t component : {first, second}) {
    if (component >= width()) {
      throw Error("expected components of 0 to {}, as {} has them, found {}", width() - 1,
                  model_.path().string(), component);
    }
  }
  if (!has_prior_ || prior_) {
    const at::Tensor usual = prior_ ? prior_->sample(kPriorSamples, 1) : training_codes();
    return data_range_grid(usual.index_select(1, at::tensor({first, second})), n);
  }
  CodeGrid grid = gaussian_grid(n);
  if (!learned_) return grid;
  const auto moved = [&](std::vector<double> values, int64_t component) {
    for (double& value : values) {
      value = prior_mean_[0][component].item<double>() +
              prior_deviation_[0][component].item<double>() * value;
    }
    return values;
  };
  const at::Tensor components = at::tensor({first, second});
  return {.first = moved(grid.first, first),
          .second = moved(grid.second, second),
          .codes = prior_mean_.index_select(1, components) +
                   prior_deviation_.index_select(1, components) * grid.codes};
}

at::Tensor interpolate_codes(const at::Tensor& first, const at::Tensor& last, int64_t steps,
                             bool spherical) {
  const at::Tensor share = at::linspace(0, 1, steps, at::kDouble).unsqueeze(1);  // [steps, 1]
  const at::Tensor a = first.to(at::kDouble), b = last.to(at::kDouble);
  const double cosine = (a.dot(b) / (a.norm() * b.norm())).item<double>();
  const double angle = std::acos(cosine);
  if (!spherical || !(std::sin(angle) > 1e-6)) {
    return ((1 - share) * a + share * b).to(at::kFloat);
  }
  const at::Tensor from = at::sin((1 - share) * angle), to = at::sin(share * angle);
  return ((from * a + to * b) / std::sin(angle)).to(at::kFloat);
}

at::Tensor traverse_codes(const at::Tensor& bases, int64_t component,
                          const std::vector<double>& values) {
  at::Tensor codes = bases.repeat_interleave(std::ssize(values), 0);
  codes.select(1, component).copy_(at::tensor(values, at::kFloat).repeat({bases.size(0)}));
  return codes;
}

at::Tensor codes_on_grid(const CodeGrid& grid, const at::Tensor& middle, int64_t first,
                         int64_t second) {
  at::Tensor codes = middle.repeat({grid.codes.size(0), 1});
  codes.select(1, first).copy_(grid.codes.select(1, 0));
  codes.select(1, second).copy_(grid.codes.select(1, 1));
  return codes;
}

at::Tensor shaped_codes(ExportedModel& model, const at::Tensor& codes, const std::string& where) {
  const auto shape = model.code_shape();
  if (!shape) return codes.to(at::kFloat);
  const int64_t found = codes[0].numel(), expected = element_count(*shape);
  if (found != expected) {
    throw Error("{}: expected codes of {} value{}, as {} decodes them, found {}", where, expected,
                expected == 1 ? "" : "s", model.path().string(), found);
  }
  const at::Tensor shaped = codes.reshape(with_batch(codes.size(0), *shape));
  if (!has_index_codes(model)) return shaped.to(at::kFloat);
  check_indices(shaped, codebook(model).size(0), where);
  return shaped.to(at::kLong);
}

}  // namespace hourglass::evaluation
