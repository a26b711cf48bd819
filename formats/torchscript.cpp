#include "hourglass/formats/torchscript.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/pickle_file.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/serialization/import.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;
namespace jit = torch::jit;

/// The module tree of `module` as TorchScript, sharing its tensors, without the children
/// `left_out`.
jit::Module mirror(const torch::nn::Module& module, const std::string& type_name,
                   const std::shared_ptr<jit::CompilationUnit>& unit,
                   const std::set<std::string>& left_out) {
  jit::Module script(c10::QualifiedName("__torch__.hourglass." + type_name), unit);
  for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
    script.register_parameter(parameter.key(), parameter.value(), /*is_buffer=*/false);
  }
  for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
    script.register_buffer(buffer.key(), buffer.value());
  }
  for (const auto& child : module.named_children()) {
    if (left_out.contains(child.key())) continue;
    script.register_module(child.key(),
                           mirror(*child.value(), type_name + "_" + child.key(), unit, {}));
  }
  script.register_attribute("training", c10::BoolType::get(), false);
  return script;
}

at::Tensor example(const models::TensorMethod::Argument& argument, int64_t batch) {
  const Shape sizes = with_batch(batch, argument.item_shape);
  return argument.below > 0 ? at::randint(argument.below, sizes, at::kLong) : at::rand(sizes);
}

std::vector<at::Tensor> examples(const models::TensorMethod& method, int64_t batch) {
  std::vector<at::Tensor> values;
  for (const auto& argument : method.arguments) values.push_back(example(argument, batch));
  return values;
}

jit::Stack to_stack(const std::vector<at::Tensor>& tensors) {
  return {tensors.begin(), tensors.end()};
}

/// One tensor, or a tuple of several.
c10::IValue to_value(const std::vector<at::Tensor>& tensors) {
  if (tensors.size() == 1) return tensors.front();
  return c10::ivalue::Tuple::create(std::vector<c10::IValue>(tensors.begin(), tensors.end()));
}

void add_method(jit::Module& script, const models::TensorMethod& method) {
  std::vector<std::string> names;
  for (const auto& argument : method.arguments) names.push_back(argument.name);
  const auto run = [&](const jit::Stack& inputs) {
    std::vector<at::Tensor> arguments;
    for (const auto& input : inputs) arguments.push_back(input.toTensor());
    return jit::Stack{to_value(method.run(arguments))};
  };
  const auto traced = jit::tracer::trace(
      to_stack(examples(method, 2)), run, [](const at::Tensor&) { return std::string(); },
      /*strict=*/true, /*force_outplace=*/false, &script, names);
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
    const auto inputs = examples(method, 3);
    const c10::IValue expected = to_value(method.run(inputs));
    if (!nearly_equal(loaded.get_method(method.name)(to_stack(inputs)), expected)) {
      throw Error(
          "export of '{}': the TorchScript file gives another result than the model at another "
          "batch size",
          method.name);
    }
  }
}

/// The card with what the model itself knows.
ModelCard completed(ModelCard card, const models::Autoencoder& model) {
  card.input_shape = model.input_shape();
  card.target_shape = model.target_shape();
  card.code_shape = model.code_shape();
  card.code_kind = model.code_kind();
  if (model.condition_width() > 0) {
    if (!card.condition) card.condition.emplace();
    card.condition->width = model.condition_width();
  }
  return card;
}

void export_methods(models::Autoencoder& model, const std::set<std::string>& left_out,
                    const std::vector<models::TensorMethod>& methods,
                    const std::string& script_methods, const fs::path& path,
                    const ModelCard& card) {
  const at::NoGradGuard no_grad;
  const jit::tracer::NoWarn no_warnings;
  model.eval();
  jit::Module script = mirror(model, card.variant.empty() ? "autoencoder" : card.variant,
                              std::make_shared<jit::CompilationUnit>(), left_out);
  for (const auto& method : methods) add_method(script, method);
  if (!script_methods.empty()) script.define(script_methods);
  write_file_atomically(path, [&](const fs::path& temporary) {
    script.save(temporary.string(), {{"hourglass.json", card_text(completed(card, model))}});
    verify(temporary, methods);
  });
}

models::TensorMethod encode_method(models::Autoencoder& model, const std::string& name) {
  return model.method_of_items(name, [&](const at::Tensor& x, const at::Tensor& condition) {
    return std::vector{model.encode(x, condition)};
  });
}

models::TensorMethod decode_method(models::Autoencoder& model, const std::string& name) {
  return model.method_of_codes(name, [&](const at::Tensor& z, const at::Tensor& condition) {
    return std::vector{model.decode(z, condition)};
  });
}

models::TensorMethod forward_method(models::Autoencoder& model) {
  return model.method_of_items("forward", [&](const at::Tensor& x, const at::Tensor& condition) {
    return std::vector{model.forward(x, condition)};
  });
}

models::TensorMethod layers_method(models::Autoencoder& model) {
  return model.method_of_items("layers", [&](const at::Tensor& x, const at::Tensor& condition) {
    std::vector<at::Tensor> values;
    for (const auto& output : model.layers(x, condition)) values.push_back(output.value);
    return values;
  });
}

/// Names of what `layers` returns.
std::vector<std::string> layer_names(models::Autoencoder& model) {
  const at::NoGradGuard no_grad;
  model.eval();
  const auto method = layers_method(model);
  const auto inputs = examples(method, 2);
  std::vector<std::string> names;
  for (const auto& output : model.layers(inputs[0], inputs.size() > 1 ? inputs[1] : at::Tensor())) {
    names.push_back(output.name);
  }
  return names;
}

/// The tensors of a dictionary written by `save_weights`, or of a TorchScript module.
TensorMap read_tensors(const fs::path& path) {
  const size_t size =
      read_file(path).size();  // for the reason, when the file cannot be read at all
  TensorMap tensors;
  try {
    for (const auto& entry : read_pickle(path).toGenericDict()) {
      tensors[entry.key().toStringRef()] = entry.value().toTensor();
    }
    return tensors;
  } catch (const std::exception&) {  // not a dictionary: a module then
  }
  try {
    const jit::Module script = jit::load(path.string(), at::kCPU);
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

void export_autoencoder(models::Autoencoder& model, const fs::path& path, ModelCard card) {
  card.layers = layer_names(model);
  std::vector<models::TensorMethod> methods = {
      forward_method(model), encode_method(model, "encode"), decode_method(model, "decode"),
      layers_method(model)};
  for (auto& method : model.extra_methods()) methods.push_back(std::move(method));
  export_methods(model, {}, methods, model.script_methods(), path, card);
}

void export_encoder(models::Autoencoder& model, const fs::path& path, ModelCard card) {
  card.part = "encoder";
  export_methods(model, {"decoder", "output"}, {encode_method(model, "forward")}, "", path, card);
}

void export_decoder(models::Autoencoder& model, const fs::path& path, ModelCard card) {
  card.part = "decoder";
  export_methods(model, {"encoder"}, {decode_method(model, "forward")}, "", path, card);
}

void save_card(const models::Autoencoder& model, const fs::path& path, const ModelCard& card) {
  write_file_atomically(path, card_text(completed(card, model)) + "\n");
}

void save_weights(const torch::nn::Module& model, const fs::path& path) {
  c10::Dict<std::string, at::Tensor> dictionary;
  for (const auto& [name, tensor] : models::copied_tensors(model)) dictionary.insert(name, tensor);
  write_pickle(path, dictionary);
}

void load_weights(torch::nn::Module& model, const fs::path& path) {
  models::load_tensors(model, read_tensors(path), path.string());
}

}  // namespace hourglass::formats
