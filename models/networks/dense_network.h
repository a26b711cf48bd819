#pragma once

#include "hourglass/models/initializers.h"
#include "hourglass/models/network.h"
#include "hourglass/models/widths.h"

#include <cstdint>
#include <vector>

namespace hourglass::models {

// Fully connected layers down to the code and back up (Hinton & Salakhutdinov 2006), for items of
// any shape, which are flattened:
//
//   z = f(… f(W₁ x + b₁) …),  x̂ = f(… f(V₁ z + c₁) …)

struct DenseNetwork {
  static constexpr const char* kName = "dense";
  static constexpr const char* kSummary = "fully connected layers; the decoder mirrors the encoder";

  Widths widths;
  std::vector<int64_t> most_widths = {128, 64, 32};  ///< see `automatic_widths`
  Activation activation = Activation::Relu;
  Activation code_activation = Activation::Linear;
  Initializer initializer = Initializer::GlorotUniform;
  bool tied_weights = false;
  /// Whether the encoder reads items divided by their length, as Mult-VAE's does; a condition stays as
  /// it is.
  bool unit_length = false;
  double input_dropout = 0;  ///< share of the encoder's inputs that training drops, in [0, 1)

  void describe(FieldTable& table) {
    table
        .add("widths", widths,
             "hidden widths, then the code's (units); the decoder mirrors them" +
                 automatic_widths_help(most_widths))
        .shown_as("N,N,...");
    table.add("activation", activation, "of the hidden layers");
    table.add("code_activation", code_activation, "of the code");
    table.add("initializer", initializer,
              "of the hidden and code layers; the output layer is always glorot-uniform");
    table.add("tied_weights", tied_weights, "the decoder uses the encoder's weights, transposed");
    table.add("unit_length", unit_length,
              "the encoder divides each item by its Euclidean length, so that it sees what an "
              "item's values are among each other; what is reconstructed stays as it is");
    table
        .add("input_dropout", input_dropout,
             "share of the values of an item that the encoder does not see in training, others "
             "being divided by 1 less it; what is reconstructed stays whole")
        .at_least(0.0)
        .at_most(0.99);
  }

  void check() const { widths.check(); }
  void resolve(const ItemShapes& shapes) { resolve_widths(*this, shapes.input); }
  Activation last_activation() const { return code_activation; }

  /// Throws `UsageError` for tied weights where input and target differ in size or a condition
  /// joins them, and for a code activation where heads, which are linear, take the code's place.
  Network build(const NetworkRequest& request) const;
};

/// Appends hidden dense layers of these widths; returns the width of what flows out.
int64_t add_hidden_layers(Stack& stack, int64_t inputs, const std::vector<int64_t>& widths,
                          Activation activation,
                          Initializer initializer = Initializer::GlorotUniform);

/// One linear dense layer a name.
std::vector<Head> dense_heads(const std::vector<std::string>& names, int64_t inputs,
                              int64_t outputs);

}  // namespace hourglass::models
