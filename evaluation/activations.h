#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/models/likelihood.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

/// What the gradients of a loss are with respect to. Where the loss does not depend on something (a
/// branch that `forward` leaves out), its gradient is zero.
struct LossGradients {
  double loss = 0;
  std::vector<NamedTensor> layers;   ///< as the layers' outputs: same names and shapes
  std::vector<NamedTensor> weights;  ///< as the parameters: same names and shapes
  at::Tensor input;                  ///< [B, input shape…]
};

/// What a checkpoint computes for a batch of inputs, on the CPU. B is the number of rows.
struct Activations {
  at::Tensor rows;   ///< [B] int64, row numbers in the data set
  at::Tensor input;  ///< [B, input shape…]
  /// In the order of computation: [B, …] each, but a third-party layer may give any other shape.
  std::vector<models::LayerOutput> layers;
  std::optional<LossGradients> gradients;
};

/// Every layer's output: those of the method `layers` in files of ours, else those of all
/// submodules that `forward` calls ("encoder.0"), then "output" where the last of them is not the
/// result already. Throws `Error` as `ExportedModel::reconstruct` does.
Activations record_activations(ExportedModel& model, const Batch& batch);

/// The same with the gradients of the reconstruction loss between `forward` and the batch's
/// target, a mean over all values and rows; cross-entropy is computed on the outputs, clamped as
/// PyTorch's. Throws `Error` when the target's shape is not the output's, and for cross-entropy of
/// values outside of 0 … 1.
Activations record_gradients(ExportedModel& model, const Batch& batch, models::Loss loss);

/// Of all rows of a data set, computed in one batch: with gradients where a loss is given. Throws
/// `Error` for more rows than `ExportedModel::kBatch`.
Activations record_rows(ExportedModel& model, const datasets::Dataset& rows,
                        std::optional<models::Loss> loss);

/// The names that a pattern matches, in their own order: a name, or one with wildcards
/// ("encoder.*", "*conv?"). Throws `Error` for a pattern that matches none, with the nearest name
/// and all there are.
std::vector<std::string> match_names(const std::vector<std::string>& names,
                                     const std::vector<std::string>& patterns);

/// Layers by what their names begin with.
enum class NetworkPart { All, Encoder, Decoder };
constexpr auto names_of(NetworkPart) {
  return std::to_array<EnumName<NetworkPart>>({{NetworkPart::All, "all"},
                                               {NetworkPart::Encoder, "encoder"},
                                               {NetworkPart::Decoder, "decoder"}});
}

/// Those of `match_names`, or all where there are no patterns, that are of the part. Throws `Error`
/// where none are left.
std::vector<std::string> choose_layers(const std::vector<std::string>& names,
                                       const std::vector<std::string>& patterns, NetworkPart part);

/// Names of the layers, in order.
std::vector<std::string> layer_names(const Activations& activations);

/// Drops all layers but these, and the gradients of the weights that belong to no layer of these.
void keep_layers(Activations& activations, const std::vector<std::string>& names);

}  // namespace hourglass::evaluation
