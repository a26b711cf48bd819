#include "hourglass/training/autograd_engine.h"

#include "hourglass/core/error.h"
#include "hourglass/models/evaluation_mode.h"
#include "hourglass/models/tensors.h"
#include "hourglass/training/flat_parameters.h"
#include "hourglass/training/shares.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>
#include <utility>

namespace hourglass::training {
namespace {

/// LibTorch's autocast for one scope, where it is asked for.
class PrecisionGuard {
 public:
  PrecisionGuard(Precision precision, at::DeviceType device)
      : device_(device), was_enabled_(at::autocast::is_autocast_enabled(device)) {
    at::autocast::set_autocast_enabled(device_, precision == Precision::Bfloat16);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~PrecisionGuard() {
    // Weights cast to bfloat16 are cached for the scope; they are stale after the optimizer's step.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, was_enabled_);
  }
  PrecisionGuard(const PrecisionGuard&) = delete;
  PrecisionGuard& operator=(const PrecisionGuard&) = delete;

 private:
  at::DeviceType device_;
  bool was_enabled_;
};

/// Evaluation mode, and no gradients, for one scope.
struct EvaluationGuard {
  explicit EvaluationGuard(torch::nn::Module& model) : mode(model) {}

  const at::NoGradGuard no_grad;
  const models::EvaluationMode mode;
};

class AutogradEngine : public Engine {
 public:
  AutogradEngine(const EngineOptions& options, const EngineParts& parts)
      : Engine(Averages(reported_names(parts.model.phases()), parts.processes)),
        options_(options),
        model_(parts.model),
        data_(parts.data),
        processes_(parts.processes),
        optimizer_kind_(parts.optimizer.kind),
        flat_(parts.model),
        declared_(parts.model.phases()) {
    for (const auto& declared : declared_) {
      const auto range = flat_.range(declared.modules);
      auto optimizer = make_optimizer(parts.optimizer, flat_.values(range));
      phases_.push_back({declared, range, flat_.parameters(range), std::move(optimizer)});
    }
  }

  EngineKind kind() const override { return EngineKind::Autograd; }

  void train(std::span<const int64_t> positions, const models::StepContext& context,
             double learning_rate) override {
    // from_blob wants memory that may be written; it is only read.
    const at::Tensor numbers =
        at::from_blob(const_cast<int64_t*>(positions.data()), {std::ssize(positions)}, at::kLong);
    const Batch batch = data_.batch(numbers, context.noise_epoch());
    model_.begin_step(batch, context);
    Report report{.loss_phase = models::loss_phase(declared_, context.epoch)};
    models::StepContext in_phase = context;
    for (in_phase.phase = 0; in_phase.phase < phases_.size(); ++in_phase.phase) {
      RunningPhase& phase = phases_[in_phase.phase];
      if (phase.declared.learns_in(context.epoch)) {
        step(phase, batch, in_phase, learning_rate, report);
      } else {
        pass_over(phase, batch, in_phase, report);
      }
    }
    model_.after_step(batch, context);
    averages.add(report.in_order(), context.all_items(std::ssize(positions)));
  }

  EpochMeans evaluate(const datasets::Dataset& data, int64_t batch_size, int64_t epoch,
                      const RowRandom& random) override {
    const EvaluationGuard evaluation(model_);
    Averages means(reported_names(model_.phases()), processes_);
    for_each_share(data.size(), batch_size, processes_, [&](const ShareOfBatch& share) {
      const Batch batch = data.batch(at::arange(share.first, share.first + share.count), epoch);
      models::StepContext context{
          .random = random, .epoch = epoch, .training = false, .batch_items = share.batch_items};
      Report report{.loss_phase = models::loss_phase(declared_, epoch)};
      for (context.phase = 0; context.phase < phases_.size(); ++context.phase) {
        losses(phases_[context.phase], batch, context, report);
      }
      means.add(report.in_order(), share.batch_items);
    });
    return means.take();
  }

  at::Tensor encode(const Batch& batch) override {
    const EvaluationGuard evaluation(model_);
    const PrecisionGuard precision(options_.precision, batch.input.device().type());
    return model_.encode(batch.input, batch.condition);
  }

  at::Tensor reconstruct(const Batch& batch) override {
    const EvaluationGuard evaluation(model_);
    const PrecisionGuard precision(options_.precision, batch.input.device().type());
    return model_.forward(batch.input, batch.condition);
  }

  EngineState state() const override {
    EngineState state{.model = models::copied_tensors(model_), .optimizers = {}};
    for (const auto& phase : phases_) {
      OptimizerState saved{.phase = phase.declared.name,
                           .kind = optimizer_kind_,
                           .steps = phase.optimizer->steps,
                           .slots = {}};
      for_each_slot_part(phase, [&](const std::string& name, const at::Tensor& part) {
        saved.slots[name] = part.clone(at::MemoryFormat::Contiguous);
      });
      state.optimizers.push_back(std::move(saved));
    }
    return state;
  }

