#include "hourglass/training/trainer.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/training/monitor.h"
#include "hourglass/training/shares.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace hourglass::training {
namespace {

/// On the device, and the same in all processes.
models::AutoencoderPtr prepared(models::AutoencoderPtr model, at::Device device,
                                const Processes& processes) {
  model->to(device);
  model->share_batches(processes);
  const at::NoGradGuard no_grad;
  for (const auto& tensor : model->parameters()) processes.broadcast(tensor);
  for (const auto& tensor : model->buffers()) processes.broadcast(tensor);
  return model;
}

/// How many items a step has at most: engines reserve memory for them.
int64_t most_items_of_step(const TrainingOptions& options, const datasets::DatasetPtr& training,
                           const datasets::DatasetPtr& validation) {
  // Such an epoch may have several passes over the data in one batch.
  if (options.steps_per_epoch > 0) return options.batch_size;
  const int64_t rows = std::max(training->size(), validation ? validation->size() : 0);
  return std::min(options.batch_size, rows);
}

}  // namespace

Trainer::Trainer(models::AutoencoderPtr model, const datasets::DatasetPtr& training,
                 const datasets::DatasetPtr& validation, TrainingOptions options,
                 const Processes& processes)
    : model_(prepared(std::move(model), resolve_device(options.device), processes)),
      training_(training->to(resolve_device(options.device))),
      validation_(validation ? validation->to(resolve_device(options.device)) : nullptr),
      options_(std::move(options)),
      processes_(processes),
      monitor_(resolve_monitor(options_.monitor, reported_names(), validation_ != nullptr)),
      engine_(make_engine(options_.engine,
                          {*model_, *training_, options_.optimizer,
                           most_items_of_step(options_, training_, validation_), processes_})),
      learning_rate_(
          options_.optimizer.learning_rate.value_or(default_learning_rate(options_.optimizer.kind)),
          options_.schedule, options_.warmup, options_.epochs, /*steps_per_epoch=*/1) {
  set_sampler(std::make_shared<datasets::ShuffledSampler>(training_->size(), options_.seed));
  if (validation_) {
    check_shares("validation", validation_->size(), options_.batch_size, processes_);
  }
  state_ = capture({});
}

std::vector<std::string> Trainer::reported_names() const {
  return training::reported_names(model_->phases());
}

void Trainer::set_sampler(std::shared_ptr<const datasets::Sampler> sampler) {
  sampler_ = std::move(sampler);
  if (options_.steps_per_epoch > 0) {
    sampler_ = std::make_shared<datasets::StretchSampler>(
        sampler_, options_.steps_per_epoch * options_.batch_size);
  }
  const int64_t most = most_items_of_step(options_, training_, validation_);
  if (std::min(options_.batch_size, sampler_->size()) > most) {
    throw Error("the sampler: expected batches of at most {} rows, found epochs of {} rows", most,
                sampler_->size());
  }
  check_shares("training", sampler_->size(), options_.batch_size, processes_);
  learning_rate_.set_steps_per_epoch(steps_per_epoch());
}

int64_t Trainer::steps_per_epoch() const {
  return (sampler_->size() + options_.batch_size - 1) / options_.batch_size;
}

void Trainer::restore(const TrainingState& state) {
  const int64_t done = state.cursor.steps_of_epoch(steps_per_epoch());
  if (done < 0 || done >= steps_per_epoch()) {
    throw Error("the saved state: expected epochs of {} steps, found {} steps in {} epochs",
                steps_per_epoch(), state.cursor.step, state.cursor.epoch);
  }
  engine_->restore(state.engine);
  engine_->averages.restore(state.unfinished.sums);
  learning_rate_.state = state.learning_rate;
  state_ = std::make_shared<TrainingState>(state);
}

TrainingResult Trainer::run(const StopRequested& stop_requested) {
  TrainingResult result;
  try {
    result = run_epochs(stop_requested);
  } catch (...) {
    // What failed, a row that cannot be read or another process, takes no finished step with it, and
    // is what is told, even if a hook fails in its turn.
    end_run();
    throw;
  }
  result.state = state_;
  if (const auto failure = end_run()) std::rethrow_exception(failure);
  return result;
}

