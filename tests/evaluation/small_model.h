#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::testing {

/// `model` as a file with a card of these options, and loaded again. `classes` name the condition
/// where the model takes one.
inline evaluation::ExportedModel exported(models::Autoencoder& model,
                                          const std::filesystem::path& path,
                                          const nlohmann::json& options,
                                          const std::vector<std::string>& classes = {}) {
  formats::ModelCard card = {.variant = "small",
                             .options = formats::RecordedOptions(options),
                             .input_shape = model.input_shape(),
                             .target_shape = model.target_shape(),
                             .code_shape = model.code_shape(),
                             .code_kind = model.code_kind()};
  if (model.condition_width() > 0) card.condition = {model.condition_width(), classes};
  formats::export_autoencoder(model, path, card);
  return evaluation::ExportedModel::load(path);
}

/// Of a dense model of rows of four values with a code of two.
inline models::ModelSpec four_values(int64_t condition_width = 0) {
  return {.shapes = {{4}, {4}},
          .network = models::DenseNetwork{.widths = {2}},
          .condition_width = condition_width};
}

/// Such a model, as members of ensembles are; of a condition it is told one of as many classes.
inline std::shared_ptr<evaluation::ExportedModel> exported_member(const std::filesystem::path& path,
                                                                  int64_t condition_width = 0) {
  models::Autoencoder model(four_values(condition_width));
  const std::vector<std::string> classes(static_cast<size_t>(condition_width), "a class");
  return std::make_shared<evaluation::ExportedModel>(
      exported(model, path, {{"loss", "mse"}}, classes));
}

inline datasets::DatasetPtr unscaled(const at::Tensor& values, const at::Tensor& labels = {}) {
  return std::make_shared<datasets::TensorDataset>(values, labels, datasets::Scaling{});
}

}  // namespace hourglass::testing
