#include "hourglass/evaluation/exported_model.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/script.h"
#include "hourglass/formats/torchscript_bytes.h"
#include "hourglass/formats/torchscript_loading.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

namespace hourglass::evaluation {
namespace {

using torch::jit::IValue;

/// The tensors of what a method returned; none when it is of another kind.
std::vector<at::Tensor> tensors_of(const IValue& result) {
  if (result.isTensor()) return {result.toTensor()};
  if (result.isTensorList()) return result.toTensorVector();
  if (!result.isTuple()) return {};
  std::vector<at::Tensor> tensors;
  for (const IValue& element : result.toTupleRef().elements()) {
    if (!element.isTensor()) return {};
    tensors.push_back(element.toTensor());
  }
  return tensors;
}

constexpr int64_t kComparedRows = 4;

constexpr const char* kStandardPrior = "standard";

std::vector<at::Tensor> rows_of(const std::vector<at::Tensor>& arguments, int64_t first,
                                int64_t count) {
  std::vector<at::Tensor> rows;
  rows.reserve(arguments.size());
  for (const auto& argument : arguments) rows.push_back(argument.narrow(0, first, count));
  return rows;
}

/// Up to rounding, which other instructions and another order of sums make different.
bool are_close(const std::vector<at::Tensor>& found, const std::vector<at::Tensor>& expected) {
  if (found.empty() || found.size() != expected.size()) return false;
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i].sizes() != expected[i].sizes()) return false;
    const double scale = std::max(1.0, expected[i].abs().max().item<double>());
    if (!at::allclose(found[i], expected[i], 1e-4, 1e-5 * scale)) return false;
  }
  return true;
}

}  // namespace

struct ExportedModel::Program {
  torch::jit::Module module;
  at::Device device = at::kCPU;
};

ExportedModel::ExportedModel(const std::filesystem::path& path, Program program)
    : path_(path),
      file_size_(std::filesystem::file_size(path)),
      program_(std::make_shared<Program>(std::move(program))) {
  program_->module.eval();
}

ExportedModel ExportedModel::load(const std::filesystem::path& path, at::Device device) {
  torch::jit::ExtraFilesMap extra = {{"hourglass.json", ""}};
  ExportedModel model(path,
                      {.module = formats::load_torchscript(path, device, extra), .device = device});
  const std::string& text = extra["hourglass.json"];
  if (!text.empty()) model.card_ = formats::parse_card(text, path.string());
  return model;
}

ExportedModel ExportedModel::of(const formats::Script& script, const std::filesystem::path& path,
                                at::Device device) {
  // As from a file: constants go to the device with the parameters, and nothing is shared.
  std::istringstream saved(formats::torchscript_bytes(script.module));
  torch::jit::Module module = torch::jit::load(saved, device);
  if (device.is_cpu()) formats::check_script(module, script.methods);
  ExportedModel model(path, {.module = std::move(module), .device = device});
  model.card_ = script.card;
  return model;
}

void ExportedModel::compute_with(InferenceMaker maker) {
  make_inference_ = std::move(maker);
  inference_.reset();
  compared_.clear();
}

bool ExportedModel::has_method(const std::string& name) const {
  return program_->module.find_method(name).has_value();
}

at::Tensor ExportedModel::reconstruct(const at::Tensor& x, const at::Tensor& condition) {
  return run("forward", x, condition, 1).front();
}
at::Tensor ExportedModel::encode(const at::Tensor& x, const at::Tensor& condition) {
  return run("encode", x, condition, 1).front();
}
at::Tensor ExportedModel::decode(const at::Tensor& z, const at::Tensor& condition) {
  const bool are_indices = card_ && card_->has_index_codes();
  return run("decode", are_indices ? z.to(at::kLong) : z, condition, 1).front();
}

std::vector<models::LayerOutput> ExportedModel::layers(const at::Tensor& x,
                                                       const at::Tensor& condition) {
  const auto names = card_ ? card_->layers : std::vector<std::string>();
  const auto values = run_method("layers", x, condition);
  std::vector<models::LayerOutput> layers;
  for (size_t i = 0; i < values.size(); ++i) {
    layers.push_back({i < names.size() ? names[i] : std::to_string(i + 1), values[i]});
  }
  return layers;
}

std::vector<at::Tensor> ExportedModel::run_method(const std::string& name, const at::Tensor& x,
                                                  const at::Tensor& condition) {
  return run(name, x, condition, std::numeric_limits<size_t>::max());
}

std::vector<at::Tensor> ExportedModel::run_method(const std::string& name,
                                                  const std::vector<at::Tensor>& arguments) {
  check_call(name, arguments.front());
  return run(name, arguments, std::numeric_limits<size_t>::max());
}

int64_t ExportedModel::condition_width() const {
  return card_ && card_->condition ? card_->condition->width : 0;
}

void ExportedModel::check_condition(const at::Tensor& x, const at::Tensor& condition) const {
  const int64_t width = condition_width();
  const bool fits = condition.defined() && condition.dim() == 2 && condition.size(1) == width &&
                    condition.size(0) == x.size(0);
  if (width == 0 || fits) return;
  throw Error("{}: expects a condition of {} numbers an item ({}), found {}: use `condition`",
              path_.string(), width, join_text(card_->condition->names),
              condition.defined() ? shape_text(condition.sizes().vec()) : "none");
}

void ExportedModel::check_call(const std::string& method, const at::Tensor& x) const {
  if (!has_method(method)) {
    throw Error("{}: expected a method '{}', found {}", path_.string(), method,
                join_text(method_names()));
  }
  if (!x.defined() || x.dim() == 0 || x.size(0) == 0) {
    throw Error("{}: {} expects a batch of at least one row, found none", path_.string(), method);
  }
}

