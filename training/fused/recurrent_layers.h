#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/training/fused/layer.h"

#include <memory>

namespace hourglass::training::fused {

/// Whether `make_recurrent_layer` knows the kind: those of an LSTM network, "sequence" and "items",
/// which turn items into sequences of `Order::Steps` and back, "lstm", and "repeat", which gives
/// `Order::SameSteps` and has to be read by an LSTM.
bool is_recurrent(const models::LayerPlan& plan);

/// Null for another kind. `target` is the shape of what a layer "items" gives. `input` and `step`
/// must live as long as the layer.
std::unique_ptr<Layer> make_recurrent_layer(const models::NamedLayerPlan& entry, Flow& input,
                                            const Step& step, Parameters& parameters,
                                            const Shape& target);

}  // namespace hourglass::training::fused
