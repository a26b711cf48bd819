#include "hourglass/cli/run_pictures.h"

#include "hourglass/core/files.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/activation_maps.h"
#include "hourglass/figures/filter_grid.h"
#include "hourglass/figures/image_grid.h"
#include "hourglass/figures/line_plot.h"
#include "hourglass/figures/manifold.h"
#include "hourglass/figures/scatter.h"
#include "hourglass/figures/vector_grid.h"
#include "hourglass/runs/metrics_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace hourglass::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kManifoldSide = 15;

/// The pictures of one run; each method draws one, and those that do not apply draw none.
class RunPictures {
 public:
  RunPictures(const fs::path& folder, const runs::RunOptions& options,
              const sources::DataSplits& data)
      : folder_(folder),
        options_(options),
        data_(data),
        title_(options.recipe.empty() ? options.model.variant + " autoencoder" : options.recipe),
        model_(evaluation::ExportedModel::load(folder / "best.pt")) {
    if (options.pictures.of_training_rows) {
      shown_ = data.training, shown_name_ = "training";
    } else if (data.test) {
      shown_ = data.test, shown_name_ = "test";
    } else if (data.validation) {
      shown_ = data.validation, shown_name_ = "validation";
    } else {
      shown_ = data.training, shown_name_ = "training";
    }
    const double low = model_.metadata().at("value_range").at(0);
    const double high = model_.metadata().at("value_range").at(1);
    values_ = {low, high};
  }

  std::vector<fs::path> draw() {
    create_folders(folder_ / "figures");
    draw_loss_curve();
    draw_reconstructions();
    draw_noisy_items();
    draw_codes();
    draw_filters();
    draw_activations();
    return paths_;
  }

 private:
  fs::path folder_;
  const runs::RunOptions& options_;
  const sources::DataSplits& data_;
  std::string title_;
  evaluation::ExportedModel model_;
  datasets::DatasetPtr shown_;  // the rows that the pictures show
  std::string shown_name_;
  ValueRange values_;
  std::vector<fs::path> paths_;

  void save(const std::string& name, const figures::Picture& picture) {
    paths_.push_back(folder_ / "figures" / (name + ".png"));
    picture.save(paths_.back());
  }

  void draw_loss_curve() {
    const runs::MetricsTable metrics = runs::read_metrics(folder_ / "metrics.csv");
    const auto& epochs = metrics.column("epoch");
    std::vector<figures::Series> series = {{"training", epochs, metrics.column("train_loss")}};
    if (metrics.has("validation_loss")) {
      series.push_back({"validation", epochs, metrics.column("validation_loss")});
    }
    save("loss_curve",
         figures::line_plot(series, {.title = title_, .x_label = "epoch", .y_label = "loss"}));
  }

  /// The items to show: those the recipe names, as far as there are so many.
  Batch shown_items() const {
    std::vector<int64_t> positions;
    for (const int64_t item : options_.pictures.items) {
      if (item < shown_->size()) positions.push_back(item);
    }
    return shown_->batch(at::tensor(positions, at::kLong));
  }

  std::vector<std::string> captions(const Batch& batch) const {
    std::vector<std::string> captions;
    if (!batch.labels.defined() || data_.info.class_names.empty()) return captions;
    for (int64_t i = 0; i < batch.labels.size(0); ++i) {
      captions.push_back(
          data_.info.class_names.at(static_cast<size_t>(batch.labels[i].item<int64_t>())));
    }
    return captions;
  }

  void draw_reconstructions() {
    const Batch batch = shown_items();
    const at::Tensor output = model_.reconstruct(batch.input);
    const std::string title = fmt::format("{}: {} rows", title_, shown_name_);
    if (batch.target.dim() == 4) {
      save("reconstructions", figures::image_grid(image_rows(batch, output), {.title = title}));
    } else if (batch.target.dim() == 2) {
      save("reconstructions", figures::vector_grid(vector_rows(batch, output),
                                                   {.title = title, .captions = captions(batch)}));
    }
  }

  static bool is_corrupted(const Batch& batch) { return !batch.input.is_same(batch.target); }

  void draw_noisy_items() {
    if (options_.data.corruption.kind == datasets::CorruptionKind::None) return;
    const Batch batch = shown_items();
    if (batch.input.dim() != 4) return;
    save("noisy", figures::image_grid(
                      {{"", batch.input, captions(batch), values_}},
                      {.title = fmt::format("{}: noisy {} rows", title_, shown_name_),
                       .columns = static_cast<int>(std::min<int64_t>(10, batch.input.size(0)))}));
  }

