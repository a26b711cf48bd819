#include "hourglass/models/supervised.h"

#include "hourglass/core/error.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>

namespace hourglass::models {

void check(const SupervisedOptions& options, const NetworkOptions& /*network*/) {
  if (options.reconstruction_weight > 0 || options.classification_weight > 0) return;
  throw UsageError(
      "`reconstruction_weight` 0: expected a `classification_weight` above 0 then, as nothing else "
      "is learned, found 0");
}

Supervised::Supervised(SupervisedOptions options, const ModelSpec& spec)
    : Autoencoder(spec), options_(options) {
  if (spec.classes < 2) {
    throw UsageError(
        "a supervised autoencoder expects labelled data of at least two classes, found {}: use "
        "`label_column` for a table, or a data set that has labels",
        spec.classes == 0 ? "no labels" : "one");
  }
  classifier_ = register_module(
      "classifier",
      std::make_shared<DenseLayer>(element_count(code_shape()), spec.classes, Activation::Linear));
}

at::Tensor Supervised::classify(const at::Tensor& z) {
  return widened(classifier_->forward(z.flatten(1)));
}

std::vector<Phase> Supervised::phases() const {
  return {{.terms = {{.name = "reconstruction", .weight = options_.reconstruction_weight},
                     {.name = "classification", .weight = options_.classification_weight}},
           .metrics = {"accuracy"}}};
}

StepValues Supervised::losses(const Batch& batch, const StepContext& /*context*/) {
  const at::Tensor z = encode(batch.input, batch.condition);
  const at::Tensor logits = classify(z);
  const at::Tensor right = logits.argmax(1).eq(batch.labels).to(logits.scalar_type());
  return {.terms = {reconstruction_loss(likelihood(), decode_logits(z, batch.condition),
                                        batch.target, Reduction::MeanOfValues),
                    at::cross_entropy_loss(logits, batch.labels)},
          .metrics = {right.mean()}};
}

std::vector<TensorMethod> Supervised::extra_methods() {
  return {method_of_items("classify", [this](const at::Tensor& x, const at::Tensor& condition) {
    // Softmax in operations that can be exported to C, too.
    const at::Tensor logits = classify(encode(x, condition));
    const at::Tensor odds = (logits - logits.amax({1}, /*keepdim=*/true)).exp();
    return std::vector{odds / odds.sum({1}, /*keepdim=*/true)};
  })};
}

}  // namespace hourglass::models
