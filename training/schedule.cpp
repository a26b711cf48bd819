#include "hourglass/training/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hourglass::training {
namespace {

/// "10,0.5" as the epochs, of `fewest` at least, and factor of a schedule; none when either is not in
/// its range.
std::optional<Schedule> epochs_and_factor(Schedule::Kind kind, const std::string& text,
                                          int64_t fewest = 1) {
  const auto parts = split_text(text, ',');
  if (parts.size() != 2) return {};
  const auto epochs = parse_integer(parts[0]);
  const auto factor = parse_double(parts[1]);
  if (!epochs || *epochs < fewest || !factor || !(*factor > 0 && *factor < 1)) return {};
  return Schedule{.kind = kind, .epochs = *epochs, .factor = *factor};
}

/// The stages of 1, `times`, `times`², … epochs that have ended before this epoch, counted from 0.
int64_t stages_before(int64_t epoch, int64_t times) {
  int64_t stages = 0;
  for (int64_t length = 1; epoch >= length; length *= times) {
    epoch -= length;
    ++stages;
  }
  return stages;
}

}  // namespace

std::string Schedule::expects() {
  return "constant, step:EPOCHS,FACTOR, stages:TIMES,FACTOR, cosine[:FLOOR] or "
         "plateau:PATIENCE,FACTOR (EPOCHS and PATIENCE at least 1, TIMES at least 2, FACTOR and "
         "FLOOR "
         "between 0 and 1)";
}

std::optional<Schedule> Schedule::parse(const std::string& text) {
  if (text == "constant") return Schedule{};
  if (text == "cosine") return Schedule{.kind = Schedule::Kind::Cosine};
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return {};
  const std::string name = text.substr(0, colon), rest = text.substr(colon + 1);
  if (name == "step") return epochs_and_factor(Schedule::Kind::Step, rest);
  if (name == "stages") return epochs_and_factor(Schedule::Kind::Stages, rest, 2);
  if (name == "plateau") return epochs_and_factor(Schedule::Kind::Plateau, rest);
  if (name != "cosine") return {};
  const auto floor = parse_double(rest);
  if (!floor || !(*floor >= 0 && *floor < 1)) return {};
  return Schedule{.kind = Schedule::Kind::Cosine, .floor = *floor};
}

std::string Schedule::text() const {
  switch (kind) {
    case Schedule::Kind::Constant: return "constant";
    case Schedule::Kind::Step: return fmt::format("step:{},{}", epochs, factor);
    case Schedule::Kind::Stages: return fmt::format("stages:{},{}", epochs, factor);
    case Schedule::Kind::Cosine: return fmt::format("cosine:{}", floor);
    case Schedule::Kind::Plateau: return fmt::format("plateau:{},{}", epochs, factor);
  }
  return "";
}

LearningRate::LearningRate(double start, Schedule schedule, double warmup_epochs, int64_t epochs,
                           int64_t steps_per_epoch)
    : start_(start),
      schedule_(schedule),
      warmup_epochs_(warmup_epochs),
      epochs_(epochs),
      steps_per_epoch_(steps_per_epoch) {}

double LearningRate::at(int64_t step) const {
  const double warmup_steps = warmup_epochs_ * static_cast<double>(steps_per_epoch_);
  const double warmup =
      warmup_steps > 0 ? std::min(1.0, static_cast<double>(step + 1) / warmup_steps) : 1.0;
  double factor = 1;
  switch (schedule_.kind) {
    case Schedule::Kind::Constant: break;
    case Schedule::Kind::Step: {
      const int64_t drops = step / steps_per_epoch_ / schedule_.epochs;
      factor = std::pow(schedule_.factor, static_cast<double>(drops));
      break;
    }
    case Schedule::Kind::Stages: {
      const int64_t drops = stages_before(step / steps_per_epoch_, schedule_.epochs);
      factor = std::pow(schedule_.factor, static_cast<double>(drops));
      break;
    }
    case Schedule::Kind::Cosine: {
      const double done =
          static_cast<double>(step) / static_cast<double>(epochs_ * steps_per_epoch_);
      const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, done)));
      factor = schedule_.floor + (1 - schedule_.floor) * cosine;
      break;
    }
    case Schedule::Kind::Plateau: factor = state.factor; break;
  }
  return start_ * warmup * factor;
}

void LearningRate::epoch_ended(double monitored) {
  if (schedule_.kind != Schedule::Kind::Plateau) return;
  if (monitored < state.best) {
    state.best = monitored;
    state.epochs_without_improvement = 0;
  } else if (++state.epochs_without_improvement >= schedule_.epochs) {
    state.factor *= schedule_.factor;
    state.epochs_without_improvement = 0;
  }
}

}  // namespace hourglass::training
