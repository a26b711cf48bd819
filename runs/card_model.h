#pragma once

#include "hourglass/formats/card.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/runs/run_options.h"

#include <vector>

namespace hourglass::runs {

/// The model that a card describes, with fresh weights. Throws `Error` for a part of a model, for a
/// variant or network that this program does not have, and for options that they do not allow.
models::AutoencoderPtr model_of(const formats::ModelCard& card);

/// The rows of a model's layer table.
std::vector<formats::LayerCard> layer_table(models::Autoencoder& model);

/// The card of a model that was not trained here: what it is, and nothing of data or training. Its
/// values lie in [0, 1] where its output activation is a sigmoid.
formats::ModelCard card_of(ModelOptions options, models::Autoencoder& model);

}  // namespace hourglass::runs
