#include "hourglass/evaluation/activations.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/layer_recorder.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <fnmatch.h>

namespace hourglass::evaluation {
namespace {

/// cuDNN's recurrent layers cannot be differentiated in evaluation mode; LibTorch's own can.
class WithoutCudnn {
 public:
  WithoutCudnn() { at::globalContext().setUserEnabledCuDNN(false); }
  ~WithoutCudnn() { at::globalContext().setUserEnabledCuDNN(before_); }
  WithoutCudnn(const WithoutCudnn&) = delete;
  WithoutCudnn& operator=(const WithoutCudnn&) = delete;

 private:
  bool before_ = at::globalContext().userEnabledCuDNN();
};

bool ends_with_result(const RecordedRun& run) {
  return !run.layers.empty() && at::equal(run.layers.back().value, run.results.front());
}

/// A container gives what its last layer gives: "encoder" after "encoder.2" says nothing new.
std::vector<NamedTensor> without_repeats(const std::vector<NamedTensor>& layers) {
  std::vector<NamedTensor> kept;
  for (const auto& layer : layers) {
    const bool repeats = !kept.empty() && kept.back().name.starts_with(layer.name + ".") &&
                         at::equal(kept.back().value, layer.value);
    if (!repeats) kept.push_back(layer);
  }
  return kept;
}

/// The result, and all layers on the way to it. `x` is on the model's device.
RecordedRun run_layers(ExportedModel& model, const at::Tensor& x, const at::Tensor& condition) {
  std::vector<at::Tensor> arguments = {x};
  if (model.condition_width() > 0) arguments.push_back(condition.to(x.device()));
  const auto names = model.card() ? model.card()->layers : std::vector<std::string>();
  if (names.empty()) {
    RecordedRun run = run_recorded(model.module(), "forward", arguments);
    run.layers = without_repeats(run.layers);
    if (!ends_with_result(run)) run.layers.push_back({"output", run.results.front()});
    return run;
  }
  const auto values = run_recorded(model.module(), "layers", arguments).results;
  if (names.size() != values.size()) {
    throw Error("{}: expected a name in hourglass.json for each of {} layers, found {}",
                model.path().string(), values.size(), names.size());
  }
  RecordedRun run{.layers = {}, .results = {values.back()}};
  for (size_t i = 0; i < names.size(); ++i) run.layers.push_back({names[i], values[i]});
  return run;
}

at::Tensor loss_value(models::Loss loss, const at::Tensor& output, const at::Tensor& target) {
  switch (loss) {
    case models::Loss::Bce: return at::binary_cross_entropy(output, target);
    case models::Loss::Mse: return at::mse_loss(output, target);
    default: return at::l1_loss(output, target);
  }
}

void check_target(const ExportedModel& model, models::Loss loss, const at::Tensor& output,
                  const at::Tensor& target) {
  if (!models::follows_from_mean(loss)) {
    throw Error(
        "{}: expected a loss that follows from the output for the gradients, bce, mse or mae, "
        "found {}: use `loss` mse",
        model.path().string(), enum_name(loss));
  }
  if (output.sizes() != target.sizes()) {
    throw Error("{}: expected targets of the output's shape, {}, for the loss, found {}",
                model.path().string(), shape_text(output.sizes().vec()),
                shape_text(target.sizes().vec()));
  }
  if (target.isnan().any().item<bool>()) {
    throw Error(
        "{}: expected targets without missing values for the gradients of a loss; use "
        "`gaps` fill",
        model.path().string());
  }
  for (const auto& values : {output, target}) {
    if (loss == models::Loss::Bce && (values.lt(0).any() | values.gt(1).any()).item<bool>()) {
      throw Error("{}: cross-entropy expects values in [0, 1], found {:g} to {:g}: use `loss` mse",
                  model.path().string(), values.min().item<double>(), values.max().item<double>());
    }
  }
}

/// What a loss can be differentiated with respect to.
class Differentiable {
 public:
  void add(const std::string& name, const at::Tensor& value) {
    values_.push_back({name, value});
    if (value.requires_grad()) used_.push_back(value);
  }

  /// The gradient of each, in the order added; zeros where the loss does not depend on it.
  std::vector<NamedTensor> gradients(const at::Tensor& loss) const {
    const auto found = torch::autograd::grad({loss}, used_, /*grad_outputs=*/{},
                                             /*retain_graph=*/true, /*create_graph=*/false,
                                             /*allow_unused=*/true);
    std::vector<NamedTensor> gradients;
    size_t next = 0;
    for (const auto& [name, value] : values_) {
      const at::Tensor gradient = value.requires_grad() ? found[next++] : at::Tensor();
      gradients.push_back(
          {name, (gradient.defined() ? gradient : at::zeros_like(value.detach())).cpu()});
    }
    return gradients;
  }

