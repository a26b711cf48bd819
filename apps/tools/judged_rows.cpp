#include "hourglass/apps/tools/judged_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/model_data.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

bool chosen_by_user(const RowOptions& options, const CommandLine& line) {
  return options.split != Split::Auto || line.has("dataset");
}

SelectedRows select_evaluated(const ExportedModel& model, const RowOptions& options,
                              const CommandLine& line, RecordedNoise noise) {
  SelectedRows rows = select_rows(model, options, line, noise);
  if (chosen_by_user(options, line) || rows.name != "all" || !rows.splits.validation) return rows;
  return select_part(std::move(rows), Split::Validation, options);
}

/// Whether the rows to evaluate are of more classes than the model was trained on.
bool adds_classes(const ExportedModel& model, const RowOptions& options, const CommandLine& line) {
  if (!options.every_class || line.has("dataset") || line.has("classes")) return false;
  const auto recorded = recorded_data(model);
  return recorded && !recorded->classes.all();
}

/// The training rows that the model's file records.
SelectedRows select_recorded_training(const ExportedModel& model, const RowOptions& options,
                                      const CommandLine& line, RecordedNoise noise) {
  RowOptions recorded = {.split = Split::Train};
  CommandLine said;
  if (line.has("data_dir")) {
    recorded.data.data_dir = options.data.data_dir;
    said.given = {"data_dir"};
  }
  return select_rows(model, recorded, said, noise);
}

/// The training rows of what was read already, or of what the model's file records where that is
/// another data set or of fewer classes.
SelectedRows select_training(const ExportedModel& model, const SelectedRows& evaluated,
                             const RowOptions& options, const CommandLine& line,
                             RecordedNoise noise, bool classes_added) {
  if (line.has("dataset") && recorded_data(model)) {
    return select_recorded_training(model, options, line, noise);
  }
  if (!classes_added) return select_part(evaluated, Split::Train, {});
  RowOptions training = options;
  training.split = Split::Train;
  training.indices = {};
  training.every_class = false;
  return select_rows(model, training, line, noise);
}

std::unordered_set<int64_t> numbers_of(const SelectedRows& rows) {
  const auto numbers = datasets::row_numbers(*rows.rows);
  return {numbers.begin(), numbers.end()};
}

/// The rows of the whole data that are not among `training`.
SelectedRows without(SelectedRows whole, const SelectedRows& training) {
  const auto trained = numbers_of(training);
  std::vector<int64_t> numbers, positions;
  const auto all = datasets::row_numbers(*whole.rows);
  for (size_t i = 0; i < all.size(); ++i) {
    if (trained.contains(all[i])) continue;
    positions.push_back(static_cast<int64_t>(i));
    numbers.push_back(whole.numbers[i]);
  }
  if (positions.empty()) throw Error("expected rows that were not trained on, found none");
  whole.rows = std::make_shared<datasets::Subset>(whole.rows, at::tensor(positions, at::kLong));
  whole.numbers = std::move(numbers);
  whole.name = "held-out";
  return whole;
}

/// Whether rows were trained on, whatever their part is called: a user may have drawn parts of the
/// training's data anew.
bool were_trained_on(const ExportedModel& model, const JudgedRows& judged,
                     const RowOptions& options, const CommandLine& line, RecordedNoise noise) {
  if (judged.evaluated.splits.info.sha256 != judged.training.splits.info.sha256) return false;
  const std::string& part = judged.evaluated.name;
  if (part == "train" || part == "all") return true;
  constexpr const char* kRedrawing[] = {"dataset", "validation", "classes", "rows"};
  const bool redrawn = std::any_of(std::begin(kRedrawing), std::end(kRedrawing),
                                   [&](const char* name) { return line.has(name); });
  // An official test part has row numbers of its own.
  if (part == "test" || !redrawn || !recorded_data(model)) return false;
  // Beside another data set they were read already.
  const auto trained =
      numbers_of(line.has("dataset") ? judged.training
                                     : select_recorded_training(model, options, line, noise));
  const auto evaluated = datasets::row_numbers(*judged.evaluated.rows);
  return std::any_of(evaluated.begin(), evaluated.end(),
                     [&](int64_t row) { return trained.contains(row); });
}

}  // namespace

JudgedRows select_judged_rows(const ExportedModel& model, const RowOptions& options,
                              const CommandLine& line, RecordedNoise noise,
                              const OutputOptions& output) {
  JudgedRows judged;
  const bool classes_added = adds_classes(model, options, line);
  judged.evaluated = classes_added ? select_rows(model, options, line, noise)
                                   : select_evaluated(model, options, line, noise);
  judged.training = select_training(model, judged.evaluated, options, line, noise, classes_added);
  if (classes_added && judged.evaluated.name == "all" && !chosen_by_user(options, line)) {
    judged.evaluated = without(std::move(judged.evaluated), judged.training);
  }
  judged.seen_in_training = were_trained_on(model, judged, options, line, noise);
  if (judged.seen_in_training) {
    note(output, fmt::format("{}: rows that the model was trained on are among the {}",
                             model.path().string(), row_text(judged.evaluated)));
  }
  return judged;
}

}  // namespace hourglass::apps
