#pragma once

#include "hourglass/core/named_tensor.h"

#include <torch/nn/module.h>

#include <filesystem>

namespace hourglass::formats {

/// Parameters and running averages by name, as a dictionary that Python's `torch.load` reads.
void save_weights(const torch::nn::Module& model, const std::filesystem::path& path);

/// The tensors of a file by name, whatever it is called: TorchScript, what `torch.save` made of a
/// state dictionary or a checkpoint that has one (see state_dict.h), safetensors, or the state of a
/// run, of which the best epoch is taken. Only TorchScript is more than parsed: load such files
/// from where you trust. Throws `Error` of one line for other files and damaged ones.
TensorMap read_weights(const std::filesystem::path& path);

/// Copies a file's weights into the model by name. A beginning that all names share and the model's
/// lack ("module.", "model.", "autoencoder.", "_orig_mod.") is left out; tensors that the model lacks
/// are ignored. Throws `Error` as `read_weights` does, and as `models::load_tensors` does where a
/// tensor is missing or has another shape.
void load_weights(torch::nn::Module& model, const std::filesystem::path& path);

}  // namespace hourglass::formats
