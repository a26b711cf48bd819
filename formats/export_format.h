#pragma once

#include "hourglass/core/fields.h"

namespace hourglass::formats {

/// The forms in which a model can leave us.
enum class ExportFormat {
  Pt2,          ///< NAME.pt2: an archive of Python's torch.export, all methods in one file
  Onnx,         ///< NAME.onnx for `forward`, NAME-encode.onnx and so on for the others
  Safetensors,  ///< NAME.safetensors and card.json: the weights, and what rebuilds the model
  C,            ///< NAME.c: one file of C99 without a library
  TorchScript,  ///< NAME.pt: a program for LibTorch and PyTorch
  SaeLens       ///< cfg.json and sae_weights.safetensors: a dictionary for SAELens
};
constexpr auto names_of(ExportFormat) {
  return std::to_array<EnumName<ExportFormat>>({{ExportFormat::Pt2, "pt2"},
                                                {ExportFormat::Onnx, "onnx"},
                                                {ExportFormat::Safetensors, "safetensors"},
                                                {ExportFormat::C, "c"},
                                                {ExportFormat::TorchScript, "torchscript"},
                                                {ExportFormat::SaeLens, "saelens"}});
}

}  // namespace hourglass::formats
