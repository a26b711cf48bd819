#include "hourglass/training/trainer.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/training/interrupt.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace hourglass::training {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

models::AutoencoderPtr moved_to(models::AutoencoderPtr model, at::Device device) {
  model->to(device);
  return model;
}

std::vector<at::Tensor> clones(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> copies;
  for (const auto& tensor : tensors) copies.push_back(tensor.detach().clone());
  return copies;
}

/// Copies `from` into `to`, tensor by tensor.
void restore_tensors(std::vector<at::Tensor> to, const std::vector<at::Tensor>& from,
                     const char* what) {
  const auto same_size = [](const at::Tensor& a, const at::Tensor& b) {
    return a.numel() == b.numel();
  };
  if (!std::equal(to.begin(), to.end(), from.begin(), from.end(), same_size)) {
    throw Error("the saved {} do not fit this run's model and optimizer", what);
  }
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
}

}  // namespace

void TrainingOptions::describe(FieldTable& table) {
  table.begin_group("Training");
  table.add("epochs", epochs, "the run's total number of epochs").at_least(1);
  table.add("batch_size", batch_size, "items a step").at_least(1);
  table.add("optimizer", optimizer.kind, "adam, adamw, rmsprop, adagrad, adadelta or sgd");
  table
      .add("learning_rate", optimizer.learning_rate,
           "none: the optimizer's own (1e-3; adagrad 1e-2, adadelta 1)")
      .above(0);
  table.add("schedule", schedule,
            "of the learning rate: constant, step:EPOCHS,FACTOR, cosine[:FLOOR] or "
            "plateau:PATIENCE,FACTOR");
  table.add("warmup", warmup, "epochs over which the learning rate grows from 0")
      .shown_as("EPOCHS")
      .at_least(0);
  table.add("weight_decay", optimizer.weight_decay, "adamw only; none: 0.01").at_least(0);
  table.add("momentum", optimizer.momentum, "sgd only; none: 0").at_least(0).below(1);
  table.add("clip_norm", engine.clip_norm, "shorten gradients that are longer (L2)").above(0);
  table
      .add("early_stopping", early_stopping,
           "stop after so many epochs without improvement; 0: never")
      .shown_as("EPOCHS")
      .at_least(0);
  table.add("seed", seed, "of weights, shuffle, noise and sampling").at_least(0);
  table.add("device", device, "auto, cpu, cuda or cuda:N").shown_as("NAME");
  table.add("engine", engine.kind, "what computes a step: auto or autograd");
  table.add("precision", engine.precision, "of matrix products: float32 or bfloat16");
}

at::Device resolve_device(const std::string& text) {
  const bool has_cuda = at::globalContext().hasCUDA();
  if (text == "auto") return has_cuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  if (text == "cpu") return at::Device(at::kCPU);
  const auto index = text == "cuda"              ? std::optional<int64_t>(0)
                     : text.starts_with("cuda:") ? parse_integer(text.substr(5))
                                                 : std::nullopt;
  if (!index || *index < 0 || *index > 127) {
    throw UsageError("`device`: expected auto, cpu, cuda or cuda:N, found '{}'", text);
  }
  if (!has_cuda) {
    throw Error(
        "`device` {}: no CUDA device is usable here (driver missing, or LibTorch built for the CPU "
        "alone)",
        text);
  }
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(*index));
}

Trainer::Trainer(models::AutoencoderPtr model, datasets::DatasetPtr training,
                 datasets::DatasetPtr validation, TrainingOptions options)
    : model_(moved_to(std::move(model), resolve_device(options.device))),
      training_(training->to(resolve_device(options.device))),
      validation_(validation ? validation->to(resolve_device(options.device)) : nullptr),
      options_(std::move(options)),
      parameters_(*model_),
      optimizer_(make_optimizer(options_.optimizer, parameters_.values())),
      steps_per_epoch_((training_->size() + options_.batch_size - 1) / options_.batch_size),
      learning_rate_(
          options_.optimizer.learning_rate.value_or(default_learning_rate(options_.optimizer.kind)),
          options_.schedule, options_.warmup, options_.epochs, steps_per_epoch_),
      engine_(make_engine(options_.engine, {*model_, *training_, parameters_, *optimizer_})) {
  state_ = capture(EpochReport{}, std::numeric_limits<double>::infinity());
}

void Trainer::restore(const TrainingState& state) {
  restore_tensors({parameters_.values()}, {state.model.parameters}, "parameters");
  restore_tensors(model_->buffers(), state.model.buffers, "running averages");
  restore_tensors(optimizer_->state.slots, state.optimizer.slots, "optimizer slots");
  optimizer_->state.steps = state.optimizer.steps;
  learning_rate_.state = state.learning_rate;
  state_ = std::make_shared<TrainingState>(state);
}

