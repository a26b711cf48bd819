#include "hourglass/training/fused/recurrent_layers.h"

#include "hourglass/training/fused/lstm_direction.h"

#include <algorithm>
#include <vector>

namespace hourglass::training::fused {
namespace {

/// The number of an item's samples.
int64_t samples_of(const Flow& flow) {
  return flow.order == Order::Steps ? flow.rows_per_item / flow.shape[0] : flow.rows_per_item;
}

/// How the rows of a sequence lie in an item: an image [C, H, W] has H rows of C parts, H · W apart.
struct SequenceInItem {
  int64_t steps, parts, part_size;

  explicit SequenceInItem(const Shape& item)
      : steps(item.size() == 3 ? item[1] : item[0]),
        parts(item.size() == 3 ? item[0] : 1),
        part_size(element_count(item) / (steps * parts)) {}
};

/// Calls copy(in item, in sequence, count) for all consecutive values of a shard's items.
template <class Copy>
void for_all_parts(const SequenceInItem& sequence, const Shard& shard, const Flow& items,
                   const Flow& steps, const Copy& copy) {
  const int64_t n = shard.count * items.rows_per_item;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t t = 0; t < sequence.steps; ++t) {
      for (int64_t part = 0; part < sequence.parts; ++part) {
        copy((shard.first * items.rows_per_item + i) * items.stride +
                 (part * sequence.steps + t) * sequence.part_size,
             shard.first * steps.rows_per_item * steps.stride + (t * n + i) * steps.stride +
                 part * sequence.part_size,
             sequence.part_size);
      }
    }
  }
}

void items_to_steps(const SequenceInItem& sequence, const Shard& shard, const Flow& items,
                    const Flow& steps, const float* from, float* to) {
  for_all_parts(sequence, shard, items, steps,
                [&](int64_t in_item, int64_t in_sequence, int64_t count) {
                  std::copy_n(from + in_item, count, to + in_sequence);
                });
}

void steps_to_items(const SequenceInItem& sequence, const Shard& shard, const Flow& items,
                    const Flow& steps, const float* from, float* to) {
  for_all_parts(sequence, shard, items, steps,
                [&](int64_t in_item, int64_t in_sequence, int64_t count) {
                  std::copy_n(from + in_sequence, count, to + in_item);
                });
}

class ToSequenceLayer : public Layer {
 public:
  ToSequenceLayer(Flow& items, const Step& step)
      : items_(&items),
        sequence_(items.shape),
        output_({sequence_.steps, sequence_.parts * sequence_.part_size}, step.most_items,
                Order::Steps, items.rows_per_item) {
    if (!items.gradient) output_.gradient = {};
  }

  Flow& output() override { return output_; }

  void add_forward(Program& program) override {
    program.each([this](const Shard& shard) {
      items_to_steps(sequence_, shard, *items_, output_, items_->values.data(),
                     output_.values.data());
    });
  }

  void add_backward(Program& program) override {
    if (!items_->gradient) return;
    program.each([this](const Shard& shard) {
      steps_to_items(sequence_, shard, *items_, output_, output_.gradient.data(),
                     items_->gradient.data());
    });
  }

 private:
  Flow* items_;
  SequenceInItem sequence_;
  Flow output_;
};

class FromSequenceLayer : public Layer {
 public:
  FromSequenceLayer(Flow& steps, const Step& step, const Shape& item)
      : steps_(&steps),
        sequence_(item),
        output_(item, step.most_items, Order::Item, steps.rows_per_item / sequence_.steps) {}

  Flow& output() override { return output_; }

  void add_forward(Program& program) override {
    program.each([this](const Shard& shard) {
      steps_to_items(sequence_, shard, output_, *steps_, steps_->values.data(),
                     output_.values.data());
    });
  }

  void add_backward(Program& program) override {
    program.each([this](const Shard& shard) {
      items_to_steps(sequence_, shard, output_, *steps_, output_.gradient.data(),
                     steps_->gradient.data());
    });
  }

 private:
  Flow* steps_;
  SequenceInItem sequence_;
  Flow output_;
};

