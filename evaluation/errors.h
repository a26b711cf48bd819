#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>

namespace hourglass::evaluation {

// A target that is NaN is not known, and counts for nothing.

/// The mean over the last dimension of those `errors` [N…, D] whose target [N…, D] is known; NaN where
/// none is.
at::Tensor mean_of_known(const at::Tensor& errors, const at::Tensor& target);

// Each of these takes two batches of the same shape [N, shape…], accumulates in float64, and returns
// one value an item: [N] float64 on the CPU.

/// Mean over the item's values of (reconstruction − target)².
at::Tensor item_mse(const at::Tensor& reconstruction, const at::Tensor& target);

/// Mean over the item's values of |reconstruction − target|.
at::Tensor item_mae(const at::Tensor& reconstruction, const at::Tensor& target);

/// Mean over the item's values of the binary cross-entropy in nats; logarithms are clamped at −100,
/// as in PyTorch. Throws `Error` when a value of either lies outside 0 … 1.
at::Tensor item_bce(const at::Tensor& reconstruction, const at::Tensor& target);

/// Whether `item_bce` can be had: all values of both that are known lie in 0 … 1.
bool has_bce(const at::Tensor& reconstruction, const at::Tensor& target);

/// Peak signal-to-noise ratio in dB, 10·log₁₀(data_range² / MSE): infinite where an item is exact.
at::Tensor item_psnr(const at::Tensor& reconstruction, const at::Tensor& target, double data_range);

/// Means over the items of a data set. A mean that would not say anything is left out.
struct ReconstructionMeans {
  double mse = 0;
  double mae = 0;
  std::optional<double> bce;   ///< none where values lie outside 0 … 1
  double psnr = 0;             ///< mean of the items' dB; infinite when an item is exact
  std::optional<double> ssim;  ///< none where `has_ssim` says so
};

/// What was measured on each item of a data set: [N] float64 each.
struct ReconstructionErrors {
  at::Tensor mse, mae;
  at::Tensor bce;  ///< undefined where values lie outside 0 … 1
  at::Tensor psnr;
  at::Tensor ssim;  ///< undefined where `has_ssim` says so

  ReconstructionMeans means() const;
};

/// Maps a batch of inputs [B, shape…] to its reconstruction [B, target shape…] (a PCA may give
/// [B, D]).
using Reconstructor = std::function<at::Tensor(const at::Tensor& input)>;

/// Compares reconstructions of all inputs with their targets, batch by batch. `data_range` is the
/// distance between the least and the greatest possible value: 1 for pixels in 0 … 1. Throws
/// `Error` for an empty data set and for reconstructions of another size than the targets.
ReconstructionErrors measure_reconstructions(const Reconstructor& reconstruct,
                                             const datasets::Dataset& data, double data_range,
                                             const datasets::BatchProgress& progress = {});

/// The same for a model, under the condition of each row.
ReconstructionErrors measure_reconstructions(ExportedModel& model, const datasets::Dataset& data,
                                             double data_range,
                                             const datasets::BatchProgress& progress = {});

}  // namespace hourglass::evaluation
