// Measures trained models, each beside the PCA of its size fitted on the same training rows, and
// says plainly when a model loses to it.
//
//   evaluate runs/mine/best.pt
//   evaluate a.pt b.pt c.pt --out comparison.png
//   evaluate vae.pt --samples 5000                  −log p(x) by importance sampling, too
//   evaluate vae.pt --samples 5000 --annealed 100   and a check that does not trust the encoder
//   evaluate vae.pt wae.pt --generation 10000       what they generate beside real items, too
//   evaluate sae.pt --dictionary truth.safetensors#feature_vectors     MCC, uniqueness, too
//   evaluate third_party.pt --dataset fashion-mnist --input-shape 1,28,28 --json

#include "hourglass/apps/tools/assessment_choices.h"
#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/apps/tools/measure_chart.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/evaluation/assessment_report.h"

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
  AssessmentChoices measured;

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
  measured.describe(table);
}

AssessedModel assess_file(ExportedModel& model, const EvaluateOptions& options,
                          AssessmentFiles& files, const CommandLine& line) {
  const std::string path = model.path().string();
  const JudgedRows rows =
      select_judged_rows(model, options.rows, line, RecordedNoise::Apply, options.output);
  StageLine stage(options.output);
  const AssessedData data = {.training = rows.training.rows,
                             .evaluated = rows.evaluated.rows,
                             .training_card = rows.training.splits.info,
                             .evaluated_card = rows.evaluated.splits.info,
                             .rows_in_both = rows.seen_in_training};
  const auto say = [&](const std::string& what) { stage.show(path + ": " + what); };
  return {.path = path,
          .name = {},
          .rows = row_text(rows.evaluated),
          .training_rows = row_text(rows.training),
          .seen_in_training = rows.seen_in_training,
          .device = model.device().str(),
          .found = assess(model, data, files.options(say))};
}

void print_json(const std::vector<AssessedModel>& all) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& model : all) rows.push_back(to_json(model));
  fmt::print("{}\n", nlohmann::json{{"checkpoints", rows}}.dump(2));
}

int evaluate(const CommandLine& line, const EvaluateOptions& options) {
  const auto& output = options.output;
  check(options.measured);
  if (options.chart == Measure::Nll && options.measured.samples == 0) {
    throw UsageError("--chart nll: expected --samples with it, 5000 say");
  }
  if (output.out.empty()) {
    refuse_options({"chart"}, line,
                   "expected `out` with it, the picture that is drawn: chart.png, say");
  }
  const bool draws = !output.out.empty() && figures_available();
  if (!output.out.empty() && !draws) note(output, "no bar chart: this build draws no pictures");
  const auto chart = draws ? picture_file(output, "") : std::filesystem::path();

  AssessmentFiles files(options.measured, options.model);
  // All of them first: a name that is wrong is not to be found out after hours with the others.
  std::vector<ExportedModel> models;
  models.reserve(line.positional.size());
  for (const auto& path : line.positional) models.push_back(open_model(path, options.model));
  std::vector<AssessedModel> all;
  for (auto& model : models) {
    ExportedModel one = std::move(model);  // and its memory goes with it
    all.push_back(assess_file(one, options, files, line));
  }
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
                   "evaluate vae.pt --samples 5000", "evaluate vae.pt wae.pt --generation 10000",
                   "evaluate third_party.pt --dataset fashion-mnist --input-shape 1,28,28 --json"}};
  return run_tool(program, table, argc, argv, 1, std::numeric_limits<size_t>::max(),
                  [&](const CommandLine& line) { return evaluate(line, options); });
}
