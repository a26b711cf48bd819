#include "hourglass/training/trainer.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace hourglass::training {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kTrainPrefix = "train_", kValidationPrefix = "validation_";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

models::AutoencoderPtr moved_to(models::AutoencoderPtr model, at::Device device) {
  model->to(device);
  return model;
}

/// The column that `auto` means, or the one asked for, once it is known to exist.
std::string resolve_monitor(const std::string& asked, const std::vector<std::string>& names,
                            bool has_validation) {
  if (asked == "auto") return usual_monitor(has_validation);
  std::vector<std::string> columns;
  for (const auto& name : names) {
    if (has_validation) columns.push_back(std::string(kValidationPrefix) + name);
    columns.push_back(std::string(kTrainPrefix) + name);
  }
  if (std::find(columns.begin(), columns.end(), asked) == columns.end()) {
    throw UsageError("`monitor`: expected one of {}, found '{}'{}", join_text(columns), asked,
                     suggestion(asked, columns));
  }
  return asked;
}

}  // namespace

std::string usual_monitor(bool has_validation) {
  return has_validation ? "validation_loss" : "train_loss";
}

void TrainingOptions::describe(FieldTable& table) {
  table.begin_group("Training");
  table.add("epochs", epochs, "the run's total number of epochs").at_least(1);
  table.add("batch_size", batch_size, "items a step").at_least(1);
  optimizer.describe(table);
  table.add("schedule", schedule,
            "of the learning rate: constant, step:EPOCHS,FACTOR, cosine[:FLOOR] or "
            "plateau:PATIENCE,FACTOR");
  table.add("warmup", warmup, "epochs over which the learning rate grows from 0")
      .at_least(0)
      .shown_as("EPOCHS");
  table
      .add("monitor", monitor,
           "the column of metrics.csv whose lowest value makes the best epoch, "
           "validation_reconstruction say; auto: validation_loss, or train_loss without validation "
           "rows")
      .shown_as("COLUMN");
  table
      .add("early_stopping", early_stopping,
           "stop after so many epochs without improvement; 0: never")
      .at_least(0)
      .shown_as("EPOCHS");
  table.add("seed", seed, "of weights, shuffle, noise and sampling").at_least(0);
  table.add("device", device, "auto, cpu, cuda or cuda:N").shown_as("NAME");
  engine.describe(table);
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
      monitor_(resolve_monitor(options_.monitor, reported_names(), validation_ != nullptr)),
      sampler_(std::make_shared<datasets::ShuffledSampler>(training_->size(), options_.seed)),
      engine_(make_engine(options_.engine,
                          {*model_, *training_, options_.optimizer, options_.batch_size})),
      learning_rate_(
          options_.optimizer.learning_rate.value_or(default_learning_rate(options_.optimizer.kind)),
          options_.schedule, options_.warmup, options_.epochs, steps_per_epoch()) {
  state_ = capture(EpochReport{}, std::numeric_limits<double>::infinity());
}

std::vector<std::string> Trainer::reported_names() const {
  return training::reported_names(model_->phases());
}

void Trainer::set_sampler(std::shared_ptr<const datasets::Sampler> sampler) {
  sampler_ = std::move(sampler);
  learning_rate_.set_steps_per_epoch(steps_per_epoch());
}

int64_t Trainer::steps_per_epoch() const {
  return (sampler_->size() + options_.batch_size - 1) / options_.batch_size;
}

void Trainer::restore(const TrainingState& state) {
  engine_->restore(state.engine);
  learning_rate_.state = state.learning_rate;
  state_ = std::make_shared<TrainingState>(state);
}

TrainingResult Trainer::run(const StopRequested& stop_requested) {
  TrainingResult result = run_epochs(stop_requested);
  result.state = state_;
  for (const auto& hook : hooks_) hook->on_run_end();
  return result;
}

TrainingResult Trainer::run_epochs(const StopRequested& stop_requested) {
  TrainingResult result;
  const auto not_finite = [&](const std::string& where) {
    result.end = RunEnd::NotFinite;
    result.problem = advice(where);
    return result;
  };
  for (int64_t epoch = state_->cursor.epoch + 1; epoch <= options_.epochs; ++epoch) {
    const auto start = Clock::now();
    if (!train_epoch(epoch, stop_requested)) {
      result.end = RunEnd::Interrupted;
      return result;
    }
    const EpochMeans means = engine_->take_means();
    EpochReport report;
    report.epoch = epoch;
    report.training = means.values;
    report.seconds = seconds_since(start);
    report.learning_rate = learning_rate_.at(epoch * steps_per_epoch() - 1);
    if (means.first_nonfinite_step) {
      return not_finite(fmt::format("epoch {}, step {} of {}", epoch,
                                    *means.first_nonfinite_step + 1, steps_per_epoch()));
    }
    if (validation_) {
      const EpochMeans validation = evaluate(*validation_, epoch);
      report.validation = validation.values;
      if (validation.first_nonfinite_step) {
        return not_finite(fmt::format("validation after epoch {}", epoch));
      }
    }
    const double value = monitored(report);
    // A number that is none (a metric may be) beats nothing, and anything beats it.
    report.improved = state_->best.epoch == 0 || value < state_->best.monitored ||
                      (std::isnan(state_->best.monitored) && !std::isnan(value));
    learning_rate_.epoch_ended(value);
    state_ = capture(report, value);
    result.last = report;
    if (end_epoch(report) == Verdict::Stop && epoch < options_.epochs) {
      result.end = RunEnd::Stopped;
      return result;
    }
  }
  return result;
}

/// False when a stop was asked for before the epoch's last step.
bool Trainer::train_epoch(int64_t epoch, const StopRequested& stop_requested) {
  for (const auto& hook : hooks_) hook->on_epoch_start(epoch, steps_per_epoch());
  model_->train();
  std::vector<int64_t> positions(static_cast<size_t>(options_.batch_size));
  models::StepContext context{.random = RowRandom(options_.seed, epoch),
                              .step = (epoch - 1) * steps_per_epoch(),
                              .epoch = epoch,
                              .training = true};
  for (int64_t step = 0; step < steps_per_epoch(); ++step, ++context.step) {
    if (stop_requested && stop_requested()) return false;
    const int64_t first = step * options_.batch_size;
    const int64_t count = std::min(options_.batch_size, sampler_->size() - first);
    const auto batch = std::span(positions).first(static_cast<size_t>(count));
    sampler_->positions(epoch, first, batch);
    engine_->train(batch, context, learning_rate_.at(context.step));
    for (const auto& hook : hooks_) hook->on_step(step + 1, *engine_);
  }
  return true;
}

EpochMeans Trainer::evaluate(const datasets::Dataset& data, int64_t epoch) {
  // One seed for all epochs: the numbers of epochs then differ by the weights alone.
  return engine_->evaluate(data, options_.batch_size, epoch,
                           RowRandom(derive_seed(options_.seed, "validation")));
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
      where, kept,
      options_.optimizer.learning_rate.value_or(default_learning_rate(options_.optimizer.kind)));
}

