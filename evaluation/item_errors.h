#pragma once

#include "hourglass/core/value_range.h"
#include "hourglass/evaluation/item_names.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace hourglass::evaluation {

/// One measure of every item.
struct ErrorColumn {
  std::string name;   ///< "mse"
  at::Tensor values;  ///< [N] float64
};

/// MSE, MAE and PSNR (dB) of reconstructions [N, shape…], and BCE (nats) where all values lie in
/// 0 … 1. The range is that of possible values, for the PSNR.
std::vector<ErrorColumn> item_errors(const at::Tensor& reconstructions, const at::Tensor& targets,
                                     ValueRange range);

/// "row,label,mse,…" and a line an item; `names` say what stands under "row", `labels` are N or none.
std::string errors_csv(const std::vector<ErrorColumn>& columns, const ItemNames& names,
                       const std::vector<std::string>& labels);

/// {"mse": …}
nlohmann::json mean_errors(const std::vector<ErrorColumn>& columns);

}  // namespace hourglass::evaluation
