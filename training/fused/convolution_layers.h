#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/training/fused/layer.h"

#include <memory>
#include <span>

namespace hourglass::training::fused {

/// The layers on images with which `plans` begins, as one: convolutions ("conv", "deconv") with what belongs to them
/// ("norm", "pool", "upsample", "crop"), and "flatten" and "reshape" around them. Removes from `plans` those it took.
/// Null, and `plans` as it was, where they do not begin with any, or with a combination that is not known.
///
/// `input` is of shape [C, H, W] in either order, or of one that a "reshape" makes so; its gradient is not computed
/// where it has no memory for it. The output is in the order of the item. `adds.to_weight` is not looked at: kernels
/// are not shared.
std::unique_ptr<Layer> make_image_layers(std::span<const models::NamedLayerPlan>& plans,
                                         Flow& input, Adds adds, const Step& step,
                                         Parameters& parameters);

/// Removes from `plans` what make_image_layers() would take of them; false where that is nothing.
bool take_image_layers(std::span<const models::NamedLayerPlan>& plans);

}  // namespace hourglass::training::fused
