#include "hourglass/training/fused/penalty.h"

#include "hourglass/core/error.h"
#include "hourglass/models/wasserstein.h"
#include "hourglass/training/fused/code.h"
#include "hourglass/training/fused/code_and_weights.h"
#include "hourglass/training/fused/kl_of_condition.h"
#include "hourglass/training/fused/penalty_on_code.h"
#include "hourglass/training/fused/sampled_kl.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace hourglass::training::fused {
namespace {

using kernels::Activation;
using models::Penalty;

/// Σ |h|
class AbsoluteCode : public PenaltyOnCode {
 public:
  using PenaltyOnCode::PenaltyOnCode;

  std::vector<double> values() const override {
    return {sum(), metric_sum() / (items() * static_cast<double>(code_.width))};
  }

 private:
  void forward(const Shard& shard) override {
    double total = 0, plain = 0;
    for_items(shard, [&](int64_t i) {
      const float* h = code_.row(i);
      for (int64_t j = 0; j < code_.width; ++j) total += std::abs(h[j]), plain += h[j];
    });
    sum(shard) = total;
    metric_sum(shard) = plain;
  }

  void backward(const Shard& shard) override {
    for_items(shard, [&](int64_t i) {
      const float* h = code_.row(i);
      float* gradient = code_.gradient_row(i);
      for (int64_t j = 0; j < code_.width; ++j) {
        gradient[j] += weight() * static_cast<float>((h[j] > 0) - (h[j] < 0));
      }
    });
  }
};

/// Σⱼ KL(ρ ‖ ρ̂ⱼ) of the batch's means ρ̂ⱼ.
class MeanActivation : public PenaltyOnCode {
 public:
  MeanActivation(const PenaltyParts& parts, double target)
      : PenaltyOnCode(parts),
        target_(target),
        unit_sums_(sums_.size(), std::vector<double>(static_cast<size_t>(code_.width))),
        slopes_(static_cast<size_t>(code_.width)) {}

  void add_forward(Program& program) override {
    PenaltyOnCode::add_forward(program);
    program.once([this] { combine(); });
  }

  std::vector<double> values() const override { return {value_, mean_}; }

 private:
  double target_, value_ = 0, mean_ = 0;
  std::vector<std::vector<double>> unit_sums_;  // a shard each
  std::vector<float> slopes_;                   // of the penalty by each value of the unit

  void forward(const Shard& shard) override {
    auto& sums = unit_sums_[static_cast<size_t>(shard.index)];
    std::fill(sums.begin(), sums.end(), 0.0);
    for_items(shard, [&](int64_t i) {
      std::transform(sums.begin(), sums.end(), code_.row(i), sums.begin(), std::plus<>());
    });
  }

  void combine() {
    constexpr double kLeast = 1e-6;  // as in sparse.cpp
    value_ = mean_ = 0;
    for (size_t j = 0; j < slopes_.size(); ++j) {
      double activation = 0;
      for (int shard = 0; shard < step_.shards; ++shard) {
        activation += unit_sums_[static_cast<size_t>(shard)][j] / items();
      }
      mean_ += activation / static_cast<double>(slopes_.size());
      const double bounded = std::clamp(activation, kLeast, 1 - kLeast);
      value_ += target_ * std::log(target_ / bounded) +
                (1 - target_) * std::log((1 - target_) / (1 - bounded));
      const double slope = -target_ / bounded + (1 - target_) / (1 - bounded);
      slopes_[j] = bounded == activation ? static_cast<float>(slope / items()) : 0.0F;
    }
  }

  void backward(const Shard& shard) override {
    for_items(shard, [&](int64_t i) {
      float* gradient = code_.gradient_row(i);
      for (size_t j = 0; j < slopes_.size(); ++j) gradient[j] += weight() * slopes_[j];
    });
  }
};

/// mean over the batch of Σⱼ f'(aⱼ)² Σᵢ Wⱼᵢ², h = f(W x + b)
class Contraction : public PenaltyOnCode {
 public:
  explicit Contraction(const PenaltyParts& parts)
      : PenaltyOnCode(parts),
        parameters_(parts.parameters),
        weight_number_(parts.weight),
        adds_(parts.weight_is_tied),
        inputs_(parts.inputs),
        activation_(parts.activation),
        lengths_(static_cast<size_t>(code_.width)),
        unit_sums_(sums_.size(), std::vector<double>(static_cast<size_t>(code_.width))),
        factors_(sums_.size(), std::vector<float>(static_cast<size_t>(code_.width))) {}

  void add_forward(Program& program) override {
    // Every shard needs the lengths, and none may change them while another reads.
    program.once([this] { measure_weights(); });
    PenaltyOnCode::add_forward(program);
  }

  void add_weight_gradients(Program& program) override {
    program.each([this](const Shard& shard) { weight_gradient(shard); });
  }

  std::vector<double> values() const override { return {sum() / items(), metric_sum() / items()}; }

