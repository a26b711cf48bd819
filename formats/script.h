#pragma once

#include "hourglass/formats/card.h"
#include "hourglass/models/autoencoder.h"

#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <string>
#include <vector>

namespace hourglass::formats {

/// The method of a model whose reconstruction does not tell all of its likelihood: from a code to the
/// numbers that the decoder gives for each value.
inline constexpr const char* kDecodeParameters = "decode_parameters";

/// A model as a TorchScript module in memory, without a file.
struct Script {
  /// Parameters under their names, shared with the model, and the methods, traced at any batch size
  /// and in evaluation mode.
  torch::jit::Module module;
  /// With what the model knows of itself: shapes, the kind of code, the width of the condition, and
  /// the names of what `layers(x)` returns.
  ModelCard card;
  /// What was traced. They compute with the model, which has to outlive them.
  std::vector<models::TensorMethod> methods;
};

// The model must be on the CPU; it is put into evaluation mode.

/// `forward(x)`, `encode(x)`, `decode(z)`, `layers(x)`, a tuple of every layer's output, and the model's
/// extra methods.
Script script_of(models::Autoencoder& model, ModelCard card);

/// `forward(x)` is encode; the decoder is left out.
Script encoder_script_of(models::Autoencoder& model, ModelCard card);

/// `forward(z)` is decode; the encoder is left out.
Script decoder_script_of(models::Autoencoder& model, ModelCard card);

/// The card with what the model itself knows, but for the layers' names.
ModelCard completed_card(const models::Autoencoder& model, ModelCard card);

/// A method of a module as a function of tensors, without gradients. It throws what LibTorch throws.
std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)> script_runner(
    const torch::jit::Module& module, const std::string& method);

/// Compares a module with the methods it was traced from, at another batch size: C++ sizes are
/// constants in a trace, and a method that depends on the batch shows there. Throws `Error` where
/// they differ.
void check_script(torch::jit::Module& module, const std::vector<models::TensorMethod>& methods);

}  // namespace hourglass::formats
