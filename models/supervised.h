#pragma once

#include "hourglass/models/autoencoder.h"

#include <memory>
#include <vector>

namespace hourglass::models {

// Supervised autoencoder (Le, Patterson & White 2018, "Supervised autoencoders: Improving generalization
// performance with unsupervised regularizers"): a linear layer reads an item's class off its code.
//
//   loss = γ · reconstruction loss + λ · cross-entropy of the class, the means over the batch, in nats
//
// γ = 0 is a classifier, whose codes are features to compare items by; its decoder learns nothing.

struct SupervisedOptions {
  double reconstruction_weight = 1, classification_weight = 1;

  void describe(FieldTable& table) {
    table
        .add("reconstruction_weight", reconstruction_weight,
             "weight of the reconstruction loss; 0: a classifier")
        .at_least(0);
    table
        .add("classification_weight", classification_weight,
             "weight of the cross-entropy of the classes")
        .at_least(0);
  }
};

/// Throws `UsageError` where neither term has a weight.
void check(const SupervisedOptions& options, const NetworkOptions& network);

class Supervised : public Autoencoder {
 public:
  /// Throws `UsageError` where there are not at least two classes.
  Supervised(SupervisedOptions options, const ModelSpec& spec);

  /// The logits of an item's classes, [B, code shape…] -> [B, C].
  at::Tensor classify(const at::Tensor& z);

  /// The terms, and the metric "accuracy": the share of items whose class is the likeliest.
  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;

  /// "classify": of items, the probability of each class [B, C].
  std::vector<TensorMethod> extra_methods() override;

 private:
  SupervisedOptions options_;
  std::shared_ptr<Layer> classifier_;  // [B, values of the code] -> [B, C]
};

}  // namespace hourglass::models
