#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/core/named_tensor.h"
#include "hourglass/core/processes.h"
#include "hourglass/core/row_random.h"
#include "hourglass/models/likelihood.h"
#include "hourglass/models/network.h"
#include "hourglass/models/objective_plan.h"

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::models {

// An objective says what the code is and what is minimised over any network. `Autoencoder` is the
// plain one, the reconstruction loss alone, and the base class of all others.

/// One part of what is minimised, declared before the first step.
struct Term {
  std::string name;   ///< a column of metrics.csv: the raw value, without the weight
  double weight = 1;  ///< how much of it the optimizer sees
  /// Epochs over which the weight grows to its value while training; validation has all of it.
  int64_t warmup_epochs = 0;
  /// The same in steps, from 0 in the first.
  int64_t warmup_steps = 0;
  /// Whether the value is a sum over the rows of a batch rather than a mean: of processes that share
  /// a batch each has its part of a sum, and of a mean what is to be weighed by its rows.
  bool sum_over_batch = false;
};

/// An optimizer of its own for some of the parameters. Most objectives have one phase, for all.
struct Phase {
  std::string name = "all";
  /// Child modules whose parameters it changes, registered one after the other: {"encoder",
  /// "decoder"}; empty: all parameters.
  std::vector<std::string> modules = {};
  std::vector<Term> terms;
  std::vector<std::string> metrics = {};  ///< numbers worth a column that are not minimised
  double learning_rate = 1;               ///< times the run's
  /// In which it learns. In others its parameters and its optimizer stay as they are.
  int64_t first_epoch = 1, last_epoch = std::numeric_limits<int64_t>::max();

  bool learns_in(int64_t epoch) const { return first_epoch <= epoch && epoch <= last_epoch; }
};

/// The phase whose weighted sum is the loss of an epoch: the first one that learns in it, or the
/// first of all where none does. Losses of epochs that differ in it are different things.
size_t loss_phase(const std::vector<Phase>& phases, int64_t epoch);

/// What an objective may need to know of the step it belongs to.
struct StepContext {
  RowRandom random;      ///< for sampling, keyed by the rows of the batch
  int64_t step = 0;      ///< steps taken before this one
  int64_t epoch = 1;     ///< counted from 1
  bool training = true;  ///< false while validating
  size_t phase = 0;      ///< which of the objective's phases
  /// Items of the batch, those of other processes too; 0: those at hand are all.
  int64_t batch_items = 0;
  /// In the place of `epoch` for what is drawn of a row, where rows may come again within an epoch;
  /// 0: they do not.
  int64_t draw = 0;

  int64_t noise_epoch() const { return draw == 0 ? epoch : draw; }

  /// Items of the whole batch, of which `own` are here.
  int64_t all_items(int64_t own) const { return batch_items == 0 ? own : batch_items; }

  /// What part of the batch so many items are.
  double share(int64_t items) const {
    return batch_items == 0 ? 1 : static_cast<double>(items) / static_cast<double>(batch_items);
  }
};

/// What a phase declared, for one batch: scalars in the order of the declaration.
struct StepValues {
  std::vector<at::Tensor> terms;
  std::vector<at::Tensor> metrics = {};
};

/// What `items` items add to the values of the whole batch: those of all processes add up to them.
StepValues part_of_batch(const Phase& phase, StepValues values, const StepContext& context,
                         int64_t items);

/// The weight of a term in a step.
double weight_at(const Term& term, const StepContext& context);

/// Σ weight · term.
at::Tensor total(const Phase& phase, const StepValues& values, const StepContext& context);

/// What a model is built from, whatever its objective.
struct ModelSpec {
  ItemShapes shapes;
  NetworkOptions network;
  Likelihood likelihood = {};
  int64_t condition_width = 0;  ///< numbers that tell encoder and decoder about each item; 0: none
  int64_t classes = 0;          ///< that labels number from 0; 0: there are no labels
};

/// The output of one layer [B, …], under the layer's name in the module tree: "encoder.dense1".
using LayerOutput = NamedTensor;

/// The layers of a model in the order of computation, by name.
struct ModelPlan {
  std::vector<NamedLayerPlan> encoder, heads, decoder;
  Activation output = Activation::Linear;
};

/// A function that an exported model has as a method.
struct TensorMethod {
  struct Argument {
    std::string name;       ///< "x"
    Shape item_shape;       ///< without the batch
    int64_t below = 0;      ///< whole numbers in 0 … below − 1; 0: real numbers
    bool is_bytes = false;  ///< numbers in 0 … 255, of one byte each
  };
  std::string name;  ///< "encode_distribution"
  std::vector<Argument> arguments;
  /// Several results become a tuple.
  std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)> run;
};

