#include "hourglass/apps/tools/column_files.h"

#include "hourglass/core/text.h"
#include "hourglass/datasets/table.h"
#include "hourglass/evaluation/column_errors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;

namespace {

constexpr size_t kCausesOfARow = 10;
constexpr int64_t kUsualRows = 16'384;  // that say what is usual, at most
constexpr size_t kNotedRows = 3;

using TablePtr = std::shared_ptr<const datasets::Table>;

/// The cell as the file has it, or what the model value says where the table is one of numbers.
std::string cell_of(const ColumnView& view, const TablePtr& table, int64_t row,
                    const at::Tensor& values, size_t column) {
  return table ? datasets::cell_text(table->columns[column], row)
               : column_text(view, values, column);
}

/// Rows that were reconstructed, and where they are among those that were judged.
struct SomeRows {
  at::Tensor places;
  Reconstructions all;
  ColumnErrors errors;
};

SomeRows reconstruct_some(const ColumnView& view, const SelectedRows& rows, ExportedModel& model,
                          const at::Tensor& places) {
  const datasets::Subset some(rows.rows, places);
  SomeRows found = {places, reconstruct_all(model, some), {}};
  found.errors = column_errors(view, found.all.items.target, found.all.outputs);
  return found;
}

/// What flagged rows are held against.
at::Tensor usual_places(const at::Tensor& flags) {
  at::Tensor places = at::nonzero(flags.logical_not()).flatten();
  constexpr int64_t kFewest = 10;
  if (places.size(0) < kFewest) places = at::arange(flags.size(0));
  if (places.size(0) <= kUsualRows) return places;
  return places.index_select(0, at::arange(kUsualRows) * places.size(0) / kUsualRows);
}

/// Flagged rows and why, those with the highest score first.
class CauseFiles {
 public:
  CauseFiles(ColumnView view, const JudgedAnomalies& judged, ExportedModel& model)
      : view_(std::move(view)), judged_(judged), names_(item_names(judged.rows)) {
    const at::Tensor flags = judged.found.flags();
    usual_ = usual_errors(reconstruct_some(view_, judged.rows, model, usual_places(flags)).errors);
    const at::Tensor order = judged.found.strangest_first();
    const at::Tensor flagged = order.masked_select(flags.index_select(0, order));
    first_causes_.resize(view_.schema.columns.size());
    shares_.resize(view_.schema.columns.size());
    if (flagged.size(0) == 0) return;
    rows_ = reconstruct_some(view_, judged.rows, model, flagged);
    numbers_ = judged.rows.rows->rows_at(flagged);
    for (int64_t i = 0; i < flagged.size(0); ++i) add_row(i);
  }

  std::string causes() const {
    return names_.csv_header() + ",score,column,value,expected,spread,spreads_off,share\n" +
           causes_;
  }

  std::string totals() const {
    std::string text = "column,kind,spread,flagged_rows_led,mean_share\n";
    const auto flagged = static_cast<double>(rows_.places.defined() ? rows_.places.size(0) : 0);
    for (size_t c = 0; c < first_causes_.size(); ++c) {
      const auto& column = view_.schema.columns[c];
      const auto at = static_cast<int64_t>(c);
      const bool number = column.kind == datasets::ColumnKind::Number;
      const double spread =
          (number ? usual_.residual_spread : usual_.distance_spread)[at].item<double>();
      text += fmt::format("{},{},{:.6g},{},{:.4f}\n", csv_cell(column.name), enum_name(column.kind),
                          spread, first_causes_[c], flagged > 0 ? shares_[c] / flagged : 0);
    }
    return text;
  }

  const std::vector<std::string>& notes() const { return notes_; }

 private:
  ColumnView view_;
  const JudgedAnomalies& judged_;
  ItemNames names_;
  UsualErrors usual_;
  SomeRows rows_;
  at::Tensor numbers_;  // of the rows, in their file
  std::string causes_;
  std::vector<std::string> notes_;
  std::vector<int64_t> first_causes_;
  std::vector<double> shares_;

