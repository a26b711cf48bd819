#include "hourglass/apps/tools/series_anomalies.h"

#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/apps/tools/series_files.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

constexpr size_t kPrintedAlerts = 10;

void check_question(const SeriesQuestion& question) {
  const AnomalyScore score = question.asked.detector.score;
  if (score != AnomalyScore::Auto && score != AnomalyScore::Reconstruction) {
    throw UsageError("`score` {}: expected reconstruction, the score of time steps",
                     enum_name(score));
  }
  if (question.asked.classes.any()) {
    throw UsageError("`normal_class` and `anomaly_class`: the time steps of a series have none");
  }
}

/// As they come in the series, whatever order --indices name them in.
datasets::DatasetPtr in_order(const SelectedRows& windows) {
  if (std::is_sorted(windows.numbers.begin(), windows.numbers.end())) return windows.rows;
  return std::make_shared<datasets::Subset>(windows.rows,
                                            at::tensor(windows.numbers, at::kLong).argsort());
}

StepScores scores_of(ExportedModel& model, const SelectedRows& windows, StepAverage average,
                     const std::string& what, const OutputOptions& output) {
  const datasets::Series& series = *windows.splits.series;
  return score_steps([&](const at::Tensor& input) { return model.reconstruct(input); },
                     *in_order(windows), series.form, series.size(), average,
                     progress_line(what, windows.rows->size(), output));
}

/// "3,629 training time steps of series:mine.csv".
std::string steps_text(const SelectedRows& windows, int64_t steps) {
  return fmt::format("{} {}time steps of {}", with_thousands(steps), part_text(windows),
                     windows.splits.info.name);
}

AnomalyDetector fit_to_steps(ExportedModel& model, const SelectedRows& training,
                             const SeriesQuestion& question, const OutputOptions& output) {
  const StepScores found = scores_of(model, training, question.average, "training windows", output);
  AnomalyDetector detector = {.options = question.asked.detector,
                              .scaling = training.splits.info.scaling};
  detector.options.score = AnomalyScore::Reconstruction;
  detector.normal_scores = found.scores.index_select(0, scored_steps(found));
  detector.normal_rows = steps_text(training, detector.normal_scores.size(0));
  detector.threshold = fit_threshold(detector.normal_scores, question.asked.detector.threshold);
  detector.steps = question.average;
  detector.stride = training.splits.series->form.stride;
  return detector;
}

void expect_series(const SelectedRows& windows) {
  if (windows.splits.series) return;
  throw Error("{}: expected a series, as the model was trained on one", windows.splits.info.name);
}

AnomalyDetector load_step_detector(const std::string& file, const ExportedModel& model) {
  AnomalyDetector detector = load_detector(file, model);
  if (detector.steps) return detector;
  throw Error("{}: expected a threshold of the time steps of a series, found one of items", file);
}

/// The windows to judge, of the stride that the threshold in `file` was fitted with, where it says it:
/// a score is a mean, or a median, of fewer errors where windows begin further apart.
SelectedRows select_alike(const ExportedModel& model, const AnomalyDetector& detector,
                          const std::string& file, RowOptions rows, CommandLine line) {
  if (!detector.stride) return select_rows(model, rows, line, RecordedNoise::Leave);
  int64_t& stride = rows.data.series.stride;
  if (line.has("stride") && stride != *detector.stride) {
    throw Error(
        "{}: expected windows of `stride` {}, as the threshold was fitted to, found {}; leave "
        "`stride` out, or fit a threshold anew",
        file, *detector.stride, stride);
  }
  stride = *detector.stride;
  line.given.emplace_back("stride");
  return select_rows(model, rows, line, RecordedNoise::Leave);
}

std::string alert_line(const JudgedSeries& judged, const Alert& alert) {
  const std::string steps =
      alert.flagged == 1 ? "1 step" : with_thousands(alert.flagged) + " steps";
  if (alert.first == alert.last) {
    return fmt::format("  {}  {}, score {:.3g}\n", judged.name_of(alert.first), steps, alert.score);
  }
  return fmt::format("  {} to {}  {}, worst {} at {:.3g}\n", judged.name_of(alert.first),
                     judged.name_of(alert.last), steps, judged.name_of(alert.worst), alert.score);
}

