// Measures trained models, each beside the PCA of its size fitted on the same training rows, and
// says plainly when a model loses to it.
//
//   evaluate runs/mine/best.pt
//   evaluate a.pt b.pt c.pt --out comparison.png
//   evaluate vae.pt --samples 5000                  −log p(x) by importance sampling, too
//   evaluate sae.pt --dictionary truth.safetensors#feature_vectors     MCC, uniqueness, too
//   evaluate third_party.pt --dataset fashion-mnist --input-shape 1,28,28 --json

#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/apps/tools/measure_chart.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/evaluation/assessment_report.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <optional>

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
  std::string dictionary, dictionary_rows;

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
  table
      .add(
          "dictionary", dictionary,
          "the vectors that the data were made of, FILE.npy or FILE.safetensors#TENSOR: how well a "
          "sparse model found them")
      .shown_as("FILE");
  table
      .add("dictionary_rows", dictionary_rows,
           "which of them are in each row of the data set: a safetensors file with indptr, indices "
           "and values of a sparse matrix")
      .shown_as("FILE");
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
  std::optional<KnownDictionary> known;
  if (!options.dictionary.empty()) {
    known = read_known_dictionary(options.dictionary, options.dictionary_rows);
  }
  const AssessmentOptions how = {
      .likelihood_samples = options.samples,
      .known_dictionary = known ? &*known : nullptr,
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

int evaluate(const CommandLine& line, const EvaluateOptions& options) {
  const auto& output = options.output;
  if (options.chart == Measure::Nll && options.samples == 0) {
    throw UsageError("--chart nll: expected --samples with it, 5000 say");
  }
  if (options.dictionary.empty() && !options.dictionary_rows.empty()) {
    throw UsageError("`dictionary_rows`: expected `dictionary` with it, the vectors it is about");
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
