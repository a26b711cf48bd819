#include "hourglass/apps/tools/judged_rows.h"

#include "hourglass/evaluation/model_data.h"

#include <fmt/format.h>

#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

SelectedRows select_evaluated(const ExportedModel& model, const RowOptions& options,
                              const CommandLine& line, RecordedNoise noise) {
  SelectedRows rows = select_rows(model, options, line, noise);
  const bool own_choice = options.split != Split::Auto || line.has("dataset");
  if (own_choice || rows.name != "all" || !rows.splits.validation) return rows;
  return select_part(std::move(rows), Split::Validation, options);
}

/// The training rows of what was read already, or of what the model's file records where that is
/// another data set.
SelectedRows select_training(const ExportedModel& model, const SelectedRows& evaluated,
                             const CommandLine& line, RecordedNoise noise) {
  if (line.has("dataset") && recorded_data(model)) {
    return select_rows(model, {.split = Split::Train}, CommandLine{}, noise);
  }
  return select_part(evaluated, Split::Train, {});
}

}  // namespace

JudgedRows select_judged_rows(const ExportedModel& model, const RowOptions& options,
                              const CommandLine& line, RecordedNoise noise,
                              const OutputOptions& output) {
  JudgedRows judged;
  judged.evaluated = select_evaluated(model, options, line, noise);
  judged.training = select_training(model, judged.evaluated, line, noise);
  const bool same_data = judged.evaluated.splits.info.sha256 == judged.training.splits.info.sha256;
  const std::string& part = judged.evaluated.name;
  judged.seen_in_training = same_data && (part == "train" || part == "all");
  if (judged.seen_in_training) {
    note(output, fmt::format("{}: rows that the model was trained on are among the {}",
                             model.path().string(), row_text(judged.evaluated)));
  }
  return judged;
}

}  // namespace hourglass::apps
