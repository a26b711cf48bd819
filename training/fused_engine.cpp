#include "hourglass/training/fused_engine.h"

#include "hourglass/core/error.h"
#include "hourglass/models/tensors.h"
#include "hourglass/training/fused/inference.h"
#include "hourglass/training/fused/network.h"
#include "hourglass/training/fused/weight_update.h"
#include "hourglass/training/shares.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace hourglass::training {
namespace {

using namespace fused;

// Inference takes at least so many items at once, whatever the batches of training.
constexpr int64_t kItemsAtOnce = 256;

class FusedEngine : public Engine {
 public:
  FusedEngine(const EngineOptions& options, const EngineParts& parts)
      : Engine(Averages(reported_names(parts.model.phases()), parts.processes)),
        model_(parts.model),
        data_(parts.data),
        processes_(parts.processes),
        optimizer_kind_(parts.optimizer.kind),
        phase_(parts.model.phases().front()),
        step_{.most_items = std::max(parts.batch_size, kItemsAtOnce),
              .most_shards = at::get_num_threads(),
              .processes = parts.processes},
        network_(make_network(parts.model, parts.data.has_targets(), step_, parameters_)),
        team_(step_.most_shards),
        rows_(static_cast<size_t>(step_.most_items)),
        inference_(*network_, step_, team_) {
    parameters_.allocate(network_->writes_one_gradient() ? 1 : step_.most_shards);
    update_.emplace(parts.optimizer, options.clip_norm, parameters_, step_);
    put_programs_together();
    follow_parameters();
  }

  EngineKind kind() const override { return EngineKind::Fused; }

  void train(std::span<const int64_t> positions, const models::StepContext& context,
             double learning_rate) override {
    update_->learning_rate = learning_rate * phase_.learning_rate;
    take_step(training_, data_, positions, context);
    averages.add(reported(context), step_.batch_items);
  }

  EpochMeans evaluate(const datasets::Dataset& data, int64_t batch_size, int64_t epoch,
                      const RowRandom& random) override {
    Averages means(reported_names({phase_}), processes_);
    models::StepContext context{.random = random, .epoch = epoch, .training = false};
    const int64_t most = std::min(batch_size, step_.most_items);
    std::vector<int64_t> positions(static_cast<size_t>(most));
    for_each_share(data.size(), most, processes_, [&](const ShareOfBatch& share) {
      const auto own = std::span(positions).first(static_cast<size_t>(share.count));
      std::iota(own.begin(), own.end(), share.first);
      context.batch_items = share.batch_items;
      take_step(validation_, data, own, context);
      means.add(reported(context), share.batch_items);
    });
    return means.take();
  }

  at::Tensor encode(const Batch& batch) override { return infer("encode", batch); }
  at::Tensor reconstruct(const Batch& batch) override { return infer("forward", batch); }

  EngineState state() const override {
    parameters_.write_model();
    OptimizerState optimizer{
        .phase = phase_.name, .kind = optimizer_kind_, .steps = update_->steps, .slots = {}};
    for (const auto& slot : update_->slots()) {
      for (auto& [name, tensor] : parameters_.named(slot.values.data())) {
        optimizer.slots[slot.name + "/" + name] = std::move(tensor);
      }
    }
    return {.model = models::copied_tensors(model_), .optimizers = {std::move(optimizer)}};
  }

  void restore(const EngineState& state) override {
    check_optimizers(state, {expected_optimizer()});
    models::load_tensors(model_, state.model, "the saved parameters do not fit this run's model");
    const OptimizerState& saved = state.optimizers.front();
    update_->steps = saved.steps;
    for (const auto& slot : update_->slots()) {
      TensorMap parts;
      for (const auto& name : parameters_.names())
        parts[name] = saved.slots.at(slot.name + "/" + name);
      parameters_.from_named(parts, slot.values.data());
    }
    parameters_.read_model();
    follow_parameters();
  }

 private:
  models::Autoencoder& model_;
  const datasets::Dataset& data_;
  const Processes& processes_;
  OptimizerKind optimizer_kind_;
  models::Phase phase_;
  Step step_;
  Parameters parameters_;
  std::unique_ptr<Network> network_;
  std::optional<WeightUpdate> update_;
  Team team_;
  std::vector<int64_t> rows_;
  Program training_, validation_, refresh_;
  Inference inference_;

