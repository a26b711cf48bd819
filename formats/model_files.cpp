#include "hourglass/formats/model_files.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/safetensors.h"

#include <string>
#include <system_error>

namespace hourglass::formats {
namespace {

constexpr const char* kCardKey = "hourglass.json";

std::filesystem::path card_beside(const std::filesystem::path& path) {
  return path.parent_path() / "card.json";
}

ModelCard card_of(const TensorFile& file, const std::filesystem::path& path) {
  if (const auto found = file.metadata.find(kCardKey); found != file.metadata.end()) {
    return parse_card(found->second, path.string());
  }
  if (file.metadata.contains("kind")) {
    throw Error("{}: expected a model, found the state of a run: use best.pt of the same folder",
                path.string());
  }
  const auto beside = card_beside(path);
  std::error_code ignored;
  if (std::filesystem::exists(beside, ignored))
    return parse_card(read_file(beside), beside.string());
  throw Error(
      "{}: expected a card that says how to build the model, hourglass.json in its metadata or "
      "card.json beside it, found neither: weights alone are for --init-from",
      path.string());
}

}  // namespace

void write_model_tensors(const std::filesystem::path& path, const ModelTensors& model) {
  const std::string text = card_text(model.card);
  TensorFile file = {.metadata = {{"format", "pt"},
                                  {"hourglass_format", std::to_string(model.card.format)},
                                  {"variant", model.card.variant},
                                  {kCardKey, text}}};
  for (const auto& [name, tensor] : model.tensors) file.tensors.push_back({name, tensor});
  write_safetensors(path, file);
  write_file_atomically(card_beside(path), text + "\n");
}

ModelTensors read_model_tensors(const std::filesystem::path& path) {
  const TensorFile file = read_safetensors(path);
  ModelTensors model = {.card = card_of(file, path)};
  for (const auto& [name, tensor] : file.tensors) model.tensors[name] = tensor;
  return model;
}

}  // namespace hourglass::formats
