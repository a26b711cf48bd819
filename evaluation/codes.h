#pragma once

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace hourglass::evaluation {

/// The codes of a whole data set.
struct Codes {
  at::Tensor values;  ///< [N, code shape…] float32 on the CPU, indices of a codebook included
  at::Tensor labels;  ///< [N] int64, or undefined
};

/// Encodes every item, batch by batch, under the condition of its row.
Codes encode_all(ExportedModel& model, const datasets::Dataset& data,
                 const datasets::BatchProgress& progress = {});

/// Maps a batch of inputs [B, shape…] to codes [B, code shape…].
using EncodeFunction = std::function<at::Tensor(const at::Tensor& input)>;

/// The same with any encoder, such as a PCA's; the identity gives the items themselves.
Codes encode_all(const EncodeFunction& encode, const datasets::Dataset& data,
                 const datasets::BatchProgress& progress = {});

/// Coordinates of an n × n grid over a two-dimensional code, row by row: the first coordinate grows
/// with the column, the second with the row.
struct CodeGrid {
  std::vector<double> first, second;  ///< n values each
  at::Tensor codes;                   ///< [n · n, 2]
};

/// Quantiles of the standard normal distribution, Φ⁻¹(linspace(0.005, 0.995, n)), on both axes: for
/// Gaussian codes.
CodeGrid gaussian_grid(int64_t n);

/// Even steps between the 1 % and 99 % quantiles of `codes` [N, 2] on each axis: for codes of any
/// other distribution.
CodeGrid data_range_grid(const at::Tensor& codes, int64_t n);

}  // namespace hourglass::evaluation
