#include "hourglass/formats/script.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/batch_pair.h"
#include "hourglass/formats/method_examples.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace hourglass::formats {
namespace {

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

/// What a reconstruction leaves out of the likelihood: the numbers that the decoder gives for each value.
models::TensorMethod parameters_method(models::Autoencoder& model) {
  const auto run = [&](const at::Tensor& z, const at::Tensor& condition) {
    return std::vector{model.decode_logits(z, condition)};
  };
  return model.method_of_codes(kDecodeParameters, run);
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

Script traced(models::Autoencoder& model, ModelCard card, const std::set<std::string>& left_out,
              std::vector<models::TensorMethod> methods) {
  const at::NoGradGuard no_grad;
  const jit::tracer::NoWarn no_warnings;
  model.eval();
  jit::Module module = mirror(model, card.variant.empty() ? "autoencoder" : card.variant,
                              std::make_shared<jit::CompilationUnit>(), left_out);
  for (const auto& method : methods) add_method(module, method);
  return {std::move(module), completed_card(model, std::move(card)), std::move(methods)};
}

}  // namespace

ModelCard completed_card(const models::Autoencoder& model, ModelCard card) {
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

Script script_of(models::Autoencoder& model, ModelCard card) {
  card.layers = layer_names(model);
  std::vector<models::TensorMethod> methods = {
      forward_method(model), encode_method(model, "encode"), decode_method(model, "decode"),
      layers_method(model)};
  if (!models::follows_from_mean(model.likelihood().loss)) {
    methods.push_back(parameters_method(model));
  }
  for (auto& method : model.extra_methods()) methods.push_back(std::move(method));
  Script script = traced(model, std::move(card), {}, std::move(methods));
  const std::string source = model.script_methods();
  if (!source.empty()) script.module.define(source);
  return script;
}

Script encoder_script_of(models::Autoencoder& model, ModelCard card) {
  card.part = "encoder";
  return traced(model, std::move(card), {"decoder", "output"}, {encode_method(model, "forward")});
}

Script decoder_script_of(models::Autoencoder& model, ModelCard card) {
  card.part = "decoder";
  return traced(model, std::move(card), {"encoder"}, {decode_method(model, "forward")});
}

std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)> script_runner(
    const jit::Module& module, const std::string& method) {
  return [module = jit::Module(module), method](const std::vector<at::Tensor>& arguments) mutable {
    const at::NoGradGuard no_grad;
    return tensors_of(module.get_method(method)(to_stack(arguments)));
  };
}

void check_script(jit::Module& module, const std::vector<models::TensorMethod>& methods) {
  const at::NoGradGuard no_grad;
  for (const auto& method : methods) {
    const auto inputs = examples(method, 3);
    const c10::IValue expected = to_value(method.run(inputs));
    if (!nearly_equal(module.get_method(method.name)(to_stack(inputs)), expected)) {
      throw Error(
          "export of '{}': the TorchScript file gives another result than the model at another "
          "batch size",
          method.name);
    }
  }
}

}  // namespace hourglass::formats