  std::vector<figures::ImageRow> image_rows(const Batch& batch, const at::Tensor& output) const {
    // A linear output may leave the range of the data: it is scaled for drawing, and for drawing
    // alone.
    const bool bounded =
        model_.metadata().at("options").value("output_activation", "") == "sigmoid";
    std::vector<figures::ImageRow> rows = {{"original", batch.target, captions(batch), values_}};
    if (is_corrupted(batch)) rows.push_back({input_name(), batch.input, {}, values_});
    rows.push_back(bounded ? figures::ImageRow{"reconstruction", output, {}, values_}
                           : figures::ImageRow{"reconstruction, scaled", output, {}, std::nullopt});
    if (batch.target.size(0) > 1) return rows;
    // A single item: beside each other instead of under each other, with titles.
    return {{"",
             at::cat({batch.target, output}),
             {"Original image", "Reconstruction"},
             rows.back().range}};
  }

  std::string input_name() const {
    return options_.data.corruption.kind == datasets::CorruptionKind::None ? "input" : "noisy";
  }

  std::vector<figures::VectorRow> vector_rows(const Batch& batch, const at::Tensor& output) const {
    std::vector<figures::VectorRow> rows = {{"original", batch.target}};
    if (is_corrupted(batch) && batch.input.sizes() == batch.target.sizes()) {
      rows.push_back({input_name(), batch.input});
    }
    rows.push_back({"reconstruction", output});
    return rows;
  }

  std::vector<std::string> legend_names() const {
    std::vector<std::string> names = data_.info.class_names;
    for (auto& name : names) name = options_.pictures.class_prefix + name;
    return names;
  }

  void draw_codes() {
    const auto shape = model_.code_shape();
    if (!shape || shape->size() != 1 || (shape->front() != 2 && shape->front() != 3)) return;
    const evaluation::Codes codes = evaluation::encode_all(model_, *shown_);
    const figures::ScatterOptions options = {
        .title = fmt::format("{}: codes of {} {} rows", title_, with_thousands(shown_->size()),
                             shown_name_),
        .labels = codes.labels,
        .class_names = legend_names(),
        .map = color_map(options_.pictures.color_map),
        .key = options_.pictures.color_bar ? figures::ClassKey::Bar : figures::ClassKey::Auto};
    if (shape->front() == 3) {
      save("latent_scatter", figures::scatter_3d(codes.values, options));
    } else {
      save("latent_scatter", figures::scatter(codes.values, options));
      draw_manifold(codes.values);
    }
  }

  void draw_manifold(const at::Tensor& codes) {
    const bool gaussian = model_.metadata().at("code_kind") == "gaussian";
    const evaluation::CodeGrid grid = gaussian ? evaluation::gaussian_grid(kManifoldSide)
                                               : evaluation::data_range_grid(codes, kManifoldSide);
    const at::Tensor images = model_.decode(grid.codes);
    if (images.dim() != 4) return;
    save("manifold",
         figures::manifold(images, grid.first, grid.second,
                           {.title = title_ + ": decoded grid of codes", .range = values_}));
  }

  /// What the first units of a first dense layer look for in an image.
  void draw_filters() {
    constexpr int64_t kMostFilters = 100;
    const Shape image = model_.input_shape().value();
    at::Tensor weight;  // [U, C · H · W]
    for (const auto& parameter : model_.parameters()) {
      if (parameter.name == "encoder.dense1.weight") weight = parameter.value;
    }
    if (!weight.defined() || image.size() != 3 || weight.size(1) != element_count(image))
      return;
    const int64_t count = std::min(kMostFilters, weight.size(0));
    save("filters", figures::filter_grid(
                        weight.narrow(0, 0, count).view({count, image[0], image[1], image[2]}),
                        {.title = fmt::format("{}: weights of {} units", title_, count)}));
  }

  void draw_activations() {
    const at::Tensor item = shown_items().input.narrow(0, 0, 1);
    std::vector<figures::ActivationMap> all, encoder;
    for (const auto& layer : model_.layers(item)) {
      all.push_back({layer.name, layer.value.select(0, 0)});
      if (layer.name.starts_with("encoder.")) encoder.push_back(all.back());
    }
    save(
        "activations_encoder",
        figures::activation_maps(encoder, {.title = title_ + ": encoder activations of one item"}));
    save("activations",
         figures::activation_maps(all, {.title = title_ + ": activations of one item"}));
  }

  static figures::ColorMap color_map(const std::string& name) {
    if (name == "hsv") return figures::ColorMap::Hsv;
    if (name == "nipy_spectral") return figures::ColorMap::NipySpectral;
    return figures::ColorMap::Tab10;
  }
};

}  // namespace

std::vector<fs::path> draw_run_pictures(const fs::path& folder, const runs::RunOptions& options,
                                        const sources::DataSplits& data) {
  return RunPictures(folder, options, data).draw();
}

}  // namespace hourglass::cli
