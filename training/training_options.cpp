#include "hourglass/training/training_options.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/Context.h>

#include <optional>

namespace hourglass::training {
namespace {

/// Of epochs, of steps in one, and of items in a step: no product of two of them overflows.
constexpr int64_t kMostCount = 1'000'000'000;

}  // namespace

void TrainingOptions::describe(FieldTable& table) {
  table.begin_group("Training");
  table.add("epochs", epochs, "the run's total number of epochs").at_least(1).at_most(kMostCount);
  table
      .add("steps_per_epoch", steps_per_epoch,
           "how long an epoch is; the next one goes on in the data where it stopped. 0: until all "
           "rows have come")
      .at_least(0)
      .at_most(kMostCount)
      .shown_as("STEPS");
  table.add("batch_size", batch_size, "items a step").at_least(1).at_most(kMostCount);
  optimizer.describe(table);
  table.add("schedule", schedule, "of the learning rate: " + Schedule::expects());
  table.add("warmup", warmup, "epochs over which the learning rate grows from 0")
      .at_least(0)
      .shown_as("EPOCHS");
  table
      .add("monitor", monitor,
           "the column of metrics.csv that makes the best epoch: its lowest value, or of "
           "accuracy, perplexity and codebook_use the highest; auto: validation_loss, or "
           "train_loss without validation rows")
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

}  // namespace hourglass::training
