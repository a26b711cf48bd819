#include "hourglass/sources/series.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/dates.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/series_gaps.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <memory>
#include <utility>

namespace hourglass::sources {
namespace {

/// "300 s" of dates, else "0.5".
std::string step_text(const SeriesTable& table, double step) {
  return table.dates ? fmt::format("{} s", step) : fmt::format("{:.6g}", step);
}

/// The first place that is not as it should be, as an error, and how many there are.
void refuse_gaps(const SeriesTable& table, const SeriesSteps& steps, const std::string& name) {
  if (const auto missing = first_missing(table.values)) {
    const auto [row, channel] = *missing;
    throw Error(
        "{}: line {}, column '{}': expected a number, found none ({} of {} rows lack one); use "
        "`gaps` split, fill or mask",
        name, table.lines[static_cast<size_t>(row)], table.channels[static_cast<size_t>(channel)],
        with_thousands(rows_with_missing(table.values).sum().item<int64_t>()),
        with_thousands(table.values.size(0)));
  }
  if (steps.uneven.empty()) return;
  const auto row = static_cast<size_t>(steps.uneven.front());
  throw Error(
      "{}: line {}: expected a time {} after {}, found {} ({} of {} steps are uneven); use `gaps` "
      "split, fill or mask",
      name, table.lines[row + 1], step_text(table, steps.step), table.times[row],
      table.times[row + 1], with_thousands(std::ssize(steps.uneven)),
      with_thousands(std::ssize(table.times) - 1));
}

void note_stretches(const SeriesTable& table, const SeriesSteps& steps, const std::string& name,
                    datasets::Series& series) {
  if (series.stretches.size() == 1 && series.stretches.front().steps == series.size()) return;
  const auto missing = rows_with_missing(table.values).sum().item<int64_t>();
  series.notes.push_back(
      fmt::format("{}: {} rows are {} stretches without a gap: {} uneven step{}, {} row{} without "
                  "a value",
                  name, with_thousands(series.size()), with_thousands(std::ssize(series.stretches)),
                  with_thousands(std::ssize(steps.uneven)), steps.uneven.size() == 1 ? "" : "s",
                  with_thousands(missing), missing == 1 ? "" : "s"));
}

/// What the filled steps are called: by the row at their moment, else by the moment.
std::vector<std::string> names_of_filled(const SeriesTable& table, const FilledSteps& filled) {
  std::vector<std::string> names;
  for (size_t i = 0; i < filled.moments.size(); ++i) {
    const int64_t row = filled.rows[i];
    names.push_back(row >= 0      ? table.times[static_cast<size_t>(row)]
                    : table.dates ? datasets::date_text(filled.moments[i])
                                  : fmt::format("{}", filled.moments[i]));
  }
  return names;
}

/// What was made up does not count, and where it would be half a window or
/// more, no window spans it.
void mask_gaps(datasets::Series& series, const at::Tensor& observed, int64_t window,
               const std::string& name) {
  series.observed = observed;
  series.stretches = stretches_between_outages(observed, (window + 1) / 2);
  const auto cuts = std::ssize(series.stretches) - 1;
  series.notes.push_back(fmt::format(
      "{}: what is interpolated counts neither in the loss nor in scores{}", name,
      cuts > 0 ? fmt::format("; {} gap{} of half a window or more {} spanned by no window",
                             with_thousands(cuts), cuts == 1 ? "" : "s", cuts == 1 ? "is" : "are")
               : ""));
}

datasets::Series filled_series(const SeriesTable& table, const SeriesSteps& steps, Gaps gaps,
                               int64_t window, const std::string& name) {
  FilledSteps filled = fill_steps(table, steps, name);
  datasets::Series series = {.steps = filled.values, .channels = table.channels};
  series.stretches = {{0, series.size()}};
  if (const int64_t interpolated = filled.interpolated(); interpolated > 0) {
    series.notes.push_back(
        fmt::format("{}: {} of {} values are interpolated: {} rows became {} steps of {}", name,
                    with_thousands(interpolated), with_thousands(filled.values.numel()),
                    with_thousands(table.values.size(0)), with_thousands(series.size()),
                    table.times.empty() ? "a row" : step_text(table, steps.step)));
    if (gaps == Gaps::Mask) mask_gaps(series, filled.observed, window, name);
  }
  if (!table.times.empty()) {
    series.times = names_of_filled(table, filled);
    series.moments = std::move(filled.moments);
  }
  return series;
}

}  // namespace

datasets::Series without_gaps(SeriesTable table, Gaps gaps, int64_t window,
                              const std::string& name) {
  const SeriesSteps steps = steps_of(table);
  if (gaps == Gaps::Refuse) refuse_gaps(table, steps, name);
  datasets::Series series;
  if (gaps == Gaps::Fill || gaps == Gaps::Mask) {
    series = filled_series(table, steps, gaps, window, name);
  } else {
    series = {.steps = table.values, .channels = table.channels};
    series.stretches = stretches_between_gaps(table, steps);
    note_stretches(table, steps, name, series);
    series.times = std::move(table.times);
    series.moments = std::move(table.moments);
  }
  series.dates = table.dates;
  series.step = series.times.empty() ? 0 : steps.step;
  series.notes.insert(series.notes.begin(), table.notes.begin(), table.notes.end());
  return series;
}

StoredData read_series(const std::filesystem::path& path, const std::vector<std::string>& columns,
                       Header header, const SeriesOptions& options) {
  const std::string text = read_file(path), name = path.string();
  SeriesTable table =
      parse_series(text, name, columns.empty() ? options.known_channels : columns, header);
  auto series = std::make_shared<datasets::Series>(
      without_gaps(std::move(table), options.gaps, options.window, name));
  series->form = options.form();
  StoredData data;
  data.sha256 = formats::sha256(text);
  try {
    data.rows.values = datasets::window_view(series->steps, series->form);
  } catch (const Error& error) {
    throw Error("{}: {}", name, error.what());
  }
  if (datasets::windows_within(series->stretches, series->form).numel() == 0) {
    throw Error(
        "{}: expected {} time steps without a gap, a window, found none: use a smaller "
        "`window`, or `gaps` fill",
        name, with_thousands(options.window));
  }
  data.natural_scale = {datasets::ScalingRule::Kind::MinMax};
  data.notes = std::move(series->notes);
  data.series = std::move(series);
  return data;
}

}  // namespace hourglass::sources
