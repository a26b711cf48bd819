#include "hourglass/evaluation/loaded_script.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/codebook.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <utility>

namespace hourglass::evaluation {
namespace {

using formats::Script;
using Argument = models::TensorMethod::Argument;

constexpr int64_t kMostDraws = 64;

Shape shape_of_items(const ExportedModel& model) {
  if (const auto shape = model.input_shape()) return *shape;
  throw Error(
      "{}: expected a file that says the shape of its inputs, found none; say `input_shape`",
      model.path().string());
}

/// What `encode` gives for an item: of a card, or as the method itself does.
Argument code_argument(ExportedModel& model, const Shape& item_shape) {
  // Indices below 2 are those of any codebook.
  const bool are_indices = has_index_codes(model);
  if (const auto shape = model.code_shape()) return {"z", *shape, are_indices ? 2 : 0};
  const at::Tensor code = model.encode(at::rand(with_batch(2, item_shape)));
  return {"z", code.sizes().slice(1).vec()};
}

/// The names that the method's program has for its arguments; ours are those of the card's methods.
std::string name_of_argument(const torch::jit::Module& module, const std::string& method,
                             size_t number) {
  return module.get_method(method).function().getSchema().arguments().at(number + 1).name();
}

std::string signature(const Script& script) {
  return script.card.condition ? "self, x, condition" : "self, x";
}

std::string call(const Script& script, const std::string& method, const std::string& of) {
  return fmt::format("self.{}({}{})", method, of, script.card.condition ? ", condition" : "");
}

/// The rows of `x` and `y` as float64, as in errors.h. TorchScript source that C++ compiles knows
/// types by number; 7 is float64.
const char* const kRows =
    "    x = x.flatten(1).to(7)\n"
    "    y = y.flatten(1).to(7)\n";

/// Sum over an item's values of the loss of `y` beside `x`.
std::string item_loss(models::Loss loss) {
  switch (loss) {
    case models::Loss::Mse: return "torch.sum((y - x) * (y - x), [1])";
    case models::Loss::Mae: return "torch.sum(torch.abs(y - x), [1])";
    default: break;
  }
  // The logarithm is cut at −100, as LibTorch's is.
  return "-torch.sum(x * torch.clamp(torch.log(y), -100.0) + (1.0 - x) * torch.clamp(torch.log(1.0 "
         "- y), -100.0), [1])";
}

std::string reconstruction_source(const Script& script) {
  return fmt::format(
      "def score({}):\n    y = {}\n{}    return torch.mean((y - x) * (y - x), [1])\n",
      signature(script), call(script, "forward", "x"), kRows);
}

/// See `score_steps`: the mean over the channels of each step.
std::string step_source(const Script& script) {
  return fmt::format(
      "def score({}):\n    y = {}\n    off = y.flatten(2).to(7) - x.flatten(2).to(7)\n"
      "    return torch.mean(off * off, [2])\n",
      signature(script), call(script, "forward", "x"));
}

/// See `elbo_scorer`: the mean over the draws of the loss, plus the divergence of the code.
std::string elbo_source(const Script& script, models::Loss loss, int64_t draws) {
  std::string source = fmt::format(
      "def item_loss(self, x, y):\n{}    return {}\n"
      "def score({}):\n    mean, log_variance = {}\n",
      kRows, item_loss(loss), signature(script), call(script, "encode_distribution", "x"));
  std::string total;
  for (int64_t i = 0; i < draws; ++i) {
    source +=
        fmt::format("    z{0} = mean + torch.exp(0.5 * log_variance) * self.score_noise[{0}]\n", i);
    total += fmt::format("{}self.item_loss(x, {})", i == 0 ? "" : " + ",
                         call(script, "decode", fmt::format("z{}", i)));
  }
  if (draws == 0) total = fmt::format("self.item_loss(x, {})", call(script, "decode", "mean"));
  return source + fmt::format(
                      "    m = mean.flatten(1).to(7)\n"
                      "    v = log_variance.flatten(1).to(7)\n"
                      "    divergence = 0.5 * torch.sum(m * m + torch.exp(v) - 1.0 - v, [1])\n"
                      "    return ({}) / {}.0 + divergence\n",
                      total, std::max<int64_t>(draws, 1));
}

std::string mahalanobis_source(const Script& script) {
  return fmt::format(
      "def score({}):\n"
      "    c = {}.flatten(1).to(7) - self.normal_mean\n"
      "    return torch.sqrt(torch.clamp(torch.sum(torch.matmul(c, self.normal_precision) * c, "
      "[1]), 0.0))\n",
      signature(script), call(script, "encode", "x"));
}

std::string centre_source(const Script& script) {
  return fmt::format(
      "def score({}):\n"
      "    c = {}.flatten(1).to(7) - self.score_centre\n"
      "    return torch.sum(c * c, [1])\n",
      signature(script), call(script, "encode", "x"));
}

std::string score_source(Script& script, const ExportedModel& model,
                         const AnomalyDetector& detector) {
  if (detector.steps) return step_source(script);
  const DetectorOptions& options = detector.options;
  if (options.score == AnomalyScore::Mahalanobis) {
    script.module.register_buffer("normal_mean", detector.codes.value().mean);
    script.module.register_buffer("normal_precision", detector.codes->precision);
    return mahalanobis_source(script);
  }
  if (options.score == AnomalyScore::CentreDistance) {
    script.module.register_buffer("score_centre", centre_of(model));
    return centre_source(script);
  }
  if (options.score == AnomalyScore::Reconstruction) return reconstruction_source(script);
  check_elbo(model);
  if (const models::Loss loss = recorded_loss(model); !models::follows_from_mean(loss)) {
    throw Error(
        "{}: `threshold`: an elbo score can be written into files of loss bce, mse or mae, "
        "found {}; fit one with `score` reconstruction or mahalanobis",
        model.path().string(), enum_name(loss));
  }
  if (options.samples > kMostDraws) {
    throw Error(
        "`threshold`: expected an elbo score of at most {} draws to write into a file, found {}; "
        "fit one with fewer `samples`",
        kMostDraws, options.samples);
  }
  if (options.samples > 0) {
    script.module.register_buffer(
        "score_noise", elbo_noise(options.samples, script.card.code_shape, options.seed));
  }
  return elbo_source(script, recorded_loss(model), options.samples);
}

}  // namespace

Script script_of(ExportedModel& model) {
  Script script = {
      .module = model.module(), .card = model.card().value_or(formats::ModelCard{}), .methods = {}};
  std::vector<Argument> items = {{"x", shape_of_items(model)}};
  std::vector<Argument> codes;
  if (model.has_method("decode") && model.has_method("encode"))
    codes = {code_argument(model, items[0].item_shape)};
  if (const int64_t width = model.condition_width(); width > 0) {
    items.push_back({"condition", {width}});
    codes.push_back({"condition", {width}});
  }
  for (const std::string name :
       {"forward", "encode", "decode", formats::kDecodeParameters, "layers", "encode_distribution",
        "encode_base", "classify", "centre_distance"}) {
    const bool of_codes = name.starts_with("decode");
    if (!model.has_method(name) || (of_codes && codes.empty())) continue;
    models::TensorMethod method = {.name = name, .arguments = of_codes ? codes : items};
    for (size_t i = 0; i < method.arguments.size(); ++i) {
      if (!model.card()) method.arguments[i].name = name_of_argument(script.module, name, i);
    }
    method.run = formats::script_runner(script.module, name);
    script.methods.push_back(std::move(method));
  }
  if (!model.card()) {
    script.card.input_shape = items[0].item_shape;
    if (!codes.empty()) script.card.code_shape = codes[0].item_shape;
  }
  return script;
}

void add_detector(Script& script, const ExportedModel& model, const AnomalyDetector& detector) {
  // A copy: methods are added.
  const std::vector<Argument> items =
      std::find_if(script.methods.begin(), script.methods.end(), [](const auto& method) {
        return method.name == "encode" || method.name == "forward";
      })->arguments;
  add_score(script, score_source(script, model, detector), detector.threshold, items);
}

void add_score(Script& script, const std::string& source, double threshold,
               const std::vector<Argument>& items) {
  script.module.define(source + fmt::format("def is_anomaly({}):\n    return {} > {:.17g}\n",
                                            signature(script), call(script, "score", "x"),
                                            threshold));
  for (const char* name : {"score", "is_anomaly"}) {
    script.methods.push_back(
        {.name = name, .arguments = items, .run = formats::script_runner(script.module, name)});
  }
}

}  // namespace hourglass::evaluation
