#include "hourglass/formats/torchscript.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/pickle_file.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/serialization/import.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;
namespace jit = torch::jit;

/// The module tree of `module` as TorchScript, sharing its tensors. Only `children` are taken at
/// the top, all below.
jit::Module mirror(const torch::nn::Module& module, const std::string& type_name,
                   const std::shared_ptr<jit::CompilationUnit>& unit,
                   const std::set<std::string>& children) {
  jit::Module script(c10::QualifiedName("__torch__.hourglass." + type_name), unit);
  for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
    script.register_parameter(parameter.key(), parameter.value(), /*is_buffer=*/false);
  }
  for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
    script.register_buffer(buffer.key(), buffer.value());
  }
  for (const auto& child : module.named_children()) {
    if (!children.empty() && !children.contains(child.key())) continue;
    script.register_module(child.key(),
                           mirror(*child.value(), type_name + "_" + child.key(), unit, {}));
  }
  script.register_attribute("training", c10::BoolType::get(), false);
  return script;
}

at::Tensor example(const Shape& item_shape, int64_t batch) {
  std::vector<int64_t> sizes = {batch};
  sizes.insert(sizes.end(), item_shape.begin(), item_shape.end());
  return at::rand(sizes);
}

/// One tensor, or a tuple of several.
c10::IValue to_value(const std::vector<at::Tensor>& tensors) {
  if (tensors.size() == 1) return tensors.front();
  return c10::ivalue::Tuple::create(std::vector<c10::IValue>(tensors.begin(), tensors.end()));
}

void add_method(jit::Module& script, const models::TensorMethod& method) {
  const auto traced = jit::tracer::trace(
      {example(method.item_shape, 2)},
      [&](const jit::Stack& inputs) {
        return jit::Stack{to_value(method.run(inputs[0].toTensor()))};
      },
      [](const at::Tensor&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false,
      &script, {method.argument});
  const auto type = script.type();
  type->addMethod(type->compilation_unit()->create_function(
      c10::QualifiedName(*type->name(), method.name), traced.first->graph));
}

bool nearly_equal(const c10::IValue& a, const c10::IValue& b) {
  if (a.isTensor()) return at::allclose(a.toTensor(), b.toTensor(), 1e-5, 1e-6);
  const auto& left = a.toTupleRef().elements();
  const auto& right = b.toTupleRef().elements();
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), nearly_equal);
}

/// C++ sizes are constants in a trace; a method that depends on the batch it was traced with shows
/// at another one.
void verify(const fs::path& path, const std::vector<models::TensorMethod>& methods) {
  jit::Module loaded = jit::load(path.string());
  for (const auto& method : methods) {
    const at::Tensor input = example(method.item_shape, 3);
    if (!nearly_equal(loaded.get_method(method.name)({input}), to_value(method.run(input)))) {
      throw Error(
          "export of '{}': the TorchScript file gives another result than the model at another "
          "batch size",
          method.name);
    }
  }
}

void export_methods(models::Autoencoder& model, const std::set<std::string>& children,
                    const std::vector<models::TensorMethod>& methods,
                    const std::string& script_methods, const fs::path& path,
                    const nlohmann::json& metadata) {
  const at::NoGradGuard no_grad;
  const jit::tracer::NoWarn no_warnings;
  model.eval();
  jit::Module script = mirror(model, metadata.value("variant", "autoencoder"),
                              std::make_shared<jit::CompilationUnit>(), children);
  for (const auto& method : methods) add_method(script, method);
  if (!script_methods.empty()) script.define(script_methods);
  write_file_atomically(path, [&](const fs::path& temporary) {
    script.save(temporary.string(), {{"hourglass.json", metadata.dump(2)}});
    verify(temporary, methods);
  });
}

models::TensorMethod encode_method(models::Autoencoder& model, const std::string& name) {
  return {name, "x", model.input_shape(),
          [&](const at::Tensor& x) { return std::vector{model.encode(x)}; }};
}