std::string series_text(const JudgedSeries& judged) {
  const AnomalyDetector& detector = judged.detector;
  const at::Tensor& scores = judged.found.scores;
  std::string text =
      fmt::format(
          "score     squared error of a time step, {} over the windows of {} that hold it\n",
          enum_name(*detector.steps), judged.series().form.window) +
      fmt::format("threshold {:.6g} ({} of {})\n", detector.threshold,
                  detector.options.threshold.text(), printable(detector.normal_rows)) +
      fmt::format("flagged   {} of {}\n",
                  with_thousands((scores > detector.threshold).sum().item<int64_t>()),
                  steps_text(judged.windows, scored_steps(judged.found).size(0))) +
      fmt::format("alerts    {}\n", with_thousands(std::ssize(judged.alerts)));
  const size_t printed = std::min(kPrintedAlerts, judged.alerts.size());
  for (size_t i = 0; i < printed; ++i) text += alert_line(judged, judged.alerts[i]);
  if (printed < judged.alerts.size()) {
    text += fmt::format("  and {} more\n",
                        with_thousands(std::ssize(judged.alerts) - static_cast<int64_t>(printed)));
  }
  return text;
}

nlohmann::json series_to_json(const JudgedSeries& judged) {
  const AnomalyFindings steps = {
      .threshold = judged.detector.threshold,
      .scores = judged.found.scores.index_select(0, scored_steps(judged.found)),
      .labels = {}};
  nlohmann::json result = to_json(steps, judged.detector);
  result["rows"] = steps_text(judged.windows, steps.scores.size(0));
  result["steps"] = enum_name(*judged.detector.steps);
  result["stride"] = judged.series().form.stride;
  result["alerts"] = nlohmann::json::array();
  for (const Alert& alert : judged.alerts) {
    result["alerts"].push_back({{"first", judged.name_of(alert.first)},
                                {"last", judged.name_of(alert.last)},
                                {"flagged", alert.flagged},
                                {"worst", judged.name_of(alert.worst)},
                                {"score", alert.score}});
  }
  return result;
}

}  // namespace

std::string JudgedSeries::name_of(int64_t step) const {
  const auto& times = series().times;
  return times.empty() ? std::to_string(step) : times[static_cast<size_t>(step)];
}

bool looks_at_series(const ExportedModel& model, const RowOptions& rows, const CommandLine& line) {
  if (line.has("dataset")) return rows.data.dataset.starts_with("series:");
  return model.card() && model.card()->data && model.card()->data->series;
}

JudgedSeries judge_series(ExportedModel& model, const SeriesQuestion& question,
                          const CommandLine& line, const OutputOptions& output) {
  check_question(question);
  JudgedSeries judged;
  const std::string& file = question.asked.load_threshold;
  if (file.empty()) {
    auto [evaluated, training, seen] = select_judged_rows(
        model, question.asked.rows, line, RecordedNoise::Leave, output, TrainingStride::Judged);
    expect_series(training);
    judged.windows = std::move(evaluated);
    judged.detector = fit_to_steps(model, training, question, output);
  } else {
    judged.detector = load_step_detector(file, model);
    judged.windows = select_alike(model, judged.detector, file, question.asked.rows, line);
    expect_same_scaling(judged.detector, judged.windows.splits.info, file);
  }
  expect_series(judged.windows);
  judged.found = scores_of(model, judged.windows, *judged.detector.steps, "windows", output);
  judged.alerts =
      alerts_of(judged.found.scores, judged.detector.threshold, judged.series().form.window);
  return judged;
}

int detect_in_series(ExportedModel& model, const SeriesQuestion& question, const CommandLine& line,
                     const OutputOptions& output) {
  const auto folder = output_folder(output, "anomalies", kSeriesFiles);
  const std::string& kept = question.save_threshold;
  const JudgedSeries judged = judge_series(model, question, line, output);
  auto files = write_series_files(judged, folder, output);
  if (!kept.empty()) {
    write_output(kept, detector_text(judged.detector, model));
    files.push_back(kept);
  }
  if (output.json) {
    auto result = series_to_json(judged);
    result["files"] = files;
    fmt::print("{}\n", result.dump(2));
  } else {
    fmt::print("{}", series_text(judged));
    print_written(files);
  }
  return kDone;
}

}  // namespace hourglass::apps
