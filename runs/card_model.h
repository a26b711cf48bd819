#pragma once

#include "hourglass/formats/card.h"
#include "hourglass/models/autoencoder.h"

namespace hourglass::runs {

/// The model that a card describes, with fresh weights. Throws `Error` for a part of a model, for a
/// variant or network that this program does not have, and for options that they do not allow.
models::AutoencoderPtr model_of(const formats::ModelCard& card);

}  // namespace hourglass::runs
