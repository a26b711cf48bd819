#include "hourglass/apps/tools/judged_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/series.h"
#include "hourglass/evaluation/model_data.h"
#include "hourglass/sources/series_parts.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
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

/// What reads the training rows that the model's file records.
struct RecordedQuestion {
  RowOptions options = {.split = Split::Train};
  CommandLine said;
};

RecordedQuestion recorded_question(const RowOptions& options, const CommandLine& line) {
  RecordedQuestion question;
  if (line.has("data_dir")) {
    question.options.data.data_dir = options.data.data_dir;
    question.said.given = {"data_dir"};
  }
  return question;
}

SelectedRows select_recorded_training(const ExportedModel& model, const RowOptions& options,
                                      const CommandLine& line, RecordedNoise noise) {
  const RecordedQuestion question = recorded_question(options, line);
  return select_rows(model, question.options, question.said, noise);
}

/// Steps from a window to the next; none where rows are no windows.
std::optional<int64_t> stride_of(const SelectedRows& rows) {
  if (!rows.splits.series) return {};
  return rows.splits.series->form.stride;
}

/// The recorded training part in windows of another stride. The part for validation, which may have
/// no window of that stride, is left out by its steps.
SelectedRows select_training_windows(const ExportedModel& model, const RowOptions& options,
                                     const CommandLine& line, RecordedNoise noise, int64_t stride) {
  auto [recorded, said] = recorded_question(options, line);
  recorded.data.series.stride = stride;
  recorded.data.validation = {datasets::Validation::Kind::None};
  said.given.insert(said.given.end(), {"stride", "validation"});
  SelectedRows windows = select_rows(model, recorded, said, noise);
  const datasets::Series& series = *windows.splits.series;
  const auto validation = sources::resolve_validation(recorded_data(model)->validation, series);
  if (validation.kind != datasets::Validation::Kind::Last) return windows;
  const int64_t end = validation.rows_before_last(series.size());
  const auto numbers = datasets::row_numbers(*windows.rows);  // ascending
  const auto count = std::count_if(numbers.begin(), numbers.end(), [&](int64_t number) {
    return number * stride + series.form.window <= end;
  });
  if (count == 0) {
    throw Error(
        "{}: expected a window of {} among its {} training time steps that begins at a multiple of "
        "`stride` {}, found none: use a smaller `stride`",
        model.path().string(), series.form.window, with_thousands(end), stride);
  }
  windows.rows = std::make_shared<datasets::Subset>(windows.rows, at::arange(count));
  windows.numbers.resize(static_cast<size_t>(count));
  return windows;
}

/// The training rows of what was read already, or of what the model's file records where that is
/// another data set or of fewer classes.
SelectedRows select_training(const ExportedModel& model, const SelectedRows& evaluated,
                             const RowOptions& options, const CommandLine& line,
                             RecordedNoise noise, bool classes_added, TrainingStride stride) {
  const auto recorded = line.has("dataset") ? recorded_data(model) : std::nullopt;
  if (recorded) {
    const auto judged = stride_of(evaluated);
    const bool other = judged && model.card()->data->series && *judged != recorded->series.stride;
    return other && stride == TrainingStride::Judged
               ? select_training_windows(model, options, line, noise, *judged)
               : select_recorded_training(model, options, line, noise);
  }
  if (!classes_added) return select_part(evaluated, Split::Train, {});
  RowOptions training = options;
  training.split = Split::Train;
  training.indices = {};
  training.every_class = false;
  return select_rows(model, training, line, noise);
}

/// What tells rows of the same data apart: their numbers, or of windows, whose numbers depend on the
/// stride, their first steps.
std::vector<int64_t> places_of(const SelectedRows& rows) {
  auto places = datasets::row_numbers(*rows.rows);
  const int64_t stride = stride_of(rows).value_or(1);
  for (auto& place : places) place *= stride;
  return places;
}

std::unordered_set<int64_t> place_set(const SelectedRows& rows) {
  const auto places = places_of(rows);
  return {places.begin(), places.end()};
}

/// The rows of the whole data that are not among `training`.
SelectedRows without(SelectedRows whole, const SelectedRows& training) {
  const auto trained = place_set(training);
  std::vector<int64_t> numbers, positions;
  const auto all = places_of(whole);
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
      place_set(line.has("dataset") ? judged.training
                                    : select_recorded_training(model, options, line, noise));
  const auto evaluated = places_of(judged.evaluated);
  return std::any_of(evaluated.begin(), evaluated.end(),
                     [&](int64_t row) { return trained.contains(row); });
}

}  // namespace

JudgedRows select_judged_rows(const ExportedModel& model, const RowOptions& options,
                              const CommandLine& line, RecordedNoise noise,
                              const OutputOptions& output, TrainingStride stride) {
  JudgedRows judged;
  const bool classes_added = adds_classes(model, options, line);
  judged.evaluated = classes_added ? select_rows(model, options, line, noise)
                                   : select_evaluated(model, options, line, noise);
  judged.training =
      select_training(model, judged.evaluated, options, line, noise, classes_added, stride);
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
