// Finds the items that are strange to a model: a score for each, a threshold from normal training
// items by a stated rule, and where labels say which are anomalies, how well the two are separated.

#include "hourglass/apps/tools/anomaly_files.h"
#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/series_anomalies.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/evaluation/anomaly_findings.h"

#include <fmt/format.h>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

struct DetectOptions {
  AnomalyQuestion asked;
  std::string save_threshold;
  StepAverage step_average = StepAverage::Mean;
  int64_t worst = 16;
  ModelOptions model;
  OutputOptions output;

  void describe(FieldTable& table);
};

void DetectOptions::describe(FieldTable& table) {
  auto& [detector, classes, load_threshold, rows] = asked;
  table.begin_group("Anomalies");
  table.add("score", detector.score,
            "reconstruction (mean squared error), elbo (negative evidence lower bound, Gaussian "
            "codes) or mahalanobis (distance among the codes); auto: elbo where the model has it");
  table
      .add("samples", detector.samples,
           "codes drawn for the elbo score of an item; 0: the mean of its distribution alone")
      .at_least(0);
  table.add("seed", detector.seed, "of these draws");
  table
      .add("threshold", detector.threshold,
           "from the scores of normal training rows: quantile:Q, sigma:K (mean + K standard "
           "deviations), mad:K (median + K median deviations) or tail:P (extreme values)")
      .shown_as("RULE");
  table
      .add("normal_class", classes.normal,
           "classes (names, or numbers from 0) that are normal, all others being anomalies; the "
           "threshold "
           "is fitted on training rows of these alone; nothing said: the classes of a model that "
           "was "
           "trained with --classes")
      .shown_as("LIST");
  table
      .add("anomaly_class", classes.anomalous,
           "the other way round: classes that are anomalies, all others being normal")
      .shown_as("LIST");
  table.add("save_threshold", save_threshold, "keep the threshold for later data, as JSON")
      .shown_as("FILE");
  table
      .add("load_threshold", load_threshold,
           "apply a threshold that was kept; no training rows are needed")
      .shown_as("FILE");
  table.add("step_average", step_average,
            "how the errors of the windows that hold a time step become its score: mean or median");
  table.add("worst", worst, "items with the highest scores, for the picture")
      .at_least(1)
      .at_most(kMostDrawnItems);
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

void check(const DetectOptions& options, const CommandLine& line) {
  check(options.asked.classes);
  if (options.asked.load_threshold.empty()) return;
  for (const char* fixed :
       {"score", "samples", "seed", "threshold", "step_average", "save_threshold"}) {
    if (line.has(fixed)) {
      throw UsageError("`{}`: cannot be changed with --load-threshold, whose file says it", fixed);
    }
  }
}

int detect(const CommandLine& line, const DetectOptions& options) {
  check(options, line);
  ExportedModel model = open_model(line.positional.front(), options.model);
  if (looks_at_series(model, options.asked.rows, line)) {
    const SeriesQuestion asked = {options.asked, options.step_average, options.save_threshold};
    return detect_in_series(model, asked, line, options.output);
  }
  const auto folder = output_folder(options.output, "anomalies", kAnomalyFiles);
  if (!options.save_threshold.empty()) {
    output_file({.out = options.save_threshold, .force = options.output.force}, "");
  }
  const JudgedAnomalies judged = judge_anomalies(model, options.asked, line, options.output);
  auto files = write_anomaly_files(judged, model, options.worst, folder, options.output);
  if (!options.save_threshold.empty()) {
    write_output(options.save_threshold, detector_text(judged.detector, model));
    files.push_back(options.save_threshold);
  }
  if (options.output.json) {
    auto result = to_json(judged.found, judged.detector);
    result.update({{"rows", row_text(judged.rows)},
                   {"normal_classes", judged.classes.normal},
                   {"anomaly_classes", judged.classes.anomalous},
                   {"anomaly_classes_in_training", judged.anomalies_in_training},
                   {"files", files}});
    fmt::print("{}\n", result.dump(2));
  } else {
    fmt::print("{}", findings_text(judged.found, judged.detector, row_text(judged.rows)));
    for (const auto& file : files) fmt::print("written   {}\n", file);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  DetectOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "detect_anomalies",
      .summary = "Finds the items that are strange to a model.",
      .positional = "CKPT",
      .examples = {"detect_anomalies runs/mine/best.pt --dataset csv:new.csv",
                   "detect_anomalies runs/mine/best.pt --normal-class 7 --threshold mad:3.5",
                   "detect_anomalies runs/sensor/best.pt --dataset series:today.csv",
                   "detect_anomalies runs/mine/best.pt --load-threshold limit.json --dataset "
                   "csv:tomorrow.csv"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return detect(line, options); });
}
