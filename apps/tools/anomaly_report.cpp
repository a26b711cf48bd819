#include "hourglass/apps/tools/anomaly_report.h"

#include "hourglass/apps/tools/anomaly_training.h"
#include "hourglass/cli/html.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

namespace fs = std::filesystem;

constexpr int64_t kShownRows = 25;

struct PictureText {
  const char *name, *caption;
};
constexpr PictureText kPictures[] = {
    {"histogram.png", "Scores of all rows, and the threshold."},
    {"worst.png", "The strangest rows, and what a model makes of them."},
    {"roc.png", "Anomalies found against false alarms, for every threshold."}};

std::string facts(const JudgedAnomalies& judged) {
  const AnomalyFindings& found = judged.found;
  HtmlFacts facts;
  facts.add("rows", html_text(row_text(judged.rows)));
  facts.add("score", html_text(score_title(judged.detector)));
  facts.add("threshold", html_text(fmt::format("{:.4g} ({} of {})", found.threshold,
                                               judged.detector.options.threshold.text(),
                                               judged.detector.normal_rows)));
  facts.add("flagged", html_text(fmt::format("{} of {}", with_thousands(found.flagged()),
                                             with_thousands(found.scores.size(0)))));
  if (found.separation) {
    const Confusion& counts = found.separation->confusion;
    facts.add("AUROC", html_text(fmt::format("{:.4f}", found.separation->auroc)));
    facts.add("average precision",
              html_text(fmt::format("{:.4f}", found.separation->average_precision)));
    facts.add("anomalies",
              html_text(fmt::format("{} flagged, {} missed", with_thousands(counts.true_positives),
                                    with_thousands(counts.false_negatives))));
  }
  return facts.html();
}

std::string strangest_rows(const JudgedAnomalies& judged) {
  const AnomalyFindings& found = judged.found;
  const ItemNames names = item_names(judged.rows);
  const auto labels = label_names(found.labels, class_names(judged.rows));
  const at::Tensor order = found.strangest_first();
  std::vector<std::string> header = {"row", "score", "flagged"};
  if (!labels.empty()) header.emplace_back("class");
  std::vector<HtmlRow> rows;
  for (int64_t i = 0; i < std::min(kShownRows, order.size(0)); ++i) {
    const auto place = static_cast<size_t>(order[i].item<int64_t>());
    const double score = found.scores[order[i]].item<double>();
    HtmlRow row = {{text_cell(names.text(place)), number_cell(fmt::format("{:.4g}", score)),
                    text_cell(score > found.threshold ? "yes" : "no")}};
    if (!labels.empty()) row.cells.push_back(text_cell(labels[place]));
    rows.push_back(std::move(row));
  }
  return html_section("Strangest rows", html_table(header, rows));
}

std::string pictures(const fs::path& folder) {
  std::string figures;
  for (const auto& [name, caption] : kPictures) {
    if (fs::exists(folder / name)) figures += html_figure(folder / name, caption);
  }
  return html_section("Pictures", figures);
}

}  // namespace

std::string anomaly_page(const JudgedAnomalies& judged, const fs::path& folder) {
  const std::string& data = judged.rows.splits.info.name;
  const std::string again =
      fmt::format("detect_anomalies {} --dataset csv:later.csv", (folder / kEnsembleFile).string());
  return html_page("Anomalies in " + data,
                   html_element("h1", html_text("Anomalies in " + data)) + facts(judged) +
                       strangest_rows(judged) + pictures(folder) +
                       html_section("Later rows", html_element("p", "Judged as these were:") +
                                                      html_block(again)));
}

}  // namespace hourglass::apps
