#include "hourglass/models/networks/layer_list.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace hourglass::models {
namespace {

/// How a kind of layer is written.
struct LayerForm {
  std::string_view kind, form;
  size_t least = 0, most = 0;  ///< sizes
  bool activation = false;
  bool map = false;  ///< stride and padding
  bool bias = false;
  bool sequence = false;
  std::optional<double> number = {};  ///< that is meant when none is given; one below 0 has to be
};

constexpr int64_t kLargestSize = int64_t{1} << 31;

const std::vector<LayerForm>& forms() {
  static const std::vector<LayerForm> all = {
      {"dense", "dense:UNITS[,ACTIVATION]", 1, 1, /*activation=*/true},
      {.kind = "conv",
       .form = "conv:CHANNELS,KERNEL[,stride=N][,valid][,no-bias][,ACTIVATION]",
       .least = 2,
       .most = 2,
       .activation = true,
       .map = true,
       .bias = true},
      {.kind = "deconv",
       .form = "deconv:CHANNELS,KERNEL[,stride=N][,valid][,no-bias][,ACTIVATION]",
       .least = 2,
       .most = 2,
       .activation = true,
       .map = true,
       .bias = true},
      {.kind = "batch-norm", .form = "batch-norm[:EPSILON]", .number = BatchNormLayer::kEpsilon},
      {.kind = "max-pool", .form = "max-pool[:SIZE][,stride=N][,valid]", .most = 1, .map = true},
      {.kind = "upsample", .form = "upsample[:FACTOR]", .most = 1},
      {.kind = "crop", .form = "crop:PIXELS, or crop:TOP,BOTTOM,LEFT,RIGHT", .least = 1, .most = 4},
      {.kind = "flatten", .form = "flatten"},
      {.kind = "reshape", .form = "reshape:SIZE,SIZE,...", .least = 1, .most = 3},
      {.kind = "sequence", .form = "sequence"},
      {.kind = "lstm", .form = "lstm:UNITS[,sequence]", .least = 1, .most = 1, .sequence = true},
      {.kind = "repeat", .form = "repeat:STEPS", .least = 1, .most = 1},
      {.kind = "activation", .form = "activation:NAME", .activation = true},
      {.kind = "leaky-relu", .form = "leaky-relu:SLOPE", .number = -1},
  };
  return all;
}

/// Takes one word behind the colon; false where the kind has no such word.
bool take_word(const LayerForm& form, const std::string& word, LayerWords& layer) {
  const auto whole = parse_integer(word);
  const auto number = parse_double(word);
  const auto activation = TextCodec<Activation>::parse(word);
  if (form.number && number && *number > 0) {
    layer.number = *number;
  } else if (!form.number && whole && *whole >= (form.kind == "crop" ? 0 : 1) &&
             *whole <= kLargestSize) {
    layer.sizes.push_back(*whole);
  } else if (form.map && word.starts_with("stride=")) {
    const auto stride = parse_integer(word.substr(word.find('=') + 1));
    layer.stride = stride && *stride <= kLargestSize ? *stride : 0;
    return layer.stride > 0;
  } else if (form.map && (word == "valid" || word == "same")) {
    layer.padding = word == "valid" ? Padding::Valid : Padding::Same;
  } else if (form.bias && word == "no-bias") {
    layer.bias = false;
  } else if (form.sequence && word == "sequence") {
    layer.sequence = true;
  } else if (form.activation && activation) {
    layer.activation = *activation;
  } else {
    return false;
  }
  return true;
}

bool is_complete(const LayerForm& form, const LayerWords& layer, size_t words) {
  const size_t count = layer.sizes.size();
  if (count < form.least || count > form.most) return false;
  if (form.kind == "crop" && count != 1 && count != 4) return false;
  if (form.kind == "activation" && words != 1) return false;
  return !form.number || layer.number > 0;
}

LayerWords parse_layer(const std::string& field, const std::string& text) {
  const size_t colon = text.find(':');
  LayerWords layer{.text = text, .kind = std::string(trimmed(text.substr(0, colon)))};
  const auto form = std::find_if(forms().begin(), forms().end(),
                                 [&](const LayerForm& each) { return each.kind == layer.kind; });
  if (form == forms().end()) {
    std::vector<std::string> kinds;
    for (const auto& each : forms()) kinds.emplace_back(each.kind);
    throw UsageError("`{}`: expected layers of {}, found '{}'{}", field, join_text(kinds), text,
                     suggestion(layer.kind, kinds));
  }
  layer.number = form->number.value_or(0);
  std::vector<std::string> words;
  if (colon != std::string::npos) words = split_text(text.substr(colon + 1), ',');
  for (const auto& word : words) {
    if (take_word(*form, std::string(trimmed(word)), layer)) continue;
    throw UsageError("`{}`: expected {}, found '{}' in '{}'", field, form->form, trimmed(word),
                     text);
  }
  if (!is_complete(*form, layer, words.size())) {
    throw UsageError("`{}`: expected {}, found '{}'", field, form->form, text);
  }
  return layer;
}

}  // namespace

std::vector<LayerWords> parse_layer_list(const std::string& field, const std::string& text) {
  std::vector<LayerWords> layers;
  const auto parts = split_text(text, ';');
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string part(trimmed(parts[i], " \t\n"));
    if (part.empty() && i + 1 == parts.size()) break;  // a semicolon may stand at the end
    layers.push_back(parse_layer(field, part));
  }
  if (layers.empty()) {
    throw UsageError("`{}`: expected layers, as in 'flatten; dense:64,relu; dense:2', found none",
                     field);
  }
  return layers;
}

std::vector<std::string> layer_forms() {
  std::vector<std::string> all;
  for (const auto& form : forms()) all.emplace_back(form.form);
  return all;
}

}  // namespace hourglass::models
