#include "hourglass/evaluation/item_names.h"

#include "hourglass/core/text.h"

namespace hourglass::evaluation {

std::string ItemNames::csv_header() const {
  if (rows.empty()) return "file";
  return files.empty() ? "row" : "row," + csv_cell(title);
}

std::string ItemNames::csv_cells(size_t i) const {
  if (rows.empty()) return csv_cell(files[i]);
  return files.empty() ? text(i) : text(i) + "," + csv_cell(files[i]);
}

}  // namespace hourglass::evaluation