 private:
  Parameters& parameters_;
  size_t weight_number_;
  bool adds_;
  int64_t inputs_;
  Activation activation_;
  std::vector<double> lengths_;                 // Σᵢ Wⱼᵢ²
  std::vector<std::vector<double>> unit_sums_;  // Σ over the shard of f'(aⱼ)²
  std::vector<std::vector<float>> factors_;  // of a weight in its gradient; each shard has its own

  /// f'(a) from h = f(a).
  double slope(double h) const {
    switch (activation_) {
      case Activation::Sigmoid: return h * (1 - h);
      case Activation::Tanh: return 1 - h * h;
      case Activation::Relu: return h > 0 ? 1 : 0;
      default: return 1;
    }
  }

  /// f''(a) from h = f(a).
  double curvature(double h) const {
    switch (activation_) {
      case Activation::Sigmoid: return h * (1 - h) * (1 - 2 * h);
      case Activation::Tanh: return -2 * h * (1 - h * h);
      default: return 0;
    }
  }

  void measure_weights() {
    const Parameter& weight = parameters_.at(weight_number_);  // [I, C]
    std::fill(lengths_.begin(), lengths_.end(), 0.0);
    for (int64_t i = 0; i < inputs_; ++i) {
      const float* row = parameters_.values(weight_number_) + i * weight.stride;
      for (size_t j = 0; j < lengths_.size(); ++j) lengths_[j] += double{row[j]} * row[j];
    }
  }

  void forward(const Shard& shard) override {
    auto& squares = unit_sums_[static_cast<size_t>(shard.index)];
    std::fill(squares.begin(), squares.end(), 0.0);
    sum(shard) = metric_sum(shard) = 0;
    for_items(shard, [&](int64_t i) {
      const float* h = code_.row(i);
      double norm = 0;
      for (size_t j = 0; j < lengths_.size(); ++j) {
        const double square = slope(h[j]) * slope(h[j]);
        squares[j] += square;
        norm += square * lengths_[j];
      }
      sum(shard) += norm;
      metric_sum(shard) += std::sqrt(norm);
    });
  }

  // The layer multiplies the code's gradient by f'(a), so what is added here is ∂norm/∂a / f'(a) = 2 f''(a) Σᵢ Wⱼᵢ².
  void backward(const Shard& shard) override {
    const double scale = step_.term_weights[1] / items();
    for_items(shard, [&](int64_t i) {
      const float* h = code_.row(i);
      float* gradient = code_.gradient_row(i);
      for (size_t j = 0; j < lengths_.size(); ++j) {
        gradient[j] += static_cast<float>(scale * 2 * curvature(h[j]) * lengths_[j]);
      }
    });
  }

  // Before the layer's own, which it adds: ∂norm/∂Wⱼᵢ = 2 f'(aⱼ)² Wⱼᵢ, the sum over the batch.
  void weight_gradient(const Shard& shard) {
    const double scale = step_.term_weights[1] / items();
    auto& factors = factors_[static_cast<size_t>(shard.index)];
    for (size_t j = 0; j < factors.size(); ++j) {
      factors[j] = static_cast<float>(scale * 2 * unit_sum(j));
    }
    const Parameter& weight = parameters_.at(weight_number_);
    const MatrixPart own = part_of(weight, shard.index, step_.shards);
    for (int64_t i = own.first_row; i < own.first_row + own.rows; ++i) {
      const float* row = parameters_.values(weight_number_) + i * weight.stride;
      float* gradient = parameters_.gradient(weight_number_, 0) + i * weight.stride;
      for (int64_t j = own.first_column; j < own.first_column + own.columns; ++j) {
        const float value = i < inputs_ ? factors[static_cast<size_t>(j)] * row[j] : 0.0F;
        gradient[j] = adds_ ? gradient[j] + value : value;
      }
    }
  }

  /// Σ over the batch of f'(aⱼ)².
  double unit_sum(size_t unit) const {
    double sum = 0;
    for (int shard = 0; shard < step_.shards; ++shard) {
      sum += unit_sums_[static_cast<size_t>(shard)][unit];
    }
    return sum;
  }
};

/// KL(N(μ, σ²) ‖ N(0, I)) = −½ Σ (1 + log σ² − μ² − σ²), the mean over the batch
class Kl : public PenaltyOnCode {
 public:
  explicit Kl(const PenaltyParts& parts)
      : PenaltyOnCode(parts), log_variance_(*parts.log_variance) {}

  std::vector<double> values() const override { return {sum() / items()}; }

 private:
  Flow& log_variance_;

  void forward(const Shard& shard) override {
    double total = 0;
    for_items(shard, [&](int64_t i) { total += kl_from_standard_normal(code_, log_variance_, i); });
    sum(shard) = total;
  }

