#include "hourglass/evaluation/anomaly_findings.h"

#include "hourglass/core/printable.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <iterator>

namespace hourglass::evaluation {
namespace {

nlohmann::json separation_to_json(const Separation& separation) {
  const Confusion& counts = separation.confusion;
  return {{"auroc", separation.auroc},
          {"average_precision", separation.average_precision},
          {"true_positives", counts.true_positives},
          {"false_positives", counts.false_positives},
          {"true_negatives", counts.true_negatives},
          {"false_negatives", counts.false_negatives},
          {"precision", counts.precision()},
          {"recall", counts.recall()},
          {"false_positive_rate", counts.false_positive_rate()},
          {"f1", counts.f1()}};
}

std::string separation_text(const AnomalyFindings& findings) {
  if (!findings.anomalous.defined()) {
    return "labels    none that tell anomalies: see --normal-class\n";
  }
  if (!findings.separation) return "labels    all rows are of one kind: no AUROC\n";
  const Separation& found = *findings.separation;
  const Confusion& counts = found.confusion;
  return fmt::format("AUROC     {:.4f}, average precision {:.4f}\n", found.auroc,
                     found.average_precision) +
         fmt::format("anomalies {} flagged, {} missed (recall {:.2f} %)\n",
                     with_thousands(counts.true_positives), with_thousands(counts.false_negatives),
                     100 * counts.recall()) +
         fmt::format("normal    {} flagged, {} passed (false alarms {:.2f} %)",
                     with_thousands(counts.false_positives), with_thousands(counts.true_negatives),
                     100 * counts.false_positive_rate()) +
         fmt::format(", precision {:.2f} %\n", 100 * counts.precision());
}

}  // namespace

/// A score that is no number is no normal one.
at::Tensor AnomalyFindings::flags() const { return scores.le(threshold).logical_not(); }

int64_t AnomalyFindings::flagged() const { return flags().sum().item<int64_t>(); }

at::Tensor AnomalyFindings::strangest_first() const {
  return scores.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
}

AnomalyFindings judge_rows(ExportedModel& model, const AnomalyDetector& detector,
                           const datasets::Dataset& rows, const datasets::BatchProgress& progress) {
  const AnomalyScorer scorer = scorer_of(model, detector);
  std::vector<at::Tensor> scores, labels;
  const auto judge = [&](const Batch& batch, int64_t /*first*/) {
    scores.push_back(scorer(batch));
    if (batch.labels.defined()) labels.push_back(batch.labels.cpu());
  };
  datasets::for_each_batch(rows, judge, progress);
  return {.threshold = detector.threshold,
          .scores = at::cat(scores),
          .labels = labels.empty() ? at::Tensor() : at::cat(labels)};
}

void compare_with_classes(AnomalyFindings& findings, const NormalClasses& classes,
                          const std::vector<std::string>& class_names) {
  if (!classes.any() || !findings.labels.defined()) return;
  findings.anomalous =
      anomalies_among(findings.labels, class_names, classes, /*absent_allowed=*/true);
  findings.separation = measure_separation(findings.scores, findings.anomalous, findings.threshold);
}

std::string scores_csv(const AnomalyFindings& findings, const ItemNames& names,
                       const std::vector<std::string>& class_names) {
  const at::Tensor flags = findings.flags();
  std::string text = names.csv_header() + ",label,score,flag\n";
  for (size_t i = 0; i < names.size(); ++i) {
    std::string label;
    if (findings.labels.defined()) {
      label = csv_cell(class_name(findings.labels.const_data_ptr<int64_t>()[i], class_names));
    }
    fmt::format_to(std::back_inserter(text), "{},{},{:.9g},{:d}\n", names.csv_cells(i), label,
                   findings.scores.const_data_ptr<double>()[i], flags.const_data_ptr<bool>()[i]);
  }
  return text;
}

nlohmann::json to_json(const AnomalyFindings& findings, const AnomalyDetector& detector) {
  const auto& separation = findings.separation;
  return {{"score", score_name(detector)},
          {"samples", detector.options.samples},
          {"rule", detector.options.threshold.text()},
          {"threshold", findings.threshold},
          {"normal_rows", detector.normal_rows},
          {"flagged", findings.flagged()},
          {"looked_at", findings.scores.size(0)},
          {"separation", separation ? separation_to_json(*separation) : nlohmann::json()}};
}

std::string findings_text(const AnomalyFindings& findings, const AnomalyDetector& detector,
                          const std::string& rows) {
  return fmt::format("score     {}\n", score_title(detector)) +
         fmt::format("threshold {:.6g} ({} of {})\n", findings.threshold,
                     detector.options.threshold.text(), printable(detector.normal_rows)) +
         fmt::format("flagged   {} of {}\n", with_thousands(findings.flagged()), rows) +
         separation_text(findings);
}

}  // namespace hourglass::evaluation
