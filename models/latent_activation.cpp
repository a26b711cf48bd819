#include "hourglass/models/latent_activation.h"

#include "hourglass/core/error.h"
#include "hourglass/models/across_rows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace hourglass::models {
namespace {

/// Where `passes` (bool) holds the values, else 0. No gradient reaches what made the choice.
at::Tensor kept(const at::Tensor& values, const at::Tensor& passes) {
  return values * passes.to(values.scalar_type());
}

// ---- The strongest units

/// Gao et al. 2024: ReLU of the k strongest units of each row.
class TopK : public LatentActivation {
 public:
  explicit TopK(int64_t k) : k_(k) {}

  at::Tensor code(const PreActivations& p) override {
    const at::Tensor scores = p.scores.detach();
    const at::Tensor strongest =
        std::get<0>(scores.topk(k_, /*dim=*/1, /*largest=*/true, /*sorted=*/false));
    return kept(p.values.relu(), scores >= strongest.amin({1}, /*keepdim=*/true));
  }

 private:
  int64_t k_;
};

/// Bussmann et al. 2024: ReLU of the k · B strongest units of a batch; for inference, of those above
/// the running average of the weakest chosen one.
class BatchTopK : public LatentActivation {
 public:
  BatchTopK(int64_t k, double rate) : k_(k), rate_(rate) {
    threshold_ = register_buffer("batch_threshold", at::zeros({}, at::kDouble));
  }

  at::Tensor code(const PreActivations& p) override {
    const at::Tensor scores = p.scores.detach();
    if (!is_training()) {
      return kept(p.values.relu(), scores > threshold_.to(scores.scalar_type()));
    }
    const BatchSelection selection = largest_of_batch(scores, k_ * p.batch_rows, p.processes);
    smallest_ = selection.smallest;
    return kept(p.values.relu(), selection.chosen);
  }

  void after_step() override {
    if (!smallest_.defined()) return;
    const at::Tensor smallest = smallest_.to(at::kDouble);
    const at::Tensor next = threshold_ * (1 - rate_) + smallest * rate_;
    threshold_.copy_(at::where(smallest.isinf(), threshold_, next));
    smallest_ = at::Tensor();
  }

 private:
  int64_t k_;
  double rate_;
  at::Tensor threshold_;
  at::Tensor smallest_;  // of the latest batch, for after_step
};

// ---- Thresholds that are learned

/// Rajamanoharan et al. 2024b. What the threshold θ does to f and to their number is a step, whose
/// slope is taken to be −θ/ε and −1/ε within ε/2 of θ.
class JumpRelu : public LatentActivation {
 public:
  JumpRelu(const DictionaryOptions& options, int64_t width) : options_(options) {
    threshold_ = register_parameter("threshold", at::full({width}, options.jump_threshold));
  }

  at::Tensor code(const PreActivations& p) override {
    if (!is_training()) return kept(p.values.relu(), p.values > threshold_.clamp_min(0));
    {
      const at::NoGradGuard no_grad;
      threshold_.clamp_min_(0);
    }
    const at::Tensor slope = -threshold_.detach() / options_.jump_bandwidth * near_threshold(p);
    return kept(p.values, speaks(p)) + slope * change();
  }

  bool has_penalty() const override { return true; }
  double penalty_weight() const override { return options_.l0_coefficient; }

  at::Tensor penalties(const PreActivations& p, const at::Tensor& code) override {
    if (options_.jump_loss == JumpLoss::Tanh) return (4 * code * p.norms).tanh().sum(1);
    const at::Tensor slope = near_threshold(p) / -options_.jump_bandwidth;
    at::Tensor count = (speaks(p).to(p.values.scalar_type()) + slope * change()).sum(1);  // [B]
    if (options_.jump_loss == JumpLoss::Step) return count;
    return (count - options_.target_l0).square() * (2 / options_.target_l0);
  }

 private:
  DictionaryOptions options_;
  at::Tensor threshold_;  // [W]

  at::Tensor speaks(const PreActivations& p) const {
    return p.values.detach() > threshold_.detach().clamp_min(0);
  }
  at::Tensor near_threshold(const PreActivations& p) const {
    const at::Tensor distance = (p.values.detach() - threshold_.detach()) / options_.jump_bandwidth;
    return (distance.abs() < 0.5).to(p.values.scalar_type());
  }
  /// 0, with the threshold's gradient.
  at::Tensor change() const { return threshold_ - threshold_.detach(); }
};

// ---- Penalties on the size of the code

/// f = ReLU(p), penalty Σ f n (Bricken et al. 2023, weighted as in Conerly et al. 2024).
class Standard : public LatentActivation {
 public:
  explicit Standard(double weight) : weight_(weight) {}

  at::Tensor code(const PreActivations& p) override { return p.values.relu(); }
  bool has_penalty() const override { return true; }
  double penalty_weight() const override { return weight_; }
  at::Tensor penalties(const PreActivations& p, const at::Tensor& code) override {
    return (code * p.norms).sum(1);
  }

 private:
  double weight_;
};

/// Rajamanoharan et al. 2024a: the gate p > 0 says which units speak, z e^r + c how loud, where z is
/// p without its bias. The gate is punished, and has to reconstruct the items by itself.
class Gated : public LatentActivation {
 public:
  Gated(double weight, int64_t width) : weight_(weight) {
    log_scale_ = register_parameter("log_scale", at::zeros({width}));
    bias_ = register_parameter("magnitude_bias", at::zeros({width}));
  }

  at::Tensor code(const PreActivations& p) override {
    const at::Tensor magnitude = ((p.values - p.bias) * log_scale_.exp() + bias_).relu();
    return kept(magnitude, p.values.detach() > 0);
  }
  bool has_penalty() const override { return true; }
  double penalty_weight() const override { return weight_; }
  at::Tensor penalties(const PreActivations& p, const at::Tensor& /*code*/) override {
    return (p.values.relu() * p.norms).sum(1);
  }
  at::Tensor second_code(const PreActivations& p) override { return p.values.relu(); }

 private:
  double weight_;
  at::Tensor log_scale_, bias_;  // [W]
};

}  // namespace

at::Tensor LatentActivation::penalties(const PreActivations& /*p*/, const at::Tensor& /*code*/) {
  throw Error("this code has no penalty");
}

std::shared_ptr<LatentActivation> make_latent_activation(const Sparsity& sparsity,
                                                         const DictionaryOptions& options,
                                                         int64_t width) {
  switch (sparsity.kind) {
    case Sparsity::Kind::TopK: return std::make_shared<TopK>(sparsity.k);
    case Sparsity::Kind::BatchTopK:
    case Sparsity::Kind::MatryoshkaBatchTopK:
      return std::make_shared<BatchTopK>(sparsity.k, options.threshold_rate);
    case Sparsity::Kind::JumpRelu: return std::make_shared<JumpRelu>(options, width);
    case Sparsity::Kind::Gated: return std::make_shared<Gated>(options.l1_coefficient, width);
    case Sparsity::Kind::Standard: return std::make_shared<Standard>(options.l1_coefficient);
    case Sparsity::Kind::L1:
    case Sparsity::Kind::Kl: break;
  }
  throw Error("sparsity {}: expected one of a dictionary", sparsity.text());
}

}  // namespace hourglass::models
