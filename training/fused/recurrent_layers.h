#pragma once

#include "hourglass/models/layer.h"
#include "hourglass/training/fused/layer.h"

#include <memory>
#include <string>

namespace hourglass::training::fused {

/// The layers of an LSTM network: "sequence" and "items", which turn items of `Order::Item` into
/// sequences of `Order::Steps` and back, "lstm", and "repeat", which gives `Order::SameSteps`, read
/// by an LSTM alone. Null for a plan of another kind.
///
/// `name` is what the model calls the layer, "encoder.lstm1". `item` is the shape of what a layer
/// of the kind "items" gives. `input` and `step` must live as long as the layer.
std::unique_ptr<Layer> make_recurrent_layer(const models::LayerPlan& plan, Flow& input,
                                            const Step& step, Parameters& parameters,
                                            const std::string& name, const Shape& item);

}  // namespace hourglass::training::fused
