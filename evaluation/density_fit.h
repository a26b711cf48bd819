#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace hourglass::evaluation {

/// How a small network is trained on codes.
struct DensityFit {
  int64_t most_epochs = 200;
  int64_t patience = 10;  ///< epochs without a gain on held-out rows before it ends
  int64_t batch = 256;
  double learning_rate = 1e-3;
  uint64_t seed = 1;  ///< of the order of rows, and which of them are held out
};

/// The mean loss of some rows (int64 [B]) in an epoch, which may decide what is drawn; scalar.
using LossOfRows = std::function<at::Tensor(const at::Tensor& rows, int64_t epoch)>;

/// Minimises the loss over `parameters`, which require gradients, by Adam (Kingma & Ba 2015). A tenth of
/// the `count` rows is held out, or none of fewer than 20: `parameters` end as they were after the
/// epoch in which these had the least loss.
void fit_density(const std::vector<at::Tensor>& parameters, int64_t count,
                 const LossOfRows& loss_of, const DensityFit& options);

}  // namespace hourglass::evaluation
