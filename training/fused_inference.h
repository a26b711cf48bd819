#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/inference.h"

#include <memory>

namespace hourglass::training {

/// A model's methods in evaluation mode, by the fused engine's layers: with the weights that the
/// model has now, on as many threads as LibTorch's setting says. Null where the fused engine does
/// not compute the model (`fused::obstacle`).
std::unique_ptr<models::Inference> make_fused_inference(const models::Autoencoder& model);

}  // namespace hourglass::training
