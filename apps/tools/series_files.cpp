#include "hourglass/apps/tools/series_files.h"

#include "hourglass/core/text.h"
#include "hourglass/datasets/dates.h"
#include "hourglass/figures/histogram.h"
#include "hourglass/figures/series_chart.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;

namespace {

constexpr int64_t kMostChannels = 6;  // that are drawn

/// Steps from first to last, both included.
struct StepRange {
  int64_t first = 0, last = 0;

  int64_t count() const { return last - first + 1; }
};

/// From the first step that was scored to the last.
StepRange scored_range(const JudgedSeries& judged) {
  const at::Tensor steps = scored_steps(judged.found);
  return {steps[0].item<int64_t>(), steps[-1].item<int64_t>()};
}

/// A window on both sides of the highest score, and all of its alert.
StepRange worst_range(const JudgedSeries& judged) {
  const StepRange all = scored_range(judged);
  const auto worst = judged.found.scores.nan_to_num(-1).argmax().item<int64_t>();
  StepRange range = {worst, worst};
  for (const Alert& alert : judged.alerts) {
    if (alert.first <= worst && worst <= alert.last) range = {alert.first, alert.last};
  }
  const int64_t around = judged.series().form.window;
  return {std::max(all.first, range.first - around), std::min(all.last, range.last + around)};
}

std::vector<double> numbers_in(const at::Tensor& values, const StepRange& range) {
  const at::Tensor part = values.narrow(0, range.first, range.count()).to(at::kDouble).contiguous();
  return {part.const_data_ptr<double>(), part.const_data_ptr<double>() + part.numel()};
}

std::vector<double> moments_in(const datasets::Series& series, const StepRange& range) {
  std::vector<double> moments;
  for (int64_t step = range.first; step <= range.last; ++step) {
    const bool known = !series.moments.empty();
    moments.push_back(known ? series.moments[static_cast<size_t>(step)]
                            : static_cast<double>(step));
  }
  return moments;
}

/// A channel's reconstruction in the user's units.
at::Tensor in_stored_units(const JudgedSeries& judged, int64_t channel) {
  return datasets::to_stored(judged.windows.splits.info.scaling, channel,
                             judged.found.reconstructions.select(1, channel));
}

std::vector<TimePanel> panels_in(const JudgedSeries& judged, const StepRange& range) {
  const datasets::Series& series = judged.series();
  const at::Tensor& steps = series.observed.defined() ? series.observed : series.steps;
  std::vector<TimePanel> panels;
  const int64_t channels = std::min(kMostChannels, std::ssize(series.channels));
  for (int64_t i = 0; i < channels; ++i) {
    panels.push_back(
        {.y_label = series.channels[static_cast<size_t>(i)],
         .curves = {{"series", numbers_in(steps.select(1, i), range)},
                    {"reconstruction", numbers_in(in_stored_units(judged, i), range)}}});
  }
  panels.push_back({.y_label = "score",
                    .curves = {{"squared error", numbers_in(judged.found.scores, range)}},
                    .threshold = judged.detector.threshold});
  return panels;
}

std::string time_label(const JudgedSeries& judged, const StepRange& range) {
  const datasets::Series& series = judged.series();
  if (!series.dates) return series.times.empty() ? "time step" : "time";
  const auto day = [&](int64_t step) {
    const double moment = series.moments[static_cast<size_t>(step)];
    return datasets::date_text(std::floor(moment / 86'400) * 86'400);
  };
  const std::string first = day(range.first), last = day(range.last);
  return first == last ? first : fmt::format("{} to {}", first, last);
}

Picture series_picture(const JudgedSeries& judged, const StepRange& range,
                       const std::string& title) {
  const std::vector<double> moments = moments_in(judged.series(), range);
  SeriesChartOptions options = {.title = title,
                                .x_label = time_label(judged, range),
                                .dates = judged.series().dates,
                                .spans = {},
                                .span_name = "alert"};
  const auto at = [&](int64_t step) { return moments[static_cast<size_t>(step - range.first)]; };
  for (const Alert& alert : judged.alerts) {
    const int64_t first = std::max(alert.first, range.first);
    const int64_t last = std::min(alert.last, range.last);
    if (first <= last) options.spans.push_back({at(first), at(last)});
  }
  return series_chart(moments, panels_in(judged, range), options);
}

Picture step_histogram(const JudgedSeries& judged) {
  const AnomalyDetector& detector = judged.detector;
  std::vector<HistogramGroup> groups = {
      {"steps evaluated", judged.found.scores.index_select(0, scored_steps(judged.found))}};
  if (detector.normal_scores.defined()) {
    groups.insert(groups.begin(), {"training steps", detector.normal_scores});
  }
  return histogram(groups, {.title = "Scores of time steps of " + judged.windows.splits.info.name,
                            .x_label = "squared error of a time step",
                            .threshold = detector.threshold,
                            .shares = true});
}

/// Steps that no window holds have no score.
std::string step_scores_csv(const JudgedSeries& judged) {
  const auto* scores = judged.found.scores.const_data_ptr<double>();
  const StepRange range = scored_range(judged);
  std::string text = judged.series().times.empty() ? "step,score,flag\n" : "time,score,flag\n";
  for (int64_t step = range.first; step <= range.last; ++step) {
    text += csv_cell(judged.name_of(step));
    if (std::isnan(scores[step])) {
      text += ",,\n";
    } else {
      fmt::format_to(std::back_inserter(text), ",{:.9g},{:d}\n", scores[step],
                     scores[step] > judged.detector.threshold);
    }
  }
  return text;
}

std::string alerts_csv(const JudgedSeries& judged) {
  std::string text = "first,last,flagged,worst,score\n";
  for (const Alert& alert : judged.alerts) {
    text += csv_line({judged.name_of(alert.first), judged.name_of(alert.last),
                      std::to_string(alert.flagged), judged.name_of(alert.worst),
                      fmt::format("{:.9g}", alert.score)});
  }
  return text;
}

}  // namespace

std::vector<std::string> write_series_files(const JudgedSeries& judged,
                                            const std::filesystem::path& folder,
                                            const OutputOptions& output) {
  std::vector<std::string> paths;
  const auto path = [&](const std::string& name) {
    return paths.emplace_back((folder / name).string());
  };
  write_output(path("scores.csv"), step_scores_csv(judged));
  write_output(path("alerts.csv"), alerts_csv(judged));
  if (!figures_available()) {
    note(output, "no pictures: this build draws none");
    return paths;
  }
  if (std::ssize(judged.series().channels) > kMostChannels) {
    note(output, fmt::format("the pictures show the first {} of {} channels", kMostChannels,
                             judged.series().channels.size()));
  }
  const std::string& name = judged.windows.splits.info.name;
  series_picture(judged, scored_range(judged), name).save(path("series.png"));
  series_picture(judged, worst_range(judged), "The highest score of " + name)
      .save(path("worst.png"));
  step_histogram(judged).save(path("histogram.png"));
  return paths;
}

}  // namespace hourglass::apps
