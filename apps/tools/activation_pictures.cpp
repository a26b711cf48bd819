#include "hourglass/apps/tools/activation_pictures.h"

#include "hourglass/core/error.h"
#include "hourglass/core/item_kind.h"
#include "hourglass/evaluation/activation_file.h"
#include "hourglass/figures/activation_maps.h"
#include "hourglass/figures/heat_overlay.h"
#include "hourglass/figures/image_grid.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;

namespace {

constexpr int64_t kMostDrawnChannels = 63;  // and the input: eight rows of eight
constexpr ColorMap kSigned = ColorMap::RedBlue;

/// One to three dimensions, as pictures take them: more are folded into the first.
at::Tensor drawable(const at::Tensor& value) {
  if (value.dim() == 0) return value.unsqueeze(0);
  return value.dim() <= 3 ? value : value.flatten(0, value.dim() - 3);
}

/// The values of row `i` of `count`, by layer.
std::vector<ActivationMap> maps_of(const std::vector<NamedTensor>& layers, int64_t i,
                                   int64_t count) {
  std::vector<ActivationMap> maps;
  for (const auto& [name, value] : layers) {
    if (value.dim() == 0 || value.size(0) != count || value.numel() == 0) continue;
    maps.push_back({name, drawable(value[i])});
  }
  return maps;
}

/// The pictures of one row.
class RowPictures {
 public:
  RowPictures(const Activations& activations, int64_t i, const std::string& title,
              std::optional<ColorMap> map, std::vector<NamedPicture>& pictures)
      : activations_(activations),
        i_(i),
        row_(activations.rows[i].item<int64_t>()),
        title_(fmt::format("{} {}", title, row_)),
        input_(activations.input[i]),
        input_range_(range_of(activations.input)),
        map_(map),
        pictures_(pictures) {}

  void draw() {
    const int64_t count = activations_.rows.size(0);
    const auto maps = maps_of(activations_.layers, i_, count);
    if (!maps.empty()) {
      save("activations-{}.png", activation_maps(maps, {.title = title_ + ": activations",
                                                        .map = map_.value_or(ColorMap::Gray)}));
    }
    if (item_kind(input_.sizes()) == ItemKind::Image) {
      for (const auto& map : maps) draw_heat(map);
    }
    if (activations_.gradients) draw_gradients(*activations_.gradients, count);
  }

 private:
  const Activations& activations_;
  int64_t i_, row_;
  std::string title_;
  at::Tensor input_;
  ValueRange input_range_;
  std::optional<ColorMap> map_;
  std::vector<NamedPicture>& pictures_;

  void save(fmt::format_string<int64_t&> file, Picture picture) {
    int64_t row = row_;
    pictures_.push_back({fmt::format(file, row), std::move(picture)});
  }

  at::Tensor over_input(const at::Tensor& heat, const HeatOptions& options) const {
    return heat_overlay(input_, input_range_, heat, options);
  }

  ColorMap heat_map() const { return map_.value_or(ColorMap::Viridis); }

  /// The input, the layer's mean over channels, and the channels, all on the scale of the layer.
  void draw_heat(const ActivationMap& map) {
    if (map.value.dim() != 3) return;
    const int64_t channels = map.value.size(0);
    const int64_t drawn = std::min(channels, kMostDrawnChannels - 1);
    const HeatOptions options = {.range = range_of(map.value), .map = heat_map()};
    std::vector<at::Tensor> tiles = {over_input(map.value[0], {.opacity = 0})};
    std::vector<std::string> captions = {"input"};
    if (channels > 1) {
      tiles.push_back(over_input(map.value.mean(0), options));
      captions.emplace_back("mean");
    }
    for (int64_t channel = 0; channel < drawn; ++channel) {
      tiles.push_back(over_input(map.value[channel], options));
      captions.push_back(fmt::format("{}", channel));
    }
    const std::string how_many =
        drawn < channels ? fmt::format(", {} of {} channels", drawn, channels) : "";
    const std::string title = fmt::format("{}: {}{}", title_, map.name, how_many);
    pictures_.push_back({fmt::format("heat-{}-{}.png", row_, map.name),
                         image_grid({{"", at::stack(tiles), captions}},
                                    {.title = title,
                                     .scales = {{.map = options.map,
                                                 .range = options.range,
                                                 .label = "one scale for all tiles"}}})});
  }

  void draw_gradients(const LossGradients& gradients, int64_t count) {
    const std::string title = title_ + ": gradients of the loss";
    std::vector<NamedTensor> values = {{"input", gradients.input}};
    values.insert(values.end(), gradients.layers.begin(), gradients.layers.end());
    save("gradients-{}.png",
         activation_maps(maps_of(values, i_, count),
                         {.title = title, .map = kSigned, .around_zero = true}));
    const at::Tensor gradient = gradients.input[i_];
    if (item_kind(gradient.sizes()) == ItemKind::Image) draw_input_gradient(gradient, title);
  }

  /// The channel that says most counts for a pixel.
  void draw_input_gradient(const at::Tensor& gradient, const std::string& title) {
    const at::Tensor strength = gradient.abs().amax(0);
    const auto strongest = gradient.abs().argmax(0, /*keepdim=*/true);
    const at::Tensor with_sign = gradient.gather(0, strongest)[0];
    const HeatOptions signed_heat = {
        .range = symmetric_range_of(gradient), .map = kSigned, .opacity = 1};
    const HeatOptions heat = {.range = range_of(strength), .map = heat_map()};
    const at::Tensor tiles =
        at::stack({over_input(strength, {.opacity = 0}), over_input(with_sign, signed_heat),
                   over_input(strength, heat)});
    save("heat-{}-input_gradient.png",
         image_grid({{"", tiles, {"input", "gradient", "strength"}}},
                    {.title = title,
                     .scales = {{.map = kSigned, .range = signed_heat.range, .label = "gradient"},
                                {.map = heat.map, .range = heat.range, .label = "strength"}}}));
  }
};

}  // namespace

std::vector<NamedPicture> draw_activations(const Activations& activations, const std::string& title,
                                           std::optional<ColorMap> map) {
  std::vector<NamedPicture> pictures;
  for (int64_t i = 0; i < activations.rows.size(0); ++i) {
    RowPictures(activations, i, title, map, pictures).draw();
  }
  if (!activations.gradients) return pictures;
  std::vector<ActivationMap> weights;
  for (const auto& [name, value] : activations.gradients->weights) {
    if (value.numel() > 0) weights.push_back({name, drawable(value)});
  }
  if (!weights.empty()) {
    pictures.push_back(
        {"weight_gradients.png",
         activation_maps(
             weights, {.title = "Gradients of the weights", .map = kSigned, .around_zero = true})});
  }
  return pictures;
}

std::vector<std::string> save_pictures(const std::vector<NamedPicture>& pictures,
                                       const OutputOptions& options) {
  std::vector<std::string> files;
  files.reserve(pictures.size());
  for (const auto& picture : pictures) files.push_back(picture.file);
  const std::filesystem::path folder = output_folder(options, "activations", files);
  for (const auto& [file, picture] : pictures) picture.save(folder / file);
  for (auto& file : files) file = (folder / file).string();
  return files;
}

ActivationSubject saved_subject(const cli::CommandLine& line) {
  for (const char* name : {"gradients", "loss", "dataset", "indices", "split", "device"}) {
    if (!line.has(name)) continue;
    throw UsageError("`{}`: expected a checkpoint to compute with, found saved activations", name);
  }
  return {load_activations(line.positional.front()), "saved row"};
}

}  // namespace hourglass::apps
