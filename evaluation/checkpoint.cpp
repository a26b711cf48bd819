#include "evaluation/checkpoint.h"

#include "core/error.h"
#include "core/files.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>

namespace hourglass {

struct Checkpoint::Program {
  torch::jit::Module module;
  at::Device device = at::kCPU;
};

Checkpoint Checkpoint::load(const std::filesystem::path& path, at::Device device) {
  const size_t size =
      read_file(path).size();  // for the reason, when the file cannot be read at all
  Checkpoint checkpoint;
  checkpoint.path_ = path;
  checkpoint.program_ = std::make_shared<Program>();
  torch::jit::ExtraFilesMap extra = {{"hourglass.json", ""}};
  try {
    checkpoint.program_->module = torch::jit::load(path.string(), device, extra);
  } catch (
      const std::exception&) {  // LibTorch's message is pages long and names its own source files
    throw Error(
        "{}: expected a TorchScript file, found {} bytes that are damaged or of another kind",
        path.string(), size);
  }
  checkpoint.program_->device = device;
  checkpoint.program_->module.eval();
  const std::string& text = extra["hourglass.json"];
  checkpoint.metadata_ = nlohmann::json::object();
  if (!text.empty()) {
    checkpoint.metadata_ = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!checkpoint.metadata_.is_object()) {
      throw Error("{}: its hourglass.json is damaged", path.string());
    }
  }
  return checkpoint;
}

bool Checkpoint::has_method(const std::string& name) const {
  return program_->module.find_method(name).has_value();
}

at::Tensor Checkpoint::reconstruct(const at::Tensor& x) { return run("forward", x); }
at::Tensor Checkpoint::encode(const at::Tensor& x) { return run("encode", x); }
at::Tensor Checkpoint::decode(const at::Tensor& z) { return run("decode", z); }

std::vector<LayerOutput> Checkpoint::layers(const at::Tensor& x) {
  const at::NoGradGuard no_grad;
  const auto names = metadata_.value("layers", std::vector<std::string>());
  if (!has_method("layers")) throw Error("{}: has no method 'layers'", path_.string());
  const auto outputs = program_->module.get_method("layers")({x.to(program_->device)});
  const auto& values = outputs.toTupleRef().elements();
  std::vector<LayerOutput> layers;
  for (size_t i = 0; i < values.size(); ++i) {
    layers.push_back(
        {i < names.size() ? names[i] : std::to_string(i + 1), values[i].toTensor().cpu()});
  }
  return layers;
}

at::Tensor Checkpoint::run(const std::string& method, const at::Tensor& input) {
  const at::NoGradGuard no_grad;
  const auto function = program_->module.find_method(method);
  if (!function) throw Error("{}: has no method '{}'", path_.string(), method);
  std::vector<at::Tensor> results;
  for (int64_t first = 0; first < input.size(0); first += kBatch) {
    const int64_t count = std::min(kBatch, input.size(0) - first);
    const at::Tensor piece = input.narrow(0, first, count).to(program_->device);
    results.push_back((*function)({piece}).toTensor().cpu());
  }
  return at::cat(results);
}

std::optional<Shape> Checkpoint::shape(const std::string& key) const {
  if (!metadata_.contains(key)) return {};
  return metadata_.at(key).get<Shape>();
}

}  // namespace hourglass
