#pragma once

#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/reconstructed_items.h"
#include "hourglass/evaluation/reconstructions.h"

#include <filesystem>
#include <string>
#include <vector>

// What tools write of a table, column by column in its own units.

namespace hourglass::apps {

inline constexpr const char *kReconstructedTable = "reconstructed.csv", *kCauses = "causes.csv",
                            *kColumnTotals = "columns.csv";

/// A row an item: its number, and for each column the cell and what the model makes of it. Dates have
/// none.
std::string reconstructed_table(const evaluation::ColumnView& view, const ReconstructedItems& items,
                                const evaluation::Reconstructions& all);

/// Of each flagged row the columns that its error comes from, and the totals of the columns. What is
/// usual is that of rows that are not flagged. The rows with the highest scores are notes, too. Returns
/// the paths; none where the items are no rows of a table.
std::vector<std::string> write_cause_files(const JudgedAnomalies& judged,
                                           evaluation::ExportedModel& model,
                                           const std::filesystem::path& folder,
                                           const OutputOptions& output);

}  // namespace hourglass::apps