 private:
  std::vector<NamedTensor> values_;
  std::vector<at::Tensor> used_;
};

LossGradients gradients_of(const at::Tensor& loss, const at::Tensor& x,
                           const std::vector<NamedTensor>& layers,
                           const std::vector<NamedTensor>& weights) {
  if (!loss.requires_grad()) {
    throw Error("the loss depends on no input or weight by a way that can be differentiated");
  }
  Differentiable values;
  values.add("input", x);
  for (const auto& [name, value] : layers) values.add(name, value);
  for (const auto& [name, value] : weights) values.add(name, value);
  const auto all = values.gradients(loss);
  const auto weights_begin = all.begin() + 1 + static_cast<std::ptrdiff_t>(layers.size());
  return {.loss = loss.item<double>(),
          .layers = {all.begin() + 1, weights_begin},
          .weights = {weights_begin, all.end()},
          .input = all.front().value};
}

/// The parameters themselves; a file may hold them frozen.
std::vector<NamedTensor> trainable_parameters(torch::jit::Module& module) {
  std::vector<NamedTensor> parameters;
  for (const auto& [name, value] : module.named_parameters()) {
    if (value.is_floating_point()) parameters.push_back({name, value.set_requires_grad(true)});
  }
  return parameters;
}

Activations to_activations(const Batch& batch, const std::vector<models::LayerOutput>& layers) {
  Activations activations{.rows = batch.rows, .input = batch.input.cpu(), .layers = {}};
  for (const auto& [name, value] : layers) {
    activations.layers.push_back({name, value.detach().cpu()});
  }
  return activations;
}

bool is_of(NetworkPart part, const std::string& layer) {
  const std::string first = layer.substr(0, layer.find('.'));
  switch (part) {
    case NetworkPart::Encoder: return first == "encoder";
    case NetworkPart::Decoder: return first == "decoder" || first == "output";
    case NetworkPart::All: break;
  }
  return true;
}

/// "encoder.dense1.weight" belongs to "encoder.dense1", and to "encoder".
bool belongs_to(const std::string& parameter, const std::string& layer) {
  return parameter.starts_with(layer + ".");
}

}  // namespace

Activations record_activations(ExportedModel& model, const Batch& batch) {
  // Says in one line what is wrong with program, input or condition.
  model.reconstruct(batch.input, batch.condition);
  const at::NoGradGuard no_grad;
  const at::Tensor x = batch.input.to(model.device());
  return to_activations(batch, run_layers(model, x, batch.condition).layers);
}

Activations record_gradients(ExportedModel& model, const Batch& batch, models::Loss loss) {
  check_target(model, loss, model.reconstruct(batch.input, batch.condition), batch.target.cpu());
  const WithoutCudnn without_cudnn;
  const at::AutoGradMode with_gradients(true);
  const at::Device device = model.device();
  const at::Tensor x = batch.input.detach().to(device).clone().requires_grad_(true);
  const auto weights = trainable_parameters(model.module());
  const RecordedRun run = run_layers(model, x, batch.condition);
  Activations activations = to_activations(batch, run.layers);
  const at::Tensor value = loss_value(loss, run.results.front(), batch.target.to(device));
  activations.gradients = gradients_of(value, x, run.layers, weights);
  return activations;
}

Activations record_rows(ExportedModel& model, const datasets::Dataset& rows,
                        std::optional<models::Loss> loss) {
  if (rows.size() > ExportedModel::kBatch) {
    throw Error(
        "expected at most {} rows, which are computed in one batch, found {}: use `indices`",
        ExportedModel::kBatch, rows.size());
  }
  const Batch batch = rows.batch(rows.all_positions());
  return loss ? record_gradients(model, batch, *loss) : record_activations(model, batch);
}

std::vector<std::string> match_names(const std::vector<std::string>& names,
                                     const std::vector<std::string>& patterns) {
  std::vector<bool> matched(names.size());
  for (const auto& pattern : patterns) {
    bool any = false;
    for (size_t i = 0; i < names.size(); ++i) {
      if (::fnmatch(pattern.c_str(), names[i].c_str(), 0) != 0) continue;
      any = matched[i] = true;
    }
    if (!any) {
      throw Error("expected the name of a layer, found '{}'{}; there are {}", pattern,
                  suggestion(pattern, names), join_text(names));
    }
  }
  std::vector<std::string> chosen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (matched[i]) chosen.push_back(names[i]);
  }
  return chosen;
}

std::vector<std::string> choose_layers(const std::vector<std::string>& names,
                                       const std::vector<std::string>& patterns, NetworkPart part) {
  std::vector<std::string> chosen = patterns.empty() ? names : match_names(names, patterns);
  std::erase_if(chosen, [&](const auto& name) { return !is_of(part, name); });
  if (chosen.empty()) {
    throw Error("`part` {}: expected layers whose names begin so, found {}: use `layers`",
                enum_name(part), join_text(names));
  }
  return chosen;
}

std::vector<std::string> layer_names(const Activations& activations) {
  std::vector<std::string> names;
  for (const auto& layer : activations.layers) names.push_back(layer.name);
  return names;
}

void keep_layers(Activations& activations, const std::vector<std::string>& names) {
  const auto is_dropped = [&](const NamedTensor& layer) {
    return std::find(names.begin(), names.end(), layer.name) == names.end();
  };
  std::erase_if(activations.layers, is_dropped);
  if (!activations.gradients) return;
  std::erase_if(activations.gradients->layers, is_dropped);
  std::erase_if(activations.gradients->weights, [&](const NamedTensor& weight) {
    return std::none_of(names.begin(), names.end(),
                        [&](const auto& name) { return belongs_to(weight.name, name); });
  });
}

}  // namespace hourglass::evaluation