double Trainer::monitored(const EpochReport& report) const {
  const bool of_validation = monitor_.starts_with(kValidationPrefix);
  const auto prefix = (of_validation ? kValidationPrefix : kTrainPrefix).size();
  return value_of(of_validation ? report.validation : report.training, monitor_.substr(prefix));
}

/// The state after an epoch. The tensors are copies, shared by later states as long as the best
/// epoch stays the best.
TrainingStatePtr Trainer::capture(const EpochReport& report, double monitored) const {
  auto state = std::make_shared<TrainingState>();
  state->cursor = {.epoch = report.epoch, .step = report.epoch * steps_per_epoch()};
  state->engine = engine_->state();
  state->learning_rate = learning_rate_.state;
  if (report.improved) {
    state->best = {report.epoch, monitored, report.training, report.validation,
                   state->engine.model};
  } else if (state_) {
    state->best = state_->best;
  }
  return state;
}

Verdict Trainer::end_epoch(const EpochReport& report) {
  Verdict verdict = Verdict::Continue;
  for (const auto& hook : hooks_) {
    if (hook->on_epoch_end(report, state_) == Verdict::Stop) verdict = Verdict::Stop;
  }
  const bool patience_is_over =
      options_.early_stopping > 0 && report.epoch - state_->best.epoch >= options_.early_stopping;
  return patience_is_over ? Verdict::Stop : verdict;
}

}  // namespace hourglass::training
