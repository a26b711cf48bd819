#pragma once

#include "hourglass/core/processes.h"
#include "hourglass/core/row_random.h"
#include "hourglass/models/activation.h"

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::models {

/// What a layer computes, said without its class. Whoever computes without automatic
/// differentiation, or writes another format, reads this and asks no layer for its type.
struct LayerPlan {
  std::string kind;   ///< "dense": layers of a stack are named by it, "dense1", "dense2", …
  std::string title;  ///< for the layer table: "Dense, relu"
  std::map<std::string, int64_t> sizes = {};       ///< "inputs", "outputs", "kernel", "stride", …
  Activation activation = Activation::Linear;      ///< applied to the result
  std::map<std::string, at::Tensor> tensors = {};  ///< parameters and buffers: "weight", "bias", …
};

/// The plan of a layer, and its name in the module tree: "encoder.dense1".
struct NamedLayerPlan {
  std::string name;
  LayerPlan layer;
};

/// The rows that a model learns from in a step, for layers that draw numbers.
struct StepRows {
  RowRandom random;
  at::Tensor rows;  ///< int64 [B] on the CPU, see `Batch::rows`; undefined before the first step
};

/// One step of a network: takes a batch, gives a batch, and can be listened to.
///
/// LibTorch's C++ modules have no forward hooks. Layers have this one, and the layer table, the
/// activation pictures and the exported `layers(x)` are all made with it.
class Layer : public torch::nn::Module {
 public:
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = run(x);
    if (listener) listener(y);
    return y;
  }

  virtual LayerPlan plan() const = 0;

  /// From now on the parameter of that name, where there is one, is a buffer: it keeps its value.
  void fix(const std::string& name);

  /// Who has the other rows of a batch: for what a layer takes from a batch as a whole.
  const Processes* processes = &kAlone;

  /// Those of the model, while it has this layer; else null.
  const StepRows* step = nullptr;

  /// Called with every output while it is set.
  std::function<void(const at::Tensor&)> listener;

 protected:
  virtual at::Tensor run(const at::Tensor& x) = 0;
};

/// `work(layer)` for each layer of a module, in the order in which they were registered.
template <class Work>
void for_each_layer(const torch::nn::Module& module, Work&& work) {
  for (const auto& part : module.modules(/*include_self=*/false)) {
    if (auto* layer = dynamic_cast<Layer*>(part.get())) work(*layer);
  }
}

/// Layers one after the other, and at most one place where a condition joins what flows through.
class Stack : public torch::nn::Module {
 public:
  /// Appends a layer under a name of its kind and returns it.
  template <class L>
  std::shared_ptr<L> add(std::shared_ptr<L> layer) {
    append(layer);
    return layer;
  }

  /// From here on, `width` values of the condition stand beside each item's own: behind the last of
  /// a vector, behind the last feature of every time step, as further channels of an image. Nothing
  /// where `width` is 0.
  void join_condition(int64_t width);

  /// [B, …] -> [B, …]. `condition` is [B, width] where one is joined; throws `Error` where it is
  /// missing or of another width.
  at::Tensor forward(at::Tensor x, const at::Tensor& condition = {});

  const std::vector<std::shared_ptr<Layer>>& layers() const { return layers_; }

  /// Those of the layers, of a stack whose name and a dot are the `prefix`: "encoder.".
  std::vector<NamedLayerPlan> plans(const std::string& prefix) const;

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
  size_t join_before_ = 0;  // the layer before which the condition joins
  int64_t condition_width_ = 0;

  void append(const std::shared_ptr<Layer>& layer);
};

}  // namespace hourglass::models
