#include "hourglass/apps/tools/anomaly_judgement.h"

#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/evaluation/anomaly_ensemble.h"
#include "hourglass/evaluation/trained_classes.h"

#include <filesystem>
#include <memory>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

AnomalyDetector fit_to_normal(ExportedModel& model, SelectedRows training,
                              const DetectorOptions& options, const NormalClasses& classes,
                              const OutputOptions& output) {
  training.rows = normal_rows(training.rows, class_names(training), classes);
  const std::string text = row_text(training) + (classes.any() ? ", normal classes" : "");
  return fit_detector(model, {training.rows, text, training.splits.info.scaling}, options,
                      progress_line("normal rows", training.rows->size(), output));
}

/// Which classes are normal, as far as flags and training say it, and which of the others the model
/// has seen.
void settle_classes(JudgedAnomalies& judged, const ExportedModel& model) {
  if (!model.card() || !model.card()->data) return;
  const auto& data = *model.card()->data;
  if (!judged.classes.any()) judged.classes = normal_by_training(data);
  judged.anomalies_in_training = anomalies_in_training(data, judged.classes);
}

}  // namespace

bool names_ensemble(const std::string& path) { return path.ends_with(".json"); }

AnomalyDetector open_ensemble(const std::string& path, const ModelOptions& options) {
  return load_ensemble(path, [&](const std::filesystem::path& file) {
    return std::make_shared<ExportedModel>(open_model(file.string(), options));
  });
}

JudgedAnomalies judge_anomalies(ExportedModel& model, const AnomalyQuestion& asked,
                                const CommandLine& line, const OutputOptions& output) {
  JudgedAnomalies judged = {.classes = asked.classes};
  settle_classes(judged, model);
  if (asked.ensemble) {
    judged.detector = *asked.ensemble;
    judged.rows = asked.selected ? *asked.selected
                                 : select_rows(model, asked.rows, line, RecordedNoise::Leave);
    expect_same_scaling(judged.detector, judged.rows.splits.info, "the ensemble");
  } else if (asked.load_threshold.empty()) {
    auto [evaluated, training, seen_in_training] =
        select_judged_rows(model, asked.rows, line, RecordedNoise::Leave, output);
    judged.detector =
        fit_to_normal(model, std::move(training), asked.detector, judged.classes, output);
    judged.rows = std::move(evaluated);
  } else {
    judged.detector = load_detector(asked.load_threshold, model);
    judged.rows = select_rows(model, asked.rows, line, RecordedNoise::Leave);
    expect_same_scaling(judged.detector, judged.rows.splits.info, asked.load_threshold);
  }
  judged.found = judge_rows(model, judged.detector, *judged.rows.rows,
                            progress_line("rows", judged.rows.rows->size(), output));
  compare_with_classes(judged.found, judged.classes, class_names(judged.rows));
  // An ensemble is made for rows with anomalies among them.
  if (!asked.ensemble && !judged.anomalies_in_training.empty()) {
    note(output, anomalies_in_training_text(*model.card()->data, judged.anomalies_in_training));
  }
  return judged;
}

}  // namespace hourglass::apps
