#include "hourglass/evaluation/activation_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/ordered_json.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace hourglass::evaluation {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;  // layers keep their order

bool is_json(const fs::path& path) { return path.extension() == ".json"; }

// ---- Activations as named arrays

constexpr std::string_view kLayers = "layers", kLayerGradients = "layer_gradients",
                           kWeightGradients = "weight_gradients";

void append_group(std::vector<NamedTensor>& arrays, std::string_view group,
                  const std::vector<NamedTensor>& members) {
  for (const auto& [name, value] : members) {
    arrays.push_back({fmt::format("{}/{}", group, name), value});
  }
}

std::vector<NamedTensor> to_arrays(const Activations& activations) {
  std::vector<NamedTensor> arrays = {{"rows", activations.rows}, {"input", activations.input}};
  append_group(arrays, kLayers, activations.layers);
  if (const auto& gradients = activations.gradients) {
    arrays.push_back({"loss", at::scalar_tensor(gradients->loss, at::kDouble)});
    arrays.push_back({"input_gradient", gradients->input});
    append_group(arrays, kLayerGradients, gradients->layers);
    append_group(arrays, kWeightGradients, gradients->weights);
  }
  return arrays;
}

/// One array, or an undefined tensor.
at::Tensor find_array(const std::vector<NamedTensor>& arrays, const std::string& name) {
  for (const auto& array : arrays) {
    if (array.name == name) return array.value;
  }
  return {};
}

std::vector<NamedTensor> find_group(const std::vector<NamedTensor>& arrays,
                                    std::string_view group) {
  const std::string prefix = fmt::format("{}/", group);
  std::vector<NamedTensor> members;
  for (const auto& [name, value] : arrays) {
    if (name.starts_with(prefix)) members.push_back({name.substr(prefix.size()), value});
  }
  return members;
}

bool same_form(const NamedTensor& a, const NamedTensor& b) {
  return a.name == b.name && a.value.sizes() == b.value.sizes();
}

LossGradients gradients_from(const std::vector<NamedTensor>& arrays, const at::Tensor& loss,
                             const Activations& activations, const fs::path& path) {
  const auto layers = find_group(arrays, kLayerGradients);
  const at::Tensor input = find_array(arrays, "input_gradient");
  const bool complete = loss.numel() == 1 && input.defined() &&
                        input.sizes() == activations.input.sizes() &&
                        std::equal(layers.begin(), layers.end(), activations.layers.begin(),
                                   activations.layers.end(), same_form);
  if (!complete) {
    throw Error(
        "{}: expected with the loss, which is one number, its gradients by the input and by each "
        "of "
        "{} layers, as they are shaped, found others",
        path.string(), activations.layers.size());
  }
  return {.loss = loss.item<double>(),
          .layers = layers,
          .weights = find_group(arrays, kWeightGradients),
          .input = input};
}

Activations from_arrays(const std::vector<NamedTensor>& arrays, const fs::path& path) {
  Activations activations{.rows = find_array(arrays, "rows"),
                          .input = find_array(arrays, "input"),
                          .layers = find_group(arrays, kLayers)};
  const auto count = [](const at::Tensor& t) { return t.defined() && t.dim() ? t.size(0) : -1; };
  const bool complete = activations.rows.defined() && activations.rows.dim() == 1 &&
                        activations.rows.scalar_type() == at::kLong &&
                        !activations.layers.empty() &&
                        count(activations.input) == count(activations.rows);
  if (!complete) {
    throw Error("{}: expected saved activations (rows, input and layers), found other arrays",
                path.string());
  }
  if (const at::Tensor loss = find_array(arrays, "loss"); loss.defined()) {
    activations.gradients = gradients_from(arrays, loss, activations, path);
  }
  return activations;
}

// ---- Arrays as nested lists

OrderedJson to_lists(const at::Tensor& values) {
  if (values.dim() == 0) {
    if (values.is_floating_point()) return values.item<double>();
    return values.item<int64_t>();
  }
  OrderedJson list = OrderedJson::array();
  for (const at::Tensor& part : values.unbind()) list.push_back(to_lists(part));
  return list;
}

/// Reads nested lists of numbers; `where` is the file and the array's name.
class ListReader {
 public:
  explicit ListReader(std::string where) : where_(std::move(where)) {}

  at::Tensor read(const OrderedJson& list, at::ScalarType type) {
    for (const auto* part = &list; part->is_array(); part = &part->front()) {
      shape_.push_back(static_cast<int64_t>(part->size()));
      if (part->empty()) break;
    }
    append(list, 0);
    return at::tensor(numbers_, at::kDouble).to(type).reshape(shape_);
  }

 private:
  std::string where_;
  Shape shape_;
  std::vector<double> numbers_;

  /// The numbers of `list`, which must have the shape from place `depth` on.
  void append(const OrderedJson& list, size_t depth) {
    if (depth == shape_.size()) return append_number(list);
    if (!list.is_array() || static_cast<int64_t>(list.size()) != shape_[depth]) {
      throw Error("{}: expected lists of one length, found several", where_);
    }
    for (const auto& part : list) append(part, depth + 1);
  }

  void append_number(const OrderedJson& value) {
    if (!value.is_number() && !value.is_null()) {
      throw Error("{}: expected numbers, found another value", where_);
    }
    // JSON has no NaN: it is written as null.
    numbers_.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                       : value.get<double>());
  }
};

std::string to_json_text(const std::vector<NamedTensor>& arrays) {
  OrderedJson document = OrderedJson::object();
  for (const auto& [name, value] : arrays) {
    const size_t slash = name.find('/');
    OrderedJson& owner = slash == std::string::npos ? document : document[name.substr(0, slash)];
    owner[slash == std::string::npos ? name : name.substr(slash + 1)] = to_lists(value);
  }
  return document.dump() + "\n";
}

std::vector<NamedTensor> parse_json_text(const std::string& text, const fs::path& path) {
  const OrderedJson document = formats::parse_ordered_json(text, path.string());
  if (!document.is_object()) {
    throw Error("{}: expected activations saved as JSON, found other JSON", path.string());
  }
  std::vector<NamedTensor> arrays;
  const auto add = [&](const std::string& name, const OrderedJson& list, at::ScalarType type) {
    ListReader reader(fmt::format("{}, {}", path.string(), name));
    arrays.push_back({name, reader.read(list, type)});
  };
  for (const auto& [name, value] : document.items()) {
    if (!value.is_object()) {
      add(name, value, name == "rows" ? at::kLong : name == "loss" ? at::kDouble : at::kFloat);
      continue;
    }
    for (const auto& [member, list] : value.items()) {
      add(fmt::format("{}/{}", name, member), list, at::kFloat);
    }
  }
  return arrays;
}

}  // namespace

bool is_activation_file(const fs::path& path) {
  return is_json(path) || path.extension() == ".npz";
}

void expect_activation_file(const fs::path& path, const std::string& option) {
  if (is_activation_file(path)) return;
  throw UsageError("{}: expected a file that ends in .npz or .json, found '{}'", option,
                   path.string());
}

void save_activations(const fs::path& path, const Activations& activations) {
  const auto arrays = to_arrays(activations);
  if (!is_json(path)) return formats::write_npz(path, arrays);
  write_file_atomically(path, to_json_text(arrays));
}

Activations load_activations(const fs::path& path) {
  return from_arrays(
      is_json(path) ? parse_json_text(read_file(path), path) : formats::read_npz(path), path);
}

}  // namespace hourglass::evaluation