models::TensorMethod decode_method(models::Autoencoder& model, const std::string& name) {
  return {name, "z", model.code_shape(),
          [&](const at::Tensor& z) { return std::vector{model.decode(z)}; }};
}

models::TensorMethod layers_method(models::Autoencoder& model) {
  return {"layers", "x", model.input_shape(), [&](const at::Tensor& x) {
            std::vector<at::Tensor> values;
            for (const auto& output : model.layers(x)) values.push_back(output.value);
            return values;
          }};
}

std::map<std::string, at::Tensor> named_tensors(const torch::nn::Module& model) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& entry : model.named_parameters()) tensors[entry.key()] = entry.value();
  for (const auto& entry : model.named_buffers()) tensors[entry.key()] = entry.value();
  return tensors;
}

/// The tensors of a dictionary written by `save_weights`, or of a TorchScript module.
std::map<std::string, at::Tensor> read_tensors(const fs::path& path) {
  const size_t size =
      read_file(path).size();  // for the reason, when the file cannot be read at all
  std::map<std::string, at::Tensor> tensors;
  try {
    for (const auto& entry : read_pickle(path).toGenericDict()) {
      tensors[entry.key().toStringRef()] = entry.value().toTensor();
    }
    return tensors;
  } catch (const std::exception&) {  // not a dictionary: a module then
  }
  try {
    const jit::Module script = jit::load(path.string());
    for (const auto& entry : script.named_parameters()) tensors[entry.name] = entry.value;
    for (const auto& entry : script.named_buffers()) tensors[entry.name] = entry.value;
    return tensors;
  } catch (const std::exception&) {  // LibTorch's message is pages long
    throw Error(
        "{}: expected a TorchScript file or saved weights, found {} bytes of something else",
        path.string(), size);
  }
}

}  // namespace

void export_autoencoder(models::Autoencoder& model, const fs::path& path, nlohmann::json metadata) {
  metadata["layers"] = nlohmann::json::array();
  {
    const at::NoGradGuard no_grad;
    model.eval();
    for (const auto& output : model.layers(example(model.input_shape(), 2))) {
      metadata["layers"].push_back(output.name);
    }
  }
  const models::TensorMethod forward = {
      "forward", "x", model.input_shape(),
      [&](const at::Tensor& x) { return std::vector{model.forward(x)}; }};
  std::vector<models::TensorMethod> methods = {forward, encode_method(model, "encode"),
                                               decode_method(model, "decode"),
                                               layers_method(model)};
  for (auto& method : model.extra_methods()) methods.push_back(std::move(method));
  export_methods(model, {}, methods, model.script_methods(), path, metadata);
}

void export_encoder(models::Autoencoder& model, const fs::path& path, nlohmann::json metadata) {
  metadata["part"] = "encoder";
  export_methods(model, {"encoder"}, {encode_method(model, "forward")}, "", path, metadata);
}

void export_decoder(models::Autoencoder& model, const fs::path& path, nlohmann::json metadata) {
  metadata["part"] = "decoder";
  export_methods(model, {"decoder", "output"}, {decode_method(model, "forward")}, "", path,
                 metadata);
}

void save_weights(const torch::nn::Module& model, const fs::path& path) {
  c10::Dict<std::string, at::Tensor> dictionary;
  for (const auto& [name, tensor] : named_tensors(model)) {
    dictionary.insert(name, tensor.detach().clone());
  }
  write_pickle(path, dictionary);
}

void load_weights(torch::nn::Module& model, const fs::path& path) {
  const at::NoGradGuard no_grad;
  const auto tensors = read_tensors(path);
  for (auto [name, tensor] : named_tensors(model)) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      throw Error("{}: expected a tensor '{}', found none of that name: it holds another model",
                  path.string(), name);
    }
    if (found->second.sizes() != tensor.sizes()) {
      throw Error("{}: expected '{}' of shape {}, found {}", path.string(), name,
                  models::shape_text(tensor.sizes().vec()),
                  models::shape_text(found->second.sizes().vec()));
    }
    tensor.copy_(found->second);
  }
}

}  // namespace hourglass::formats
