#pragma once

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

/// Principal component analysis: the best linear code of a given size, and the baseline of every
/// autoencoder. D is the number of values of an item, flattened; K the size of the code.
struct Pca {
  at::Tensor mean;        ///< [D] float64
  at::Tensor components;  ///< [K, D] float64, orthonormal rows by falling variance

  /// [B, shape…] -> [B, K] float64.
  at::Tensor encode(const at::Tensor& x) const;

  /// [B, K] -> [B, D] float64.
  at::Tensor decode(const at::Tensor& z) const;

  /// [B, shape…] -> [B, D] float64.
  at::Tensor reconstruct(const at::Tensor& x) const { return decode(encode(x)); }
};

/// Fitted on the targets of all items, read batch by batch, twice: memory is D × D, not the data.
/// Throws `Error` unless 1 ≤ K ≤ D and there are two items or more.
Pca fit_pca(const datasets::Dataset& data, int64_t components,
            const datasets::BatchProgress& progress = {});

/// What is left of `data` by the mean target of `training`, a PCA of no components: the variance
/// that a code has to explain. Mean squared error over all known values of an item.
double mean_item_mse(const datasets::Dataset& training, const datasets::Dataset& data);

/// Mean squared error over all known values of an item's target.
double reconstruction_mse(const Pca& pca, const datasets::Dataset& data);

}  // namespace hourglass::evaluation
