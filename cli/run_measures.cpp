#include "hourglass/cli/run_measures.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/html.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/model_data.h"
#include "hourglass/runs/shown_rows.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

namespace hourglass::cli {
namespace {

using evaluation::Assessment;
using evaluation::Measure;

/// Some rows of a part, and what they are called.
struct MeasuredRows {
  datasets::DatasetPtr rows;
  std::string name;
};

MeasuredRows spread_rows(const datasets::DatasetPtr& rows, int64_t most, const std::string& part) {
  const int64_t size = rows->size();
  if (size <= most) return {rows, fmt::format("{} {} rows", with_thousands(size), part)};
  return {std::make_shared<datasets::Subset>(rows, datasets::evenly_spread(most, size)),
          fmt::format("{} of the {} {} rows", with_thousands(most), with_thousands(size), part)};
}

sources::DataSplits splits_of(const evaluation::ExportedModel& model) {
  const auto options = evaluation::recorded_data(model);
  if (!options) throw Error("the model does not say what it was trained on");
  auto splits = evaluation::split_for(model, sources::read_data(*options), *options,
                                      evaluation::ScaleValues::AsInTraining);
  const auto& trained_on = model.card()->data;
  if (trained_on && trained_on->sha256 != splits.info.sha256) {
    throw Error("{}: the data have changed since the run", splits.info.name);
  }
  return splits;
}

void measure(const RecordedRun& run, const StageOfWork& say, RunMeasures& measures) {
  evaluation::ExportedModel model = *run.model();
  say("reading the data");
  const sources::DataSplits splits = splits_of(model);
  const MeasuredRows training = spread_rows(splits.training, kMeasuredTrainingRows, "training");
  const runs::ShownRows judging = runs::shown_rows(recipes::PictureOptions{}, splits);
  const MeasuredRows judged = spread_rows(judging.rows, kMeasuredRows, judging.name);
  measures.seen_in_training = !splits.test && !splits.validation;
  measures.rows = judged.name;
  measures.training_rows = training.name;
  measures.found = evaluation::assess(model,
                                      {.training = training.rows,
                                       .evaluated = judged.rows,
                                       .training_card = splits.info,
                                       .evaluated_card = splits.info,
                                       .rows_in_both = measures.seen_in_training},
                                      {.say = say});
}

HtmlRow measure_row(Measure measure, const Assessment& found) {
  const auto cell = [&](const evaluation::Measures& measures) {
    const auto value = measures.find(measure);
    return number_cell(value == measures.end() ? "n/a" : measure_text(measure, value->second));
  };
  return {
      {text_cell(evaluation::measure_title(measure), "name"), cell(found.model), cell(found.pca)}};
}

std::string measure_table(const RunMeasures& measures) {
  const Assessment& found = *measures.found;
  std::vector<HtmlRow> rows;
  for (const auto& entry : found.model) rows.push_back(measure_row(entry.first, found));
  std::string text = "Measured on " + measures.rows;
  if (measures.seen_in_training) text += ", which the model was trained on";
  text += "; PCA, neighbours and probe fitted on " + measures.training_rows + ".";
  std::string content =
      html_element("p", html_text("Verdict: " + evaluation::verdict(found) + ".")) +
      html_table({"Measure", "This model", "PCA of its size"}, rows) +
      html_element("p", html_text(text), "quiet");
  if (const std::string missing = evaluation::missing_text(found); !missing.empty()) {
    content += html_element("p", html_text("n/a: " + missing + "."), "quiet");
  }
  return content;
}

}  // namespace

RunMeasures measure_run(const RecordedRun& run, const StageOfWork& say) {
  RunMeasures measures;
  try {
    measure(run, say, measures);
  } catch (const Error& error) {
    measures.found.reset();
    measures.problem = with_dashes(error.what());
  }
  return measures;
}

std::string measure_section(const RecordedRun& run, const StageOfWork& say) {
  if (!run.model()) return "";
  const RunMeasures measures = measure_run(run, say);
  const std::string content =
      measures.found
          ? measure_table(measures)
          : html_element("p", html_text("The model was not measured: " + measures.problem), "note");
  return html_section("Measures", content);
}

}  // namespace hourglass::cli
