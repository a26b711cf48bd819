#include "hourglass/training/fused/convolution_layers.h"

#include "hourglass/training/fused/item_order.h"
#include "hourglass/training/fused/output_convolution.h"

#include <fmt/format.h>

#include <initializer_list>
#include <utility>
#include <vector>

namespace hourglass::training::fused {
namespace {

using Plans = std::span<const models::NamedLayerPlan>;

/// Layers on images that follow each other in a model.
struct Chain {
  const models::LayerPlan* reshape = nullptr;  ///< before all
  std::vector<StagePlan> stages;
  Enlarging end;  ///< behind the last convolution
  bool flattened = false;
};

/// Removes the first plan and gives it, if it is of one of the kinds.
const models::NamedLayerPlan* take_kind(Plans& plans, std::initializer_list<const char*> kinds) {
  for (const char* kind : kinds) {
    if (plans.empty() || plans.front().layer.kind != kind) continue;
    const auto* entry = &plans.front();
    plans = plans.subspan(1);
    return entry;
  }
  return nullptr;
}

/// An upsampling, then a crop, each if it is there.
Enlarging take_enlarging(Plans& plans) {
  Enlarging enlarging{.upsampled = take_kind(plans, {"upsample"}) != nullptr};
  if (const auto* crop = take_kind(plans, {"crop"})) {
    enlarging.height = crop->layer.sizes.at("height");
    enlarging.width = crop->layer.sizes.at("width");
  }
  return enlarging;
}

/// Removes what it knows from the front of `plans`; nothing, and no stages, where that has no convolution.
Chain take_chain(Plans& plans) {
  Plans left = plans;
  Chain chain;
  if (const auto* entry = take_kind(left, {"reshape"})) chain.reshape = &entry->layer;
  chain.end = take_enlarging(left);
  while (const auto* convolution = take_kind(left, {"conv", "deconv"})) {
    StagePlan stage{.enlarging = chain.end,
                    .convolution = {convolution->name, &convolution->layer}};
    if (const auto* norm = take_kind(left, {"norm"})) stage.norm = {norm->name, &norm->layer};
    stage.pooled = take_kind(left, {"pool"}) != nullptr;
    chain.stages.push_back(std::move(stage));
    chain.end = take_enlarging(left);
  }
  if (chain.stages.empty()) return {};
  chain.flattened = take_kind(left, {"flatten"}) != nullptr;
  plans = left;
  return chain;
}

Shape shape_of(const models::LayerPlan& reshape) {
  Shape shape;
  for (size_t i = 1; i <= reshape.sizes.size(); ++i) {
    shape.push_back(reshape.sizes.at(fmt::format("dimension{}", i)));
  }
  return shape;
}

class ImageLayers : public Layer {
 public:
  ImageLayers(const Chain& chain, Flow& input, Adds adds, const Step& step, Parameters& parameters)
      : input_(input) {
    if (chain.reshape) input_.shape = shape_of(*chain.reshape);
    ImageFlow image{&input_};
    for (const StagePlan& plan : chain.stages) {
      if (OutputConvolution::suits(plan)) {
        image = add(std::make_unique<OutputConvolution>(plan, image, adds, step, parameters));
      } else {
        image = add(std::make_unique<ConvolutionStage>(plan, image, adds, step, parameters));
      }
      adds = {};
    }
    const bool done = !image.channels_last() && !chain.end.upsampled && chain.end.height == 0;
    if (!done) image = add(std::make_unique<ItemOrder>(image, chain.end, step));
    if (chain.flattened) output().shape = {element_count(output().shape)};
  }

  Flow& output() override { return stages_.back()->output(); }

  void add_forward(Program& program) override {
    for (const auto& stage : stages_) stage->add_forward(program);
  }

  void add_backward(Program& program) override {
    for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) {
      (*stage)->add_backward(program);
    }
  }

  void add_refresh(Program& program) override {
    for (const auto& stage : stages_) stage->add_refresh(program);
  }

 private:
  Flow input_;  // a copy with the same memory, whose shape may be another
  std::vector<std::unique_ptr<ImageStage>> stages_;

  ImageFlow add(std::unique_ptr<ImageStage> stage) {
    stages_.push_back(std::move(stage));
    return stages_.back()->image();
  }
};

}  // namespace

std::unique_ptr<Layer> make_image_layers(Plans& plans, Flow& input, Adds adds, const Step& step,
                                         Parameters& parameters) {
  Plans left = plans;
  const Chain chain = take_chain(left);
  const bool are_images = chain.reshape || input.shape.size() == 3;
  if (chain.stages.empty() || !are_images || input.rows_per_item != 1) return nullptr;
  plans = left;
  return std::make_unique<ImageLayers>(chain, input, adds, step, parameters);
}

bool take_image_layers(Plans& plans) { return !take_chain(plans).stages.empty(); }

}  // namespace hourglass::training::fused
