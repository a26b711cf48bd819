#include "hourglass/formats/model_files.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
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

ModelTensors model_of(const TensorFile& file, const std::filesystem::path& path) {
  ModelTensors model = {.card = card_of(file, path)};
  for (const auto& [name, tensor] : file.tensors) model.tensors[name] = tensor;
  return model;
}

/// Bit by bit: a NaN is equal to itself here.
bool has_same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.cpu().contiguous(), right = b.cpu().contiguous();
  if (left.nbytes() == 0) return true;  // its address may be null
  return std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

/// Throws unless the bytes that are to become the file give the model back.
void check_bytes(std::string_view bytes, const ModelTensors& model,
                 const std::filesystem::path& path) {
  const TensorMap found = model_of(parse_safetensors(bytes, path.string()), path).tensors;
  const auto is_same = [](const auto& a, const auto& b) {
    return a.first == b.first && has_same_bits(a.second, b.second);
  };
  if (std::equal(found.begin(), found.end(), model.tensors.begin(), model.tensors.end(), is_same)) {
    return;
  }
  throw Error("{}: expected the model's tensors in what is to be written, found others",
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
  const std::string bytes = safetensors_bytes(file);
  check_bytes(bytes, model, path);
  write_file_atomically(path, bytes);
  write_file_atomically(card_beside(path), text + "\n");
}

ModelTensors read_model_tensors(const std::filesystem::path& path) {
  return model_of(read_safetensors(path), path);
}

}  // namespace hourglass::formats
