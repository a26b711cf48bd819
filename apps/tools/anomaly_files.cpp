#include "hourglass/apps/tools/anomaly_files.h"

#include "hourglass/apps/tools/column_files.h"
#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/evaluation/anomaly_findings.h"
#include "hourglass/figures/histogram.h"
#include "hourglass/figures/line_plot.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;

namespace {

/// Of normal rows and of anomalies where these are known, else of all rows beside those that the
/// detector was fitted to.
Picture score_histogram(const JudgedAnomalies& judged) {
  const AnomalyDetector& detector = judged.detector;
  const AnomalyFindings& found = judged.found;
  std::vector<HistogramGroup> groups = {{"rows evaluated", found.scores}};
  if (found.separation) {
    groups = {{"normal", found.scores.masked_select(found.anomalous.logical_not())},
              {"anomalies", found.scores.masked_select(found.anomalous)}};
  } else if (detector.normal_scores.defined()) {
    groups.insert(groups.begin(), {"normal training rows", detector.normal_scores});
  }
  return histogram(groups, {.title = "Scores of " + row_text(judged.rows),
                            .x_label = score_title(detector),
                            .threshold = found.threshold,
                            .shares = true});
}

Picture roc_picture(const AnomalyFindings& found) {
  RocCurve roc = roc_curve(found.scores, found.anomalous);
  return line_plot({{fmt::format("score, area {:.4f}", found.separation->auroc),
                     std::move(roc.false_positive_rate), std::move(roc.true_positive_rate)},
                    {"chance, area 0.5", {0, 1}, {0, 1}}},
                   {.title = "Anomalies found against false alarms",
                    .x_label = "share of normal rows flagged",
                    .y_label = "share of anomalies flagged"});
}

/// Highest score first.
Picture worst_items(const JudgedAnomalies& judged, ExportedModel& model, int64_t count) {
  const SelectedRows& rows = judged.rows;
  const AnomalyFindings& found = judged.found;
  const at::Tensor order =
      found.strangest_first().narrow(0, 0, std::min(count, found.scores.size(0)));
  const Batch batch = rows.rows->batch(order);
  const auto names = label_names(batch.labels, class_names(rows));
  std::vector<std::string> captions;
  for (int64_t i = 0; i < order.size(0); ++i) {
    const auto position = order[i].item<int64_t>();
    captions.push_back(fmt::format("{}{}: {:.2g}", rows.numbers[static_cast<size_t>(position)],
                                   names.empty() ? "" : " " + names[static_cast<size_t>(i)],
                                   found.scores[position].item<double>()));
  }
  const ValueRange range = value_range(model, batch.target);
  const at::Tensor output = model.reconstruct(batch.input, batch.condition);
  return draw_items({{"item", batch.target, range}, output_row("reconstruction", output, range)},
                    captions, "Highest scores: row, class and score", 0, item_style(model, {}));
}

}  // namespace

std::vector<std::string> write_anomaly_files(const JudgedAnomalies& judged, ExportedModel& model,
                                             int64_t worst, const std::filesystem::path& folder,
                                             const OutputOptions& output) {
  const SelectedRows& rows = judged.rows;
  const AnomalyFindings& found = judged.found;
  std::vector<std::string> paths = {(folder / "scores.csv").string()};
  write_output(paths.front(), scores_csv(found, item_names(rows), class_names(rows)));
  for (const auto& path : write_cause_files(judged, model, folder, output)) paths.push_back(path);
  if (!figures_available()) {
    note(output, "no pictures: this build draws none");
    return paths;
  }
  const auto save = [&](const std::string& name, const Picture& picture) {
    paths.push_back((folder / name).string());
    picture.save(paths.back());
  };
  save("histogram.png", score_histogram(judged));
  if (found.separation) save("roc.png", roc_picture(found));
  save("worst.png", worst_items(judged, model, worst));
  return paths;
}

void print_anomalies(const JudgedAnomalies& judged, const std::vector<std::string>& files,
                     const OutputOptions& output) {
  if (output.json) {
    auto result = to_json(judged.found, judged.detector);
    result.update({{"rows", row_text(judged.rows)},
                   {"normal_classes", judged.classes.normal},
                   {"anomaly_classes", judged.classes.anomalous},
                   {"anomaly_classes_in_training", judged.anomalies_in_training},
                   {"files", files}});
    return fmt::print("{}\n", result.dump(2));
  }
  fmt::print("{}", findings_text(judged.found, judged.detector, row_text(judged.rows)));
  print_written(files);
}

}  // namespace hourglass::apps
