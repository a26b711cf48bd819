#include "hourglass/evaluation/two_stage.h"

#include "hourglass/core/random.h"
#include "hourglass/evaluation/density_fit.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kFewestUnits = 128, kMostUnits = 1024, kUnitsAValue = 8;
constexpr const char* kDeviation = "decoder_deviation";

std::shared_ptr<models::Variational> network_of(int64_t width, int64_t units) {
  return std::make_shared<models::Variational>(
      models::VariationalOptions{},
      models::ModelSpec{.shapes = {{width}, {width}},
                        .network = models::DenseNetwork{.widths = {units, units, width}},
                        .likelihood = {models::Loss::Mse, models::Activation::Linear}});
}

}  // namespace

TwoStage::TwoStage(Standardisation standard, std::shared_ptr<models::Variational> model)
    : standard_(std::move(standard)), model_(std::move(model)) {}

TwoStage::TwoStage(const TensorMap& tensors)
    : TwoStage({tensors.at("mean"), tensors.at("deviation")},
               network_of(tensors.at("mean").numel(),
                          tensors.at("encoder.trunk.dense1.weight").size(0))) {
  models::load_tensors(*model_, tensors, "two-stage");
  deviation_ = tensors.at(kDeviation).item<double>();
}

at::Tensor TwoStage::sample(int64_t count, uint64_t seed) const {
  const at::NoGradGuard no_grad;
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "second stage"));
  const int64_t width = standard_.mean.numel();
  const at::Tensor u = at::randn({count, width}, generator);
  const at::Tensor noise = at::randn({count, width}, generator);
  return standard_.undo(model_->decode(u) + deviation_ * noise);
}

TensorMap TwoStage::tensors() const {
  TensorMap all = models::copied_tensors(*model_);
  all["mean"] = standard_.mean;
  all["deviation"] = standard_.deviation;
  all[kDeviation] = at::tensor({deviation_}, at::kDouble);
  return all;
}

void TwoStage::train(const at::Tensor& codes, uint64_t seed) {
  const at::Tensor z = standard_.apply(codes);
  const auto width = static_cast<double>(z.size(1));
  const auto terms_of = [&](const at::Tensor& rows, int64_t epoch) {
    const at::Tensor items = z.index_select(0, rows);
    return model_
        ->losses({.input = items, .target = items, .rows = rows},
                 {.random = RowRandom(seed, epoch), .epoch = epoch})
        .terms;
  };
  fit_density(model_->parameters(), z.size(0),
              [&](const at::Tensor& rows, int64_t epoch) {
                const auto terms = terms_of(rows, epoch);
                return 0.5 * width * (terms[0] / width).log() + terms[1];
              },
              {.seed = seed});
  const at::NoGradGuard no_grad;
  const double error = terms_of(at::arange(z.size(0), at::kLong), 0)[0].item<double>();
  deviation_ = std::sqrt(error / width);
}

CodeDistributionPtr TwoStage::fit(const at::Tensor& codes, uint64_t seed) {
  const int64_t width = codes.size(1);
  const int64_t units = std::clamp(kUnitsAValue * width, kFewestUnits, kMostUnits);
  at::manual_seed(derive_seed(seed, "second stage weights"));
  const std::shared_ptr<TwoStage> second(
      new TwoStage(standardisation_of(codes), network_of(width, units)));
  second->train(codes, seed);
  return second;
}

}  // namespace hourglass::evaluation
