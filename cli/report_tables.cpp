#include "hourglass/cli/report_tables.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/html.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass::cli {
namespace {

constexpr size_t kShownEpochs = 10;

HtmlRow layer_row(const formats::LayerCard& layer) {
  return {{{html_code(layer.name), "name"},
           text_cell(layer.type),
           number_cell(shape_text(layer.output_shape)),
           number_cell(with_thousands(layer.parameters))}};
}

HtmlRow option_row(const RecordedRun& run, const Field& field) {
  const bool changed = run.is_changed(field);
  std::string meaning = field.help;
  if (changed) {
    const std::string usual = run.usual_value(field);
    meaning += fmt::format(" (otherwise {})", usual.empty() ? "empty" : usual);
  }
  return {{{html_code(option_name(field.name).substr(2)), "name"},
           {html_code(field.value_text()), "value"},
           text_cell(meaning, "quiet")},
          changed ? "changed" : ""};
}

HtmlRow epoch_row(const runs::MetricsTable& metrics, size_t place, int64_t best) {
  HtmlRow row;
  for (const auto& column : metrics.columns) {
    row.cells.push_back(number_cell(fmt::format("{:.6g}", column[place])));
  }
  if (metrics.column("epoch")[place] == static_cast<double>(best)) row.css_class = "best";
  return row;
}

}  // namespace

std::string layer_section(const RecordedRun& run) {
  if (!run.model() || !run.model()->card() || run.model()->card()->layer_table.empty()) return "";
  const formats::ModelCard& card = *run.model()->card();
  std::vector<HtmlRow> rows;
  for (const auto& layer : card.layer_table) rows.push_back(layer_row(layer));
  rows.push_back({{text_cell("Trained parameters", "name"), text_cell(""), text_cell(""),
                   number_cell(with_thousands(run.parameter_count()))},
                  "total"});
  const std::string shapes =
      fmt::format("Input {}, code {}.", shape_text(card.input_shape), shape_text(card.code_shape));
  return html_section("Layers", html_table({"Layer", "Type", "Output", "Values"}, rows) +
                                    html_element("p", html_text(shapes), "quiet"));
}

std::string option_section(const RecordedRun& run) {
  std::vector<HtmlRow> rows;
  std::string group;
  bool any_changed = false;
  for (const auto& field : run.fields().rows()) {
    if (!field.recorded) continue;
    if (field.group != group) {
      group = field.group;
      rows.push_back({{text_cell(group), text_cell(""), text_cell("")}, "group"});
    }
    rows.push_back(option_row(run, field));
    any_changed = any_changed || run.is_changed(field);
  }
  const std::string usual =
      run.record().recipe.empty() ? "the variant's defaults" : "the recipe's values";
  const std::string text =
      any_changed ? "Highlighted: set for this run. The others are " : "All options are ";
  return html_section("Options", html_element("p", html_text(text + usual + ".")) +
                                     html_table({"Option", "Value", "Meaning"}, rows));
}

std::string data_section(const RecordedRun& run) {
  const formats::DataCard& data = run.record().data;
  HtmlFacts facts;
  facts.add("Name", html_text(data.name));
  facts.add("Training rows", html_text(with_thousands(data.training_rows)));
  facts.add("Validation rows", html_text(with_thousands(data.validation_rows)));
  facts.add("Test rows", html_text(with_thousands(data.test_rows)));
  facts.add("Validation", html_code(data.validation));
  if (!data.class_names.empty()) {
    facts.add("Classes", html_text(fmt::format("{}: {}", data.class_names.size(),
                                               join_text(data.class_names))));
  }
  facts.add("Values",
            html_text(fmt::format("{:g} to {:g} after scaling", data.lowest, data.highest)));
  if (data.targets) facts.add("Targets", html_text(data.targets->name));
  facts.add(data.identity.empty() ? "SHA-256" : "SHA-256 of " + data.identity,
            html_code(data.sha256));
  for (const auto& note : data.notes) facts.add("Note", html_text(note));
  return html_section("Data", facts.html());
}

std::string metric_section(const RecordedRun& run) {
  if (!run.metrics() || run.metrics()->columns.empty()) return "";
  const runs::MetricsTable& metrics = *run.metrics();
  const size_t count = metrics.columns.front().size();
  const auto& results = run.record().results;
  std::vector<HtmlRow> rows;
  for (size_t i = count - std::min(count, kShownEpochs); i < count; ++i) {
    rows.push_back(epoch_row(metrics, i, results ? results->best.epoch : 0));
  }
  if (rows.empty()) return "";
  const std::string text = count > rows.size()
                               ? fmt::format("The last {} of {} epochs", rows.size(), count)
                               : std::string("All epochs");
  std::vector<std::string> header = metrics.names;
  for (auto& name : header) name = replaced(name, '_', ' ');
  return html_section("Metrics",
                      html_element("p", html_text(text + "; the whole table is metrics.csv.")) +
                          html_table(header, rows));
}

}  // namespace hourglass::cli
