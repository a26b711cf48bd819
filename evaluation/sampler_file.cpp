#include "hourglass/evaluation/sampler_file.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/model_digest.h"
#include "hourglass/formats/safetensors.h"

#include <ATen/ATen.h>

#include <string>

namespace hourglass::evaluation {
namespace {

constexpr const char* kSampler = "sampler";
constexpr const char* kModel = "model_sha256";

std::string metadata(const formats::TensorFile& file, const char* key) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? "" : found->second;
}

}  // namespace

void write_sampler(const std::filesystem::path& path, const FittedSampler& fitted,
                   const ExportedModel& model) {
  formats::TensorFile file;
  for (const auto& [name, tensor] : fitted.distribution->tensors()) {
    file.tensors.push_back({name, tensor});
  }
  file.metadata = {{kSampler, fitted.sampler.text()}, {kModel, model_sha256(model)}};
  formats::write_safetensors(path, file);
}

FittedSampler read_sampler(const std::filesystem::path& path, const ExportedModel& model) {
  const formats::TensorFile file = formats::read_safetensors(path);
  const auto sampler = Sampler::parse(metadata(file, kSampler));
  if (!sampler) {
    throw Error(
        "{}: expected a sampler, as `generate --save-sampler` writes it, found metadata '{}'",
        path.string(), metadata(file, kSampler));
  }
  expect_same_model(model, metadata(file, kModel), path.string());
  TensorMap tensors;
  for (const auto& [name, tensor] : file.tensors) tensors[name] = tensor;
  return {*sampler, distribution_of(*sampler, tensors, path.string())};
}

}  // namespace hourglass::evaluation
