#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/training/engine.h"
#include "hourglass/training/optimizer.h"
#include "hourglass/training/schedule.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace hourglass::training {

struct TrainingOptions {
  int64_t epochs = 20;
  int64_t steps_per_epoch = 0;
  int64_t batch_size = 128;
  OptimizerOptions optimizer;
  Schedule schedule;
  double warmup = 0;
  std::string monitor = "auto";
  int64_t early_stopping = 0;
  uint64_t seed = 1;
  std::string device = "auto";
  EngineOptions engine;

  void describe(FieldTable& table);
};

/// "auto" is CUDA where LibTorch has it and a device is there. Throws `UsageError` for a text that
/// is no device, `Error` for a CUDA device that is absent.
at::Device resolve_device(const std::string& text);

}  // namespace hourglass::training