std::vector<at::Tensor> ExportedModel::run(const std::string& method, const at::Tensor& x,
                                           const at::Tensor& condition, size_t most) {
  check_call(method, x);
  check_condition(x, condition);
  std::vector<at::Tensor> arguments = {x};
  if (condition_width() > 0) arguments.push_back(condition);
  return run(method, arguments, most);
}

std::vector<at::Tensor> ExportedModel::run(const std::string& method,
                                           const std::vector<at::Tensor>& arguments, size_t most) {
  if (!infers(method, arguments)) return run_program(method, arguments, most);
  auto results = inference_->run(method, arguments);
  results.resize(std::min(results.size(), most));
  return results;
}

std::vector<at::Tensor> ExportedModel::run_program(const std::string& method,
                                                   const std::vector<at::Tensor>& arguments,
                                                   size_t most) {
  std::vector<std::vector<at::Tensor>> pieces;  // by place in the result, then by batch
  const int64_t rows = arguments.front().size(0);
  for (int64_t first = 0; first < rows; first += kBatch) {
    const int64_t count = std::min(kBatch, rows - first);
    const auto values = run_batch(method, rows_of(arguments, first, count), most);
    pieces.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) pieces[i].push_back(values[i]);
  }
  std::vector<at::Tensor> results;
  results.reserve(pieces.size());
  for (const auto& batches : pieces) results.push_back(at::cat(batches));
  return results;
}

/// Whether the method can go past the program: compared on rows of the first call, for items of
/// their shape.
bool ExportedModel::infers(const std::string& method, const std::vector<at::Tensor>& arguments) {
  if (make_inference_) inference_ = std::exchange(make_inference_, nullptr)(*this);
  if (!inference_) return false;
  const Shape shape = arguments.front().sizes().slice(1).vec();
  if (!compared_.contains(method)) {
    const int64_t count = std::min(kComparedRows, arguments.front().size(0));
    const auto few = rows_of(arguments, 0, count);
    // The program first: what it says of arguments that do not fit is what a user reads.
    const auto expected = run_batch(method, few, std::numeric_limits<size_t>::max());
    const bool agrees = are_close(inference_->run(method, few), expected);
    compared_[method] = agrees ? std::optional(shape) : std::nullopt;
  }
  return compared_.at(method) == shape;
}

std::vector<at::Tensor> ExportedModel::run_batch(const std::string& method,
                                                 const std::vector<at::Tensor>& arguments,
                                                 size_t most) {
  // Not inference mode: a program that was differentiated (see `module`) keeps graphs that save
  // tensors for gradients, which fails there, and it runs no faster (91 against 92 µs for a batch).
  const at::NoGradGuard no_grad;
  const at::Tensor& x = arguments.front();
  const auto where = [&] {
    return fmt::format("{}: {} of an input of shape {}", path_.string(), method,
                       shape_text(x.sizes().vec()));
  };
  std::vector<IValue> there;
  there.reserve(arguments.size());
  for (const auto& argument : arguments) there.emplace_back(argument.to(program_->device));
  std::vector<at::Tensor> values;
  try {
    values = tensors_of(program_->module.get_method(method)(there));
  } catch (const std::exception& error) {
    throw Error("{} failed: {}", where(), formats::libtorch_reason(error.what()));
  }
  if (values.empty()) throw Error("{}: expected tensors, found a result of another kind", where());
  values.resize(std::min(values.size(), most));
  for (at::Tensor& value : values) {
    if (value.dim() == 0 || value.size(0) != x.size(0)) {
      throw Error("{}: expected a result of {} rows, found one of shape [{}]", where(), x.size(0),
                  shape_text(value.sizes().vec()));
    }
    value = value.cpu();
  }
  return values;
}

std::vector<std::string> ExportedModel::method_names() const {
  std::vector<std::string> names;
  for (const auto& method : program_->module.get_methods()) names.push_back(method.name());
  return names;
}

std::vector<NamedTensor> ExportedModel::parameters() const {
  std::vector<NamedTensor> parameters;
  for (const auto& [name, value] : program_->module.named_parameters()) {
    parameters.push_back({name, value.detach().cpu()});
  }
  return parameters;
}

TensorMap ExportedModel::tensors() const {
  TensorMap tensors;
  for (const auto& [name, value] : parameters()) tensors[name] = value;
  for (const auto& [name, value] : program_->module.named_buffers()) tensors[name] = value.cpu();
  return tensors;
}

at::Tensor ExportedModel::parameter(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& parameter : parameters()) {
    if (parameter.name == name) return parameter.value;
    names.push_back(parameter.name);
  }
  throw Error("{}: expected a parameter '{}'{}, found {}", path_.string(), name,
              suggestion(name, names), names.empty() ? "none at all" : join_text(names));
}

at::Device ExportedModel::device() const { return program_->device; }

torch::jit::Module& ExportedModel::module() { return program_->module; }

std::optional<Shape> ExportedModel::input_shape() const {
  if (input_shape_ || !card_) return input_shape_;
  return card_->input_shape;
}

std::optional<Shape> ExportedModel::code_shape() const {
  if (!card_) return {};
  return card_->code_shape;
}

models::Loss recorded_loss(const ExportedModel& model) {
  const std::string name = model.card() ? model.card()->options.loss() : "mse";
  return TextCodec<models::Loss>::parse(name).value_or(models::Loss::Mse);
}

std::string recorded_prior(const ExportedModel& model) {
  if (!model.card()) return kStandardPrior;
  return model.card()->options.find<std::string>("prior").value_or(kStandardPrior);
}

bool has_standard_prior(const ExportedModel& model) {
  return recorded_prior(model) == kStandardPrior;
}

bool has_learned_prior(const ExportedModel& model) { return recorded_prior(model) == "learned"; }

}  // namespace hourglass::evaluation