  void restore(const EngineState& state) override {
    check_optimizers(state, expected_optimizers());
    models::load_tensors(model_, state.model, "the saved parameters do not fit this run's model");
    for (size_t i = 0; i < phases_.size(); ++i) {
      phases_[i].optimizer->steps = state.optimizers[i].steps;
      for_each_slot_part(phases_[i], [&](const std::string& name, const at::Tensor& part) {
        part.copy_(state.optimizers[i].slots.at(name));
      });
    }
  }

 private:
  struct RunningPhase {
    const models::Phase& declared;
    FlatParameters::Range range;
    std::vector<at::Tensor> parameters;
    std::unique_ptr<Optimizer> optimizer;
  };

  /// What a step reports, on its way through the phases.
  struct Report {
    size_t loss_phase = 0;
    at::Tensor loss = {};  // of that phase
    std::vector<at::Tensor> values = {};

    std::vector<at::Tensor> in_order() const {
      std::vector<at::Tensor> all = {loss};
      all.insert(all.end(), values.begin(), values.end());
      return all;
    }
  };

  EngineOptions options_;
  models::Autoencoder& model_;
  const datasets::Dataset& data_;
  const Processes& processes_;
  OptimizerKind optimizer_kind_;
  FlatParameters flat_;
  std::vector<models::Phase> declared_;
  std::vector<RunningPhase> phases_;

  /// The phase's weighted sum.
  at::Tensor losses(const RunningPhase& phase, const Batch& batch,
                    const models::StepContext& context, Report& report) {
    const PrecisionGuard precision(options_.precision, batch.input.device().type());
    const models::StepValues values = models::part_of_batch(
        phase.declared, model_.losses(batch, context), context, batch.input.size(0));
    at::Tensor sum = total(phase.declared, values, context);
    if (context.phase == report.loss_phase) report.loss = sum.detach();
    for (const auto& term : values.terms) report.values.push_back(term.detach());
    for (const auto& metric : values.metrics) report.values.push_back(metric.detach());
    return sum;
  }

  /// What a phase reports in an epoch in which it does not learn: nothing, but the epoch has a loss.
  void pass_over(const RunningPhase& phase, const Batch& batch, const models::StepContext& context,
                 Report& report) {
    if (context.phase == report.loss_phase) {
      const EvaluationGuard evaluation(model_);
      losses(phase, batch, context, report);
      return;
    }
    const auto count = phase.declared.terms.size() + phase.declared.metrics.size();
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    report.values.insert(report.values.end(), count,
                         at::full({}, nothing, flat_.values().options()));
  }

  void step(RunningPhase& phase, const Batch& batch, const models::StepContext& context,
            double learning_rate, Report& report) {
    const at::Tensor loss = losses(phase, batch, context, report);
    at::Tensor gradient = flat_.flatten(
        phase.range, torch::autograd::grad({loss}, phase.parameters, /*grad_outputs=*/{},
                                           /*retain_graph=*/false, /*create_graph=*/false,
                                           /*allow_unused=*/true));
    const at::NoGradGuard no_grad;
    processes_.sum(gradient);
    if (options_.clip_norm) {
      gradient.mul_((*options_.clip_norm / (gradient.norm() + 1e-6)).clamp_max(1));
    }
    phase.optimizer->step(flat_.values(phase.range), gradient,
                          learning_rate * phase.declared.learning_rate);
  }

  /// Calls `work` with the name and a view of each parameter's part of each slot.
  template <class Work>
  void for_each_slot_part(const RunningPhase& phase, Work work) const {
    for (const auto& [slot, values] : phase.optimizer->slots) {
      for (const auto& [name, part] : flat_.named_parts(phase.range, values)) {
        work(fmt::format("{}/{}", slot, name), part);
      }
    }
  }

  std::vector<ExpectedOptimizer> expected_optimizers() const {
    std::vector<ExpectedOptimizer> expected;
    expected.reserve(phases_.size());
    for (const auto& phase : phases_) {
      expected.push_back({.phase = phase.declared.name, .kind = optimizer_kind_, .slots = {}});
      for_each_slot_part(phase, [&](const std::string& name, const at::Tensor& part) {
        expected.back().slots[name] = part.sizes().vec();
      });
    }
    return expected;
  }
};

}  // namespace

std::unique_ptr<Engine> make_autograd_engine(const EngineOptions& options,
                                             const EngineParts& parts) {
  return std::make_unique<AutogradEngine>(options, parts);
}

}  // namespace hourglass::training
