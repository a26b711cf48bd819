#include "hourglass/cli/metric_curves.h"

#include "hourglass/core/text.h"
#include "hourglass/figures/line_plot.h"
#include "hourglass/runs/comparison.h"

#include <algorithm>
#include <utility>

namespace hourglass::cli {
namespace {

using figures::LinePanel;
using figures::LineStyle;

class MetricCurves {
 public:
  MetricCurves(const std::vector<NamedMetrics>& runs, std::string loss_name)
      : runs_(runs), loss_name_(std::move(loss_name)) {
    any_validation_ = std::any_of(runs.begin(), runs.end(), [](const NamedMetrics& run) {
      return run.metrics.has("validation_loss");
    });
  }

  std::vector<LinePanel> panels() const {
    std::vector<runs::MetricsTable> tables;
    for (const auto& run : runs_) tables.push_back(run.metrics);
    std::vector<std::string> terms = {"loss"};
    for (auto& term : runs::compared_terms(tables)) terms.push_back(std::move(term));
    std::vector<LinePanel> panels;
    for (const auto& term : terms) {
      if (LinePanel panel = panel_of(term); !panel.series.empty()) {
        panels.push_back(std::move(panel));
      }
    }
    return panels;
  }

 private:
  const std::vector<NamedMetrics>& runs_;
  std::string loss_name_;
  bool any_validation_ = false;

  LinePanel panel_of(const std::string& term) const {
    LinePanel panel{.y_label = term == "loss" ? loss_name_ : replaced(term, '_', ' '),
                    .series = {}};
    if (runs_.size() == 1) {
      add(panel, 0, "train_" + term, "training", 0, LineStyle::Solid);
      add(panel, 0, "validation_" + term, "validation", 1, LineStyle::Solid);
      return panel;
    }
    const LineStyle training = any_validation_ ? LineStyle::Dashed : LineStyle::Solid;
    for (size_t i = 0; i < runs_.size(); ++i) {
      // Validation first, which judges a run.
      add(panel, i, "validation_" + term, runs_[i].name, i, LineStyle::Solid);
      add(panel, i, "train_" + term, runs_[i].name, i, training);
    }
    return panel;
  }

  void add(LinePanel& panel, size_t run, const std::string& column, const std::string& name,
           size_t color, LineStyle style) const {
    const runs::MetricsTable& metrics = runs_[run].metrics;
    if (!metrics.has(column) || metrics.column(column).empty()) return;
    panel.series.push_back({.name = name,
                            .x = metrics.column("epoch"),
                            .y = metrics.column(column),
                            .style = style,
                            .color = color});
  }
};

}  // namespace

std::optional<figures::Picture> draw_metric_curves(const std::vector<NamedMetrics>& runs,
                                                   const MetricCurveOptions& options) {
  const auto panels = MetricCurves(runs, options.loss_name).panels();
  if (panels.empty()) return {};
  const figures::LinePlotOptions look = {.title = options.title,
                                         .x_label = "epoch",
                                         .y_label = panels.front().y_label,
                                         .log_y = options.log_scale,
                                         .solid_name = "validation",
                                         .dashed_name = "training"};
  return panels.size() == 1 ? figures::line_plot(panels.front().series, look)
                            : figures::line_panels(panels, look);
}

}  // namespace hourglass::cli