TrainingResult Trainer::run() {
  const InterruptGuard interrupt;
  TrainingResult result = run_epochs();
  result.state = state_;
  for (const auto& hook : hooks_) hook->on_run_end();
  return result;
}

TrainingResult Trainer::run_epochs() {
  using End = TrainingResult::End;
  TrainingResult result;
  const auto not_finite = [&](const std::string& where) {
    result.end = End::NotFinite;
    result.problem = advice(where);
    return result;
  };
  for (int64_t epoch = state_->epoch + 1; epoch <= options_.epochs; ++epoch) {
    const auto start = Clock::now();
    if (!train_epoch(epoch)) {
      result.end = End::Interrupted;
      return result;
    }
    const EpochMeans means = engine_->take_means();
    EpochReport report;
    report.epoch = epoch;
    report.training = means.values;
    report.seconds = seconds_since(start);
    report.learning_rate = learning_rate_.at(epoch * steps_per_epoch_ - 1);
    if (means.first_nonfinite_step) {
      return not_finite(fmt::format("epoch {}, step {} of {}", epoch,
                                    *means.first_nonfinite_step + 1, steps_per_epoch_));
    }
    if (validation_) {
      const auto validation = evaluate(*validation_, epoch);
      report.validation = validation.values;
      if (validation.first_nonfinite_step) {
        return not_finite(fmt::format("validation after epoch {}", epoch));
      }
    }
    const double monitored = value_of(validation_ ? report.validation : report.training, "loss");
    report.improved = state_->best.epoch == 0 || monitored < state_->best.monitored;
    learning_rate_.epoch_ended(monitored);
    state_ = capture(report, monitored);
    result.last = report;
    if (tell_epoch_end(report) == Verdict::Stop && epoch < options_.epochs) {
      result.end = End::Stopped;
      return result;
    }
  }
  return result;
}

/// False when a stop was asked for before the epoch's last step.
bool Trainer::train_epoch(int64_t epoch) {
  const auto epoch_seed = [&](const char* purpose) {
    return derive_seed(options_.seed, purpose, static_cast<uint64_t>(epoch));
  };
  for (const auto& hook : hooks_) hook->on_epoch_start(epoch, steps_per_epoch_);
  model_->train();
  const at::Tensor order =
      at::randperm(training_->size(), make_generator(at::kCPU, epoch_seed("shuffle")), at::kLong);
  models::StepContext context{
      .generator = make_generator(parameters_.values().device(), epoch_seed("sampling")),
      .step = (epoch - 1) * steps_per_epoch_,
      .epoch = epoch,
      .training = true};
  for (int64_t step = 0; step < steps_per_epoch_; ++step, ++context.step) {
    if (InterruptGuard::requested()) return false;
    const int64_t first = step * options_.batch_size;
    const int64_t count = std::min(options_.batch_size, training_->size() - first);
    engine_->train(order.narrow(0, first, count), context, learning_rate_.at(context.step));
    for (const auto& hook : hooks_) hook->on_step(step + 1, *engine_);
  }
  return true;
}

EpochMeans Trainer::evaluate(const datasets::Dataset& data, int64_t epoch) {
  return evaluate_losses(*model_, data, options_.batch_size, epoch,
                         derive_seed(options_.seed, "validation-sampling"),
                         options_.engine.precision);
}

Measurements Trainer::evaluate_training_rows() { return evaluate(*training_, 0).values; }

std::string Trainer::advice(const std::string& where) const {
  const std::string kept =
      state_->best.epoch > 0 ? fmt::format("the best model (epoch {}) is kept", state_->best.epoch)
                             : "there is no model from before";
  return fmt::format(
      "{}: the loss is not finite; {}; try a `learning_rate` below {}, `clip_norm` 1, or look for "
      "extreme values in "
      "the data",
      where, kept, learning_rate_.at(0));
}

/// The state after an epoch. The tensors are copies, shared by later states as long as the best
/// epoch stays the best.
TrainingStatePtr Trainer::capture(const EpochReport& report, double monitored) const {
  auto state = std::make_shared<TrainingState>();
  state->epoch = report.epoch;
  state->model = {parameters_.values().detach().clone(), clones(model_->buffers())};
  state->optimizer = {optimizer_->state.steps, clones(optimizer_->state.slots)};
  state->learning_rate = learning_rate_.state;
  if (report.improved) {
    state->best = {report.epoch, monitored, report.training, report.validation, state->model};
  } else if (state_) {
    state->best = state_->best;
  }
  return state;
}

Verdict Trainer::tell_epoch_end(const EpochReport& report) {
  Verdict verdict = Verdict::Continue;
  for (const auto& hook : hooks_) {
    if (hook->on_epoch_end(report, state_) == Verdict::Stop) verdict = Verdict::Stop;
  }
  return verdict;
}

}  // namespace hourglass::training
