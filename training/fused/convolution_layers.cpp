#include "hourglass/training/fused/convolution_layers.h"

#include "hourglass/training/fused/item_order.h"
#include "hourglass/training/fused/output_convolution.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::training::fused {
namespace {

using Plans = std::span<const models::ModelPlan::Entry>;

class ImageLayers : public Layer {
 public:
  ImageLayers(Flow& input, Adds adds, const Step& step, Parameters& parameters)
      : input_(input), image_{&input_}, adds_(adds), step_(step), parameters_(parameters) {}

  /// Takes what it knows from the front of `plans`; false if that is nothing.
  bool take(Plans& plans);

  Flow& output() override { return output_; }

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
  ImageFlow image_;
  Adds adds_;
  const Step& step_;
  Parameters& parameters_;
  std::vector<std::unique_ptr<ImageStage>> stages_;
  Flow output_;  // likewise

  void reshape(const models::LayerPlan& plan);
  void add(std::unique_ptr<ImageStage> stage);
  void add_convolution(const StagePlan& plan);
  void end(const Enlarging& enlarging);
};

/// Removes the first plan and gives it, if it is of the kind.
const models::ModelPlan::Entry* take_kind(Plans& plans, std::initializer_list<const char*> kinds) {
  for (const char* kind : kinds) {
    if (plans.empty() || plans.front().layer.kind != kind) continue;
    const auto* entry = &plans.front();
    plans = plans.subspan(1);
    return entry;
  }
  return nullptr;
}

NamedPlan named(const models::ModelPlan::Entry& entry) { return {entry.name, &entry.layer}; }

void ImageLayers::reshape(const models::LayerPlan& plan) {
  Shape shape;
  for (size_t i = 1; i <= plan.sizes.size(); ++i) {
    shape.push_back(plan.sizes.at(fmt::format("dimension{}", i)));
  }
  input_.shape = std::move(shape);
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

void ImageLayers::add(std::unique_ptr<ImageStage> stage) {
  image_ = stage->image();
  stages_.push_back(std::move(stage));
}

void ImageLayers::add_convolution(const StagePlan& plan) {
  const Adds adds = stages_.empty() ? adds_ : Adds{};
  if (OutputConvolution::suits(plan)) {
    add(std::make_unique<OutputConvolution>(plan, image_, adds, step_, parameters_));
  } else {
    add(std::make_unique<ConvolutionStage>(plan, image_, adds, step_, parameters_));
  }
}

void ImageLayers::end(const Enlarging& enlarging) {
  const bool done = !image_.channels_last() && !enlarging.upsampled && enlarging.height == 0;
  if (!done) add(std::make_unique<ItemOrder>(image_, enlarging, step_));
  output_ = stages_.back()->output();
}

bool ImageLayers::take(Plans& plans) {
  Plans left = plans;
  if (const auto* entry = take_kind(left, {"reshape"})) reshape(entry->layer);
  if (input_.shape.size() != 3) return false;
  Enlarging enlarging = take_enlarging(left);
  while (const auto* convolution = take_kind(left, {"conv", "deconv"})) {
    StagePlan stage{.enlarging = enlarging, .convolution = named(*convolution)};
    if (const auto* norm = take_kind(left, {"norm"})) stage.norm = named(*norm);
    stage.pooled = take_kind(left, {"pool"}) != nullptr;
    add_convolution(stage);
    enlarging = take_enlarging(left);
  }
  if (stages_.empty()) return false;
  end(enlarging);
  if (take_kind(left, {"flatten"})) output_.shape = {element_count(output_.shape)};
  plans = left;
  return true;
}

}  // namespace

std::unique_ptr<Layer> make_image_layers(Plans& plans, Flow& input, Adds adds, const Step& step,
                                         Parameters& parameters) {
  auto layers = std::make_unique<ImageLayers>(input, adds, step, parameters);
  if (!layers->take(plans)) return nullptr;
  return layers;
}

}  // namespace hourglass::training::fused