  void backward(const Shard& shard) override {
    const auto scale = static_cast<float>(step_.term_weights[1] / items());
    for_items(shard, [&](int64_t i) {
      const float *mean = code_.row(i), *log_variance = log_variance_.row(i);
      float *to_mean = code_.gradient_row(i), *to_log_variance = log_variance_.gradient_row(i);
      for (int64_t j = 0; j < code_.width; ++j) {
        to_mean[j] += scale * mean[j];
        to_log_variance[j] += scale * 0.5F * (std::exp(log_variance[j]) - 1);
      }
    });
  }
};

/// MMD² between the codes and as many samples of the prior, as wasserstein.h has it.
class Mmd : public PenaltyOnCode {
 public:
  explicit Mmd(const PenaltyParts& parts)
      : PenaltyOnCode(parts),
        prior_(step_.most_items * code_.width),
        own_gradient_(static_cast<size_t>(step_.most_items * code_.width)) {}

  void add_forward(Program& program) override {
    program.each([this](const Shard& shard) { draw(shard); });
    program.once([] {});  // every shard looks at all codes
    PenaltyOnCode::add_forward(program);
  }

  std::vector<double> values() const override { return {sum()}; }

 private:
  Floats prior_;                      // [items, code]
  std::vector<double> own_gradient_;  // the same: of sums over all items, most of which cancel

  void draw(const Shard& shard) {
    const auto rows =
        step_.rows.subspan(static_cast<size_t>(shard.first), static_cast<size_t>(shard.count));
    step_.random->fill_normal("prior", {.rows = rows,
                                        .count = code_.width,
                                        .out = prior_.data() + shard.first * code_.width,
                                        .stride = code_.width});
  }

  /// The kernel at a squared distance, and its slope there.
  struct Kernel {
    double value = 0, slope = 0;
  };
  Kernel kernel(double squared_distance) const {
    Kernel kernel;
    for (const double s : models::kKernelScales) {
      const double scale = 2.0 * static_cast<double>(code_.width) * s;
      const double part = scale / (scale + squared_distance);
      kernel.value += part;
      kernel.slope -= part * part / scale;
    }
    return kernel;
  }

  double squared_distance(const float* a, const float* b) const {
    double sum = 0;
    for (int64_t j = 0; j < code_.width; ++j) sum += (double{a[j]} - b[j]) * (double{a[j]} - b[j]);
    return sum;
  }

  void forward(const Shard& shard) override {
    double total = 0;
    for_items(shard, [&](int64_t i) { total += compare(i); });
    sum(shard) = total;
  }

  /// The share of item i: its pairs with all others, and with the prior's samples.
  double compare(int64_t i) {
    const int64_t width = code_.width;
    double* gradient = own_gradient_.data() + i * width;
    std::fill_n(gradient, width, 0.0);
    if (step_.items < 2) return 0;
    const double within = 1 / (items() * (items() - 1)), between = -2 / (items() * items());
    const float *z = code_.row(i), *p = prior_.data() + i * width;
    double total = 0;
    for (int64_t other = 0; other < step_.items; ++other) {
      const float *other_z = code_.row(other), *other_p = prior_.data() + other * width;
      const Kernel to_prior = kernel(squared_distance(z, other_p));
      total += between * to_prior.value;
      for (int64_t j = 0; j < width; ++j) {
        gradient[j] += 2 * between * to_prior.slope * (double{z[j]} - other_p[j]);
      }
      if (other == i) continue;
      const Kernel to_code = kernel(squared_distance(z, other_z));
      total += within * (to_code.value + kernel(squared_distance(p, other_p)).value);
      for (int64_t j = 0; j < width; ++j) {
        gradient[j] += 4 * within * to_code.slope * (double{z[j]} - other_z[j]);
      }
    }
    return total;
  }

  void backward(const Shard& shard) override {
    for_items(shard, [&](int64_t i) {
      const double* own = own_gradient_.data() + i * code_.width;
      float* gradient = code_.gradient_row(i);
      for (int64_t j = 0; j < code_.width; ++j) {
        gradient[j] += weight() * static_cast<float>(own[j]);
      }
    });
  }
};

}  // namespace

std::unique_ptr<PenaltyTerm> make_penalty(const models::ObjectivePlan& plan,
                                          const PenaltyParts& parts) {
  switch (plan.penalty) {
    case Penalty::None: return nullptr;
    case Penalty::AbsoluteCode: return std::make_unique<AbsoluteCode>(parts);
    case Penalty::MeanActivation:
      return std::make_unique<MeanActivation>(parts, plan.target_activation);
    case Penalty::Contraction: return std::make_unique<Contraction>(parts);
    case Penalty::Kl:
      if (parts.prior) return std::make_unique<SampledKl>(parts);
      return std::make_unique<Kl>(parts);
    case Penalty::KlOfCondition: return std::make_unique<KlOfCondition>(parts, plan.prior);
    case Penalty::Mmd: return std::make_unique<Mmd>(parts);
    case Penalty::CodeAndWeights: return std::make_unique<CodeAndWeights>(parts);
  }
  throw Error("unknown penalty");
}

}  // namespace hourglass::training::fused