/// A network through a bottleneck: encode(x) = z, decode(z) ≈ x. B is the number of rows.
///
/// Every function that takes a condition [B, condition_width] needs one where the model was built
/// with one, and ignores it elsewhere.
class Autoencoder : public torch::nn::Module {
 public:
  /// Builds the network with these heads (see `NetworkRequest`). Throws `UsageError` where network,
  /// shapes and likelihood do not fit together.
  explicit Autoencoder(const ModelSpec& spec, const std::vector<std::string>& heads = {});

  // ---- What a trained model does

  /// [B, input shape…] -> the code [B, code shape…].
  virtual at::Tensor encode(const at::Tensor& x, const at::Tensor& condition = {});

  /// [B, code shape…] -> all numbers of the likelihood, [B, `parameter_shape` of the target…],
  /// before the output activation: the logits of a Bernoulli likelihood.
  virtual at::Tensor decode_logits(const at::Tensor& z, const at::Tensor& condition = {});

  /// The likelihood's mean, see `mean_of`: [B, code shape…] -> [B, target shape…]. Never clamped.
  at::Tensor decode(const at::Tensor& z, const at::Tensor& condition = {});

  /// [B, input shape…] -> [B, target shape…], see `reconstruction_of`.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& condition = {});

  // ---- What training does

  /// What is minimised and reported, declared before the first step.
  virtual std::vector<Phase> phases() const { return {{.terms = {{"reconstruction"}}}}; }

  /// The values of phase `context.phase` on a batch.
  virtual StepValues losses(const Batch& batch, const StepContext& context);

  /// What `losses` computes, where an `ObjectivePlan` can say it. A derived class with losses of its
  /// own inherits no plan: it has none, or gives one.
  virtual std::optional<ObjectivePlan> objective_plan() const;

  /// After the optimizers' steps on a batch, without gradients: running averages of codebooks,
  /// norms of weights, and the like.
  virtual void after_step(const Batch& /*batch*/, const StepContext& /*context*/) {}

  /// What the layers that draw numbers draw in training is of this batch from now on. Is to be called
  /// before a step's `losses`.
  void begin_step(const Batch& batch, const StepContext& context);

  /// Tells the model and its layers with whom they share every batch; `processes` must outlive it.
  void share_batches(const Processes& processes);

  // ---- What it is

  const Shape& input_shape() const { return shapes_.input; }
  const Shape& target_shape() const { return shapes_.target; }
  virtual Shape code_shape() const { return network_.code_shape; }
  const Likelihood& likelihood() const { return likelihood_; }
  int64_t condition_width() const { return condition_width_; }

  /// What the code is: "vector", "map" (channels × height × width), "gaussian" (a standard normal
  /// prior; the mean of a distribution) or "indices" (of a codebook).
  virtual std::string code_kind() const { return code_shape().size() == 3 ? "map" : "vector"; }

  /// Every layer's output on the way of `forward(x)`, in order.
  std::vector<LayerOutput> layers(const at::Tensor& x, const at::Tensor& condition = {});

  ModelPlan plan() const;

  /// What an exported model can do beyond `forward`, `encode`, `decode` and `layers`: methods to
  /// trace, and methods as TorchScript source, which may call all others.
  virtual std::vector<TensorMethod> extra_methods() { return {}; }
  virtual std::string script_methods() const { return ""; }

  /// Exported methods of items (of codes), and of the condition where the model has one.
  using TensorsOf =
      std::function<std::vector<at::Tensor>(const at::Tensor& values, const at::Tensor& condition)>;
  TensorMethod method_of_items(const std::string& name, TensorsOf run) const;
  TensorMethod method_of_codes(const std::string& name, TensorsOf run) const;

 protected:
  /// The output of each head, or the code where there are none.
  std::vector<at::Tensor> read(const at::Tensor& x, const at::Tensor& condition);

  /// What the network gives for a code of its own shape.
  at::Tensor decoder_output(const at::Tensor& z, const at::Tensor& condition) {
    return network_.decoder->forward(z, condition);
  }

  /// The code as an argument of exported methods.
  virtual TensorMethod::Argument code_argument() const { return {"z", code_shape()}; }

  /// What the heads give and the decoder takes, which is the code unless an objective makes another
  /// one of it.
  const Shape& network_code_shape() const { return network_.code_shape; }

  /// Who has the other rows of the batch. What an objective takes from a batch as a whole, it takes
  /// over all of them: see whole_batch.h.
  const Processes& processes() const { return *processes_; }

 private:
  ItemShapes shapes_;
  const Processes* processes_ = &kAlone;
  StepRows step_;
  Likelihood likelihood_;
  int64_t condition_width_;
  std::shared_ptr<Layer> output_;
  Network network_;

  TensorMethod method(const std::string& name, TensorMethod::Argument argument,
                      TensorsOf run) const;
};

using AutoencoderPtr = std::shared_ptr<Autoencoder>;

}  // namespace hourglass::models
