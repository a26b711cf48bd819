#pragma once

#include "core/batch.h"
#include "models/autoencoder.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass {

/// A TorchScript autoencoder, ours or a stranger's, ready to run. A TorchScript file is a program:
/// load only files whose origin you trust.
///
/// All methods take a batch of any size on any device, compute under no-grad in batches of at most
/// `kBatch`, and return tensors on the CPU. B is the number of rows.
class Checkpoint {
 public:
  static constexpr int64_t kBatch = 1024;

  /// Throws `Error` when the file is missing, damaged, or not TorchScript.
  static Checkpoint load(const std::filesystem::path& path, at::Device device = at::kCPU);

  bool has_method(const std::string& name) const;

  at::Tensor reconstruct(
      const at::Tensor& x);  ///< `forward`: [B, input shape…] -> [B, target shape…]
  at::Tensor encode(const at::Tensor& x);  ///< [B, input shape…] -> [B, code shape…]
  at::Tensor decode(const at::Tensor& z);  ///< [B, code shape…] -> [B, target shape…]

  /// Every layer's output, with the names of the metadata. Only files of ours have the method.
  std::vector<LayerOutput> layers(const at::Tensor& x);

  /// The extra file hourglass.json; an empty object in a stranger's file.
  const nlohmann::json& metadata() const { return metadata_; }

  /// Shapes as the metadata give them; none in a stranger's file.
  std::optional<Shape> input_shape() const { return shape("input_shape"); }
  std::optional<Shape> code_shape() const { return shape("code_shape"); }

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Program;  // hides TorchScript's headers

  std::filesystem::path path_;
  std::shared_ptr<Program> program_;
  nlohmann::json metadata_;

  Checkpoint() = default;
  at::Tensor run(const std::string& method, const at::Tensor& input);
  std::optional<Shape> shape(const std::string& key) const;
};

}  // namespace hourglass