  // What the program at work reads its batch from.
  const datasets::Dataset* source_ = nullptr;
  std::span<const int64_t> positions_;
  int64_t epoch_ = 0;

  void put_programs_together() {
    for (Program* program : {&training_, &validation_}) {
      program->each([this](const Shard& shard) { gather(shard); });
      network_->add_encoder(*program);
      network_->add_log_variance(*program);
      network_->add_loss(*program);
    }
    network_->add_backward(training_);
    update_->add_to(training_);
    network_->add_constraints(training_);
    network_->add_refresh(training_);
    network_->add_refresh(refresh_);
  }

  /// After the parameters were changed from outside.
  void follow_parameters() {
    step_.begin(step_.most_shards, step_.most_shards);
    refresh_.run(team_, step_.items, step_.shards);
  }

  void take_step(const Program& program, const datasets::Dataset& source,
                 std::span<const int64_t> positions, const models::StepContext& context) {
    source_ = &source;
    positions_ = positions;
    epoch_ = context.noise_epoch();
    step_.begin(std::ssize(positions), context.all_items(std::ssize(positions)));
    step_.training = context.training;
    step_.random = &context.random;
    step_.rows = std::span(rows_).first(positions.size());
    step_.term_weights.resize(std::max(step_.term_weights.size(), phase_.terms.size()));
    for (size_t i = 0; i < phase_.terms.size(); ++i) {
      step_.term_weights[i] = models::weight_at(phase_.terms[i], context);
    }
    const SmallNumbersAreZero small_numbers;
    program.run(team_, step_.items, step_.shards);
  }

  /// The shard's items go where the network reads them.
  void gather(const Shard& shard) {
    const auto first = static_cast<size_t>(shard.first), count = static_cast<size_t>(shard.count);
    datasets::BatchMemory to = {.input = network_->input().row(shard.first),
                                .input_stride = network_->input().stride,
                                .rows = rows_.data() + first};
    if (network_->has_separate_target()) {
      to.target = network_->target().row(shard.first);
      to.target_stride = network_->target().stride;
    }
    if (network_->condition_width() > 0) {
      to.condition = network_->condition_of_encoder(shard.first);
      to.condition_stride = network_->input().stride;
    }
    source_->write(positions_.subspan(first, count), epoch_, to);
    if (network_->condition_width() == 0) return;
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      network_->tell_decoder(i, network_->condition_of_encoder(i));
    }
  }

  /// The weighted sum, then the values in the order of the declaration.
  std::vector<double> reported(const models::StepContext& context) const {
    std::vector<double> values = network_->values();
    double loss = 0;
    for (size_t i = 0; i < phase_.terms.size(); ++i) {
      loss += models::weight_at(phase_.terms[i], context) * values[i];
    }
    values.insert(values.begin(), loss);
    return values;
  }

  at::Tensor infer(const std::string& method, const Batch& batch) {
    std::vector<at::Tensor> arguments = {batch.input};
    if (network_->condition_width() > 0) arguments.push_back(batch.condition);
    return inference_.run(method, arguments).front();
  }

  ExpectedOptimizer expected_optimizer() const {
    ExpectedOptimizer expected{.phase = phase_.name, .kind = optimizer_kind_, .slots = {}};
    for (const auto& slot : update_->slots()) {
      for (const auto& name : parameters_.names()) {
        expected.slots[slot.name + "/" + name] = parameters_.shape(name);
      }
    }
    return expected;
  }
};

}  // namespace

std::optional<std::string> fused_obstacle(const EngineOptions& options, const EngineParts& parts) {
  if (options.precision != Precision::Float32) {
    return fmt::format("the precision {}", enum_name(options.precision));
  }
  for (const auto& parameter : parts.model.parameters()) {
    if (!parameter.device().is_cpu()) return fmt::format("the device {}", parameter.device().str());
  }
  if (parts.model.likelihood().trim > 0) return "a loss that leaves items out";
  if (auto found = fused::obstacle(parts.model)) return found;
  return parts.processes.alone() ? std::nullopt : fused::sharing_obstacle(parts.model);
}

std::unique_ptr<Engine> make_fused_engine(const EngineOptions& options, const EngineParts& parts) {
  return std::make_unique<FusedEngine>(options, parts);
}

}  // namespace hourglass::training