  void add_row(int64_t i) {
    const auto place = rows_.places[i].item<int64_t>();
    const std::string start = fmt::format("{},{:.9g}", names_.csv_cells(static_cast<size_t>(place)),
                                          judged_.found.scores[place].item<double>());
    const auto all = causes_of(rows_.errors, usual_, i, first_causes_.size());
    ++first_causes_[static_cast<size_t>(all.front().column)];
    for (size_t c = 0; c < all.size(); ++c) {
      const Cause& cause = all[c];
      const auto column = static_cast<size_t>(cause.column);
      shares_[column] += cause.share;
      if (c >= kCausesOfARow) continue;
      const std::string value =
                            cell_of(view_, judged_.rows.splits.table, numbers_[i].item<int64_t>(),
                                    rows_.all.items.target[i], column),
                        expected = column_text(view_, rows_.all.outputs[i], column);
      const std::string& name = view_.schema.columns[column].name;
      causes_ +=
          fmt::format("{},{},{},{},{:.6g},{:.4g},{:.4f}\n", start, csv_cell(name), csv_cell(value),
                      csv_cell(expected), cause.spread, cause.spreads_off, cause.share);
      if (c == 0 && notes_.size() < kNotedRows) {
        notes_.push_back(sentence(place, cause, value, expected));
      }
    }
  }

  /// "row 17: temperature 81.2, expected 64 ± 5".
  std::string sentence(int64_t place, const Cause& cause, const std::string& value,
                       const std::string& expected) const {
    const auto& column = view_.schema.columns[static_cast<size_t>(cause.column)];
    const bool number = column.kind == datasets::ColumnKind::Number && !value.empty();
    std::string text = fmt::format("row {}: {} {}", names_.text(static_cast<size_t>(place)),
                                   column.name, value.empty() ? "missing" : value);
    if (!expected.empty()) text += ", expected " + expected;
    return number ? text + fmt::format(" ± {:.3g}", cause.spread) : text;
  }
};

}  // namespace

std::string reconstructed_table(const ColumnView& view, const ReconstructedItems& items,
                                const Reconstructions& all) {
  std::vector<std::string> header;
  const auto& columns = view.schema.columns;
  for (const auto& column : columns) {
    header.push_back(column.name);
    if (column.kind != datasets::ColumnKind::Date) header.push_back(column.name + " reconstructed");
  }
  std::string text = items.names.csv_header() + "," + csv_line(header);
  const at::Tensor numbers = items.rows->rows_at(items.rows->all_positions());
  const at::Tensor targets = all.items.target.cpu(), outputs = all.outputs.cpu();
  for (int64_t i = 0; i < outputs.size(0); ++i) {
    std::vector<std::string> cells;
    for (size_t c = 0; c < columns.size(); ++c) {
      cells.push_back(cell_of(view, items.table, numbers[i].item<int64_t>(), targets[i], c));
      if (columns[c].kind != datasets::ColumnKind::Date) {
        cells.push_back(column_text(view, outputs[i], c));
      }
    }
    text += items.names.csv_cells(static_cast<size_t>(i)) + "," + csv_line(cells);
  }
  return text;
}

std::vector<std::string> write_cause_files(const JudgedAnomalies& judged, ExportedModel& model,
                                           const std::filesystem::path& folder,
                                           const OutputOptions& output) {
  const SelectedRows& rows = judged.rows;
  auto view = column_view(rows.splits.info, rows.rows->item_shape());
  if (!view) return {};
  const CauseFiles files(std::move(*view), judged, model);
  std::vector<std::string> paths = {(folder / kCauses).string(), (folder / kColumnTotals).string()};
  write_output(paths[0], files.causes());
  write_output(paths[1], files.totals());
  for (const auto& text : files.notes()) note(output, text);
  return paths;
}

}  // namespace hourglass::apps