std::exception_ptr Trainer::end_run() {
  std::exception_ptr first;
  for (const auto& hook : hooks_) {
    try {
      hook->on_run_end();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  return first;
}

TrainingResult Trainer::run_epochs(const StopRequested& stop_requested) {
  if (is_over()) return {.end = RunEnd::Stopped, .state = {}, .last = {}, .problem = {}};
  TrainingResult result;
  const auto not_finite = [&](const std::string& where) {
    result.end = RunEnd::NotFinite;
    result.problem = advice(where);
    return result;
  };
  for (int64_t epoch = state_->cursor.epoch + 1; epoch <= options_.epochs; ++epoch) {
    if (!train_epoch(epoch, stop_requested)) {
      result.end = RunEnd::Interrupted;
      return result;
    }
    const double seconds = epoch_time_.seconds();
    const EpochMeans means = engine_->averages.take();
    EpochReport report;
    report.epoch = epoch;
    report.training = means.values;
    report.seconds = seconds;
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
    report.improved = state_->best.epoch == 0 || !have_one_loss(state_->best.epoch, epoch) ||
                      is_better(value, state_->best.monitored);
    learning_rate_.epoch_ended(as_cost(monitor_, value));
    if (!have_one_loss(epoch, epoch + 1)) learning_rate_.state = {};
    keep_epoch(report, value);
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
  const int64_t steps = steps_per_epoch();
  const int64_t done = state_->cursor.steps_of_epoch(steps);
  for (const auto& hook : hooks_) hook->on_epoch_start({epoch, steps, done, sampler_->size()});
  epoch_time_.restart(state_->unfinished.seconds);
  model_->train();
  std::vector<int64_t> positions(
      static_cast<size_t>(std::min(options_.batch_size, sampler_->size())));
  models::StepContext context{.step = (epoch - 1) * steps + done, .epoch = epoch, .training = true};
  const bool rows_come_again = spans_passes(epoch);
  for (int64_t step = done; step < steps; ++step, ++context.step) {
    const Wishes wishes = agreed_wishes(stop_requested);
    if ((wishes.stop || wishes.state) && step > done && !keep_step({epoch - 1, context.step})) {
      return true;  // the rest of a spoilt epoch is not worth its time
    }
    if (wishes.stop) return false;
    const int64_t first = step * options_.batch_size;
    context.batch_items = std::min(options_.batch_size, sampler_->size() - first);
    // What is drawn of a row is another thing each time, and below 0 of no epoch that is one pass.
    if (rows_come_again) context.draw = -(context.step + 1);
    context.random = RowRandom(options_.seed, context.noise_epoch());
    const auto share = processes_.share(context.batch_items);
    const auto batch = std::span(positions).first(static_cast<size_t>(share.count));
    sampler_->positions(epoch, first + share.first, batch);
    engine_->train(batch, context, learning_rate_.at(context.step));
    for (const auto& hook : hooks_) hook->on_step(step + 1, *engine_);
  }
  return true;
}

/// Processes have to stop, and to take a state, at the same step, so they ask each other. Rank 0 says
/// when next: each step would cost small models more time than their steps.
Trainer::Wishes Trainer::agreed_wishes(const StopRequested& stop_requested) {
  constexpr double kSecondsBetween = 0.25, kMostSteps = 10'000;
  const Wishes own = {.stop = stop_requested && stop_requested(),
                      .state = std::any_of(hooks_.begin(), hooks_.end(),
                                           [](const auto& hook) { return hook->wants_state(); })};
  if (processes_.alone()) return own;
  if (--steps_until_question_ > 0) return {};
  const double steps_a_second =
      static_cast<double>(asked_after_steps_) / std::max(question_.seconds(), 1e-9);
  const at::Tensor answer = at::tensor(
      {own.stop ? 1.0 : 0.0, own.state ? 1.0 : 0.0,
       processes_.first() ? std::clamp(steps_a_second * kSecondsBetween, 1.0, kMostSteps) : 0.0},
      at::kDouble);
  processes_.sum(answer);
  steps_until_question_ = asked_after_steps_ = static_cast<int64_t>(answer[2].item<double>());
  question_.restart();
  return {.stop = answer[0].item<double>() > 0, .state = answer[1].item<double>() > 0};
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
      "extreme values in the data",
      where, kept,
      options_.optimizer.learning_rate.value_or(default_learning_rate(options_.optimizer.kind)));
}

bool Trainer::have_one_loss(int64_t epoch, int64_t other) const {
  const auto phases = model_->phases();
  const size_t phase = models::loss_phase(phases, epoch);
  if (phase != models::loss_phase(phases, other)) return false;
  // Validation has all of a weight that grows, and terms are reported without theirs.
  return monitor_ != usual_monitor(/*has_validation=*/false) ||
         have_same_weights(phases.at(phase), epoch, other);
}

bool Trainer::have_same_weights(const models::Phase& phase, int64_t epoch, int64_t other) const {
  const auto weight_in = [&](const models::Term& term, int64_t any) {
    return models::weight_at(term, {.step = (any - 1) * steps_per_epoch(), .epoch = any});
  };
  return std::all_of(phase.terms.begin(), phase.terms.end(), [&](const models::Term& term) {
    return weight_in(term, epoch) == weight_in(term, other);
  });
}

bool Trainer::spans_passes(int64_t epoch) const {
  if (options_.steps_per_epoch == 0) return false;
  const int64_t first = (epoch - 1) * sampler_->size(), last = first + sampler_->size() - 1;
  return first / training_->size() != last / training_->size();
}

/// A number that is none (a metric may be) beats nothing, and anything beats it.
bool Trainer::is_better(double monitored, double than) const {
  return as_cost(monitor_, monitored) < as_cost(monitor_, than) ||
         (std::isnan(than) && !std::isnan(monitored));
}

double Trainer::monitored(const EpochReport& report) const {
  const bool of_validation = monitor_.starts_with(kValidationPrefix);
  const auto prefix = (of_validation ? kValidationPrefix : kTrainPrefix).size();
  return value_of(of_validation ? report.validation : report.training, monitor_.substr(prefix));
}

/// The present state. The tensors are copies; those of the best epoch are shared by later states as
/// long as it stays the best.
std::shared_ptr<TrainingState> Trainer::capture(Cursor cursor) const {
  auto state = std::make_shared<TrainingState>();
  state->cursor = cursor;
  state->engine = engine_->state();
  state->learning_rate = learning_rate_.state;
  if (state_) state->best = state_->best;
  return state;
}

void Trainer::keep_epoch(const EpochReport& report, double monitored) {
  const auto state = capture({.epoch = report.epoch, .step = report.epoch * steps_per_epoch()});
  if (report.improved) {
    state->best = {report.epoch, monitored, report.training, report.validation,
                   state->engine.model};
  }
  state_ = state;
}

/// In the middle of an epoch. The time that this takes is not training's. False where a loss of the
/// epoch is not finite: a state that is spoilt takes no good one's place.
bool Trainer::keep_step(Cursor cursor) {
  const double seconds = epoch_time_.seconds();
  EpochSums sums = engine_->averages.sums();
  if (sums.first_nonfinite_step) return false;
  const auto state = capture(cursor);
  state->unfinished = {std::move(sums), seconds};
  state_ = state;
  for (const auto& hook : hooks_) hook->on_state(state_);
  epoch_time_.restart(seconds);
  return true;
}

Verdict Trainer::end_epoch(const EpochReport& report) {
  Verdict verdict = Verdict::Continue;
  for (const auto& hook : hooks_) {
    if (hook->on_epoch_end(report, state_) == Verdict::Stop) verdict = Verdict::Stop;
  }
  return is_patience_over(report.epoch) ? Verdict::Stop : verdict;
}

bool Trainer::is_patience_over(int64_t epoch) const {
  // Before another loss takes over, that the present one gets no better is no reason to stop.
  return options_.early_stopping > 0 && epoch - state_->best.epoch >= options_.early_stopping &&
         have_one_loss(epoch, options_.epochs);
}

bool Trainer::is_over() const {
  const int64_t epoch = state_->cursor.epoch;
  const bool is_between_epochs = state_->cursor.steps_of_epoch(steps_per_epoch()) == 0;
  if (epoch == 0 || epoch >= options_.epochs || !is_between_epochs) return false;
  return is_patience_over(epoch) ||
         std::any_of(hooks_.begin(), hooks_.end(),
                     [&](const auto& hook) { return hook->is_at_end(epoch); });
}

}  // namespace hourglass::training
