#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// Items [N, shape…] as text. `rows` are their N numbers; `labels` the names of their classes, or
// none.

/// Rows of a table a line each: number, values, class. Other items as a heading and their numbers:
/// lines of an image or a sequence, hexadecimal where all are whole and at most 16.
std::string items_text(const at::Tensor& items, const std::vector<int64_t>& rows,
                       const std::vector<std::string>& labels);

/// [{"row": …, "label": …, "values": […]}]
nlohmann::json items_json(const at::Tensor& items, const std::vector<int64_t>& rows,
                          const std::vector<std::string>& labels, bool with_values);

}  // namespace hourglass::evaluation