/// Does nothing: what reads `Order::SameSteps` knows that all steps are one row.
class RepeatLayer : public Layer {
 public:
  RepeatLayer(const Flow& input, int64_t steps) : output_(input) {
    output_.shape = {steps, input.width};
    output_.order = Order::SameSteps;
  }

  Flow& output() override { return output_; }
  void add_forward(Program& /*program*/) override {}
  void add_backward(Program& /*program*/) override {}

 private:
  Flow output_;  // with the memory of the input
};

class LstmLayer : public Layer {
 public:
  LstmLayer(const models::NamedLayerPlan& entry, Flow& input, const Step& step,
            Parameters& parameters)
      : input_(&input), step_(&step) {
    const models::LayerPlan& plan = entry.layer;
    const LstmSizes sizes = {.steps = input.shape[0],
                             .features = plan.sizes.at("features"),
                             .units = plan.sizes.at("units"),
                             .samples = samples_of(input),
                             .most_items = step.most_items,
                             .last_state_alone = plan.sizes.at("last_state_alone") == 1,
                             .input_gradient = static_cast<bool>(input.gradient)};
    const int64_t directions = plan.sizes.at("directions");
    const int64_t width = sizes.units * directions;
    output_ = sizes.last_state_alone
                  ? Flow({width}, step.most_items, Order::Item, sizes.samples)
                  : Flow({sizes.steps, width}, step.most_items, Order::Steps, sizes.samples);
    for (int64_t i = 0; i < directions; ++i) {
      directions_.emplace_back(sizes, plan.tensors, i == 0 ? "" : "_reverse", i == 1, parameters,
                               entry.name);
      offsets_.push_back(i * sizes.units);
    }
  }

  Flow& output() override { return output_; }

  void add_forward(Program& program) override {
    program.each([this](const Shard& shard) {
      for (size_t i = 0; i < directions_.size(); ++i) {
        directions_[i].forward(shard, input(shard), same_steps(), hidden(shard, i));
      }
    });
  }

  void add_backward(Program& program) override {
    program.each([this](const Shard& shard) {
      for (size_t i = 0; i < directions_.size(); ++i) {
        directions_[i].backward(shard, input(shard), same_steps(), hidden(shard, i),
                                {.input = input_gradient(shard),
                                 .add_to_input = i > 0,
                                 .hidden = hidden_gradient(shard, i)});
      }
    });
  }

  void add_refresh(Program& program) override {
    program.each([this](const Shard& shard) {
      for (auto& direction : directions_) direction.refresh(shard.index, step_->shards);
    });
  }

 private:
  Flow* input_;
  const Step* step_;
  Flow output_;
  std::vector<LstmDirection> directions_;
  std::vector<int64_t> offsets_;  // of a direction's units in the output's rows

  bool same_steps() const { return input_->order == Order::SameSteps; }
  StepRows input(const Shard& shard) const { return {input_->row(shard.first), input_->stride}; }
  StepRows input_gradient(const Shard& shard) const {
    if (!input_->gradient) return {nullptr, 0};
    return {input_->gradient_row(shard.first), input_->stride};
  }
  StepRows hidden(const Shard& shard, size_t direction) const {
    return {output_.row(shard.first) + offsets_[direction], output_.stride};
  }
  StepRows hidden_gradient(const Shard& shard, size_t direction) const {
    return {output_.gradient_row(shard.first) + offsets_[direction], output_.stride};
  }
};

}  // namespace

bool is_recurrent(const models::LayerPlan& plan) {
  return plan.kind == "sequence" || plan.kind == "items" || plan.kind == "lstm" ||
         plan.kind == "repeat";
}

std::unique_ptr<Layer> make_recurrent_layer(const models::NamedLayerPlan& entry, Flow& input,
                                            const Step& step, Parameters& parameters,
                                            const Shape& target) {
  const models::LayerPlan& plan = entry.layer;
  if (plan.kind == "sequence") return std::make_unique<ToSequenceLayer>(input, step);
  if (plan.kind == "items") return std::make_unique<FromSequenceLayer>(input, step, target);
  if (plan.kind == "repeat") return std::make_unique<RepeatLayer>(input, plan.sizes.at("steps"));
  if (plan.kind == "lstm") return std::make_unique<LstmLayer>(entry, input, step, parameters);
  return nullptr;
}

}  // namespace hourglass::training::fused
