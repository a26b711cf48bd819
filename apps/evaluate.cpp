// Measures trained models, each beside the PCA of its size fitted on the same training rows, and
// says plainly when a model loses to it.
//
//   evaluate runs/mine/best.pt
//   evaluate a.pt b.pt c.pt --out comparison.png
//   evaluate vae.pt --samples 5000                  −log p(x) by importance sampling, too
//   evaluate third_party.pt --dataset fashion-mnist --input-shape 1,28,28 --json

#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/evaluation/assessment_report.h"
#include "hourglass/figures/bar_chart.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

struct EvaluateOptions {
  ModelOptions model;
  RowOptions rows;
  OutputOptions output;
  Measure chart = Measure::Mse;
  int64_t samples = 0;

  void describe(FieldTable& table);
};

void EvaluateOptions::describe(FieldTable& table) {
  model.describe(table);
  rows.describe(table);
  output.describe(table);
  table
      .add("chart", chart,
           "what the bar chart of --out shows: mse, bce, psnr, ssim, knn1, knn5, probe or, with "
           "--samples, nll")
      .shown_as("MEASURE");
  table
      .add("samples", samples,
           "codes an item for -log p(x) by importance sampling, 5000 say, of variational models "
           "with loss bce; 0: none")
      .at_least(0);
}

AssessedModel assess_file(const std::string& path, const EvaluateOptions& options,
                          const CommandLine& line) {
  ExportedModel model = open_model(path, options.model);
  const JudgedRows rows =
      select_judged_rows(model, options.rows, line, RecordedNoise::Apply, options.output);
  StageLine stage(options.output);
  const AssessedData data = {.training = rows.training.rows,
                             .evaluated = rows.evaluated.rows,
                             .training_card = rows.training.splits.info,
                             .evaluated_card = rows.evaluated.splits.info,
                             .rows_in_both = rows.seen_in_training};
  const AssessmentOptions how = {
      .likelihood_samples = options.samples,
      .say = [&](const std::string& what) { stage.show(path + ": " + what); }};
  return {.path = path,
          .name = {},
          .rows = row_text(rows.evaluated),
          .training_rows = row_text(rows.training),
          .seen_in_training = rows.seen_in_training,
          .device = model.device().str(),
          .found = assess(model, data, how)};
}

void print_json(const std::vector<AssessedModel>& all) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& model : all) rows.push_back(to_json(model));
  fmt::print("{}\n", nlohmann::json{{"checkpoints", rows}}.dump(2));
}

/// A group of two bars a checkpoint: the model, and PCA of its size.
Picture comparison_chart(const std::vector<AssessedModel>& all, Measure measure) {
  std::vector<std::string> names;
  BarSeries models{"autoencoder", {}}, pca{"PCA of its size", {}};
  const auto value_of = [&](const Measures& measures) {
    return measures.at(measure).value.value_or(std::numeric_limits<double>::quiet_NaN());
  };
  for (const auto& model : all) {
    names.push_back(model.name);
    models.values.push_back(value_of(model.found.model));
    pca.values.push_back(value_of(model.found.pca));
  }
  const std::string title = measure_title(measure);
  return bar_chart(names, {models, pca},
                   {.title = title + " of the rows evaluated",
                    .y_label = title + (is_accuracy(measure) ? " accuracy" : "")});
}

int evaluate(const CommandLine& line, const EvaluateOptions& options) {
  const auto& output = options.output;
  if (options.chart == Measure::Nll && options.samples == 0) {
    throw UsageError("--chart nll: expected --samples with it, 5000 say");
  }
  const bool draws = !output.out.empty() && figures_available();
  if (!output.out.empty() && !draws) note(output, "no bar chart: this build draws no pictures");
  const auto chart = draws ? picture_file(output, "") : std::filesystem::path();

  std::vector<AssessedModel> all;
  for (const auto& path : line.positional) all.push_back(assess_file(path, options, line));
  name_all(all);
  if (output.json) {
    print_json(all);
  } else {
    fmt::print("{}", measure_table(all));
    for (const auto& model : all) fmt::print("\n{}", details_text(model));
  }
  if (draws) comparison_chart(all, options.chart).save(chart);
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  EvaluateOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "evaluate",
      .summary = "Measures trained models beside PCA of their size.",
      .positional = "CKPT [CKPT...]",
      .examples = {"evaluate runs/mine/best.pt", "evaluate a.pt b.pt --out comparison.png",
                   "evaluate vae.pt --samples 5000",
                   "evaluate third_party.pt --dataset fashion-mnist --input-shape 1,28,28 --json"}};
  return run_tool(program, table, argc, argv, 1, std::numeric_limits<size_t>::max(),
                  [&](const CommandLine& line) { return evaluate(line, options); });
}
