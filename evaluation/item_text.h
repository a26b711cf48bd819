#pragma once

#include "hourglass/evaluation/item_names.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace hourglass::evaluation {

// Items [N, shape…] as text. `labels` are the names of their N classes, or none.

/// Vectors a line each: number, values under `column_names` (or their numbers from 0, where there are
/// none), class. Images and sequences as a heading and the lines of their numbers, hexadecimal where
/// all are whole and at most 16.
std::string items_text(const at::Tensor& items, const ItemNames& names,
                       const std::vector<std::string>& labels,
                       const std::vector<std::string>& column_names = {});

/// [{"row": …, "file": …, "label": …, "values": […]}]
nlohmann::json items_json(const at::Tensor& items, const ItemNames& names,
                          const std::vector<std::string>& labels, bool with_values);

}  // namespace hourglass::evaluation
