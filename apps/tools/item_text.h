#pragma once

#include "hourglass/apps/tools/tool.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace hourglass::apps {

// Chosen rows as text. `batch` holds all of them; `labels` are their classes, or none.

/// Rows of a table a line each: number, values, class. Other items as a heading and their numbers:
/// lines of an image or a sequence, hexadecimal where all are whole and at most 16.
std::string items_text(const Batch& batch, const SelectedRows& rows,
                       const std::vector<std::string>& labels);

/// {"dataset": …, "part": …, "items": [{"row": …, "label": …, "values": […]}]}
nlohmann::json items_json(const Batch& batch, const SelectedRows& rows,
                          const std::vector<std::string>& labels, bool with_values);

}  // namespace hourglass::apps
