#include "hourglass/cli/run_pictures.h"

#include "hourglass/cli/code_pictures.h"
#include "hourglass/cli/fast_inference.h"
#include "hourglass/cli/metric_curves.h"
#include "hourglass/cli/run_model.h"
#include "hourglass/core/files.h"
#include "hourglass/core/item_kind.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/activation_maps.h"
#include "hourglass/figures/filter_grid.h"
#include "hourglass/figures/image_grid.h"
#include "hourglass/figures/vector_grid.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_title.h"
#include "hourglass/runs/shown_rows.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace hourglass::cli {
namespace {

namespace fs = std::filesystem;

ShownRun shown_run(const runs::RunOptions& options, const sources::DataSplits& data,
                   const formats::ModelCard& card) {
  const runs::ShownRows shown = runs::shown_rows(options.pictures, data);
  return {.title = runs::run_title(options),
          .rows = shown.rows,
          .rows_name = shown.name,
          .class_names = data.info.class_names,
          .column_names = formats::target_columns(data.info, card.target_shape),
          .values = card.value_range.value_or(ValueRange{}),
          .pictures = options.pictures};
}

/// The pictures of one run; each method draws one, and those that do not apply draw none.
class RunPictures {
 public:
  RunPictures(const fs::path& folder, const runs::RunOptions& options,
              const sources::DataSplits& data)
      : folder_(folder),
        options_(options),
        model_(load_model(run_model_path(folder))),
        run_(shown_run(options, data, model_.card().value())) {}

  std::vector<fs::path> draw() {
    create_folders(folder_ / "figures");
    draw_loss_curve();
    draw_reconstructions();
    draw_noisy_items();
    for (const auto& [name, picture] : draw_code_pictures(run_, model_)) save(name, picture);
    draw_filters();
    draw_activations();
    return paths_;
  }

 private:
  fs::path folder_;
  const runs::RunOptions& options_;
  evaluation::ExportedModel model_;
  ShownRun run_;
  std::vector<fs::path> paths_;

  void save(const std::string& name, const figures::Picture& picture) {
    paths_.push_back(folder_ / "figures" / (name + ".png"));
    picture.save(paths_.back());
  }

  void draw_loss_curve() {
    const auto curves = draw_metric_curves(
        {{run_.title, runs::read_metrics(folder_ / "metrics.csv")}}, {.title = run_.title});
    if (curves) save("loss_curve", *curves);
  }

  std::vector<std::string> captions(const Batch& batch) const {
    std::vector<std::string> captions;
    if (!batch.labels.defined() || run_.class_names.empty()) return captions;
    for (int64_t i = 0; i < batch.labels.size(0); ++i) {
      captions.push_back(run_.class_names.at(static_cast<size_t>(batch.labels[i].item<int64_t>())));
    }
    return captions;
  }

  void draw_reconstructions() {
    const Batch batch = run_.items();
    const at::Tensor output = model_.reconstruct(batch.input, batch.condition);
    const std::string title = fmt::format("{}: {} rows", run_.title, run_.rows_name);
    if (holds_images(batch.target)) {
      save("reconstructions", figures::image_grid(image_rows(batch, output), {.title = title}));
    } else if (item_kind(batch.target.sizes().slice(1)) == ItemKind::Vector &&
               batch.target.dim() <= 3) {
      save("reconstructions",
           figures::vector_grid(
               vector_rows(batch, output),
               {.title = title, .captions = captions(batch), .feature_names = run_.column_names}));
    }
  }

  static bool is_corrupted(const Batch& batch) { return !batch.input.is_same(batch.target); }

  void draw_noisy_items() {
    if (options_.data.corruption.kind == datasets::CorruptionKind::None) return;
    const Batch batch = run_.items();
    if (!holds_images(batch.input)) return;
    save("noisy", figures::image_grid(
                      {run_.image_row("", batch.input, captions(batch))},
                      {.title = fmt::format("{}: noisy {} rows", run_.title, run_.rows_name),
                       .columns = static_cast<int>(std::min<int64_t>(10, batch.input.size(0)))}));
  }

  std::vector<figures::ImageRow> image_rows(const Batch& batch, const at::Tensor& output) const {
    // A linear output may leave the range of the data: it is scaled for drawing, and for drawing
    // alone.
    const bool bounded = model_.card()->options.output_activation() == "sigmoid";
    std::vector<figures::ImageRow> rows = {
        run_.image_row("original", batch.target, captions(batch))};
    if (is_corrupted(batch)) rows.push_back(run_.image_row(input_name(), batch.input));
    figures::ImageRow reconstruction = run_.image_row("reconstruction", output);
    if (!bounded) {
      reconstruction.label += ", scaled";
      reconstruction.range = std::nullopt;
    }
    rows.push_back(reconstruction);
    if (batch.target.size(0) > 1) return rows;
    // A single item: beside each other instead of under each other, with titles.
    reconstruction.label = "";
    reconstruction.images = at::cat({batch.target, output});
    reconstruction.captions = {"Original image", "Reconstruction"};
    return {reconstruction};
  }

  std::string input_name() const {
    return options_.data.corruption.kind == datasets::CorruptionKind::None ? "input" : "noisy";
  }

  std::vector<figures::VectorRow> vector_rows(const Batch& batch, const at::Tensor& output) const {
    std::vector<figures::VectorRow> rows = {{"original", batch.target.flatten(1)}};
    if (is_corrupted(batch) && batch.input.sizes() == batch.target.sizes()) {
      rows.push_back({input_name(), batch.input.flatten(1)});
    }
    rows.push_back({"reconstruction", output.flatten(1)});
    return rows;
  }

  /// What each of the first units of a last hidden layer adds to an image. The encoder's weights
  /// tell less: those of pixels that are nearly always 0 grow with Adam all the same, and drown
  /// the rest.
  void draw_filters() {
    constexpr int64_t kMostFilters = 100;
    const Shape image = model_.input_shape().value();
    at::Tensor weight;  // [U, C · H · W]
    for (const auto& parameter : model_.parameters()) {
      // Tied weights are the encoder's alone.
      if (parameter.name == "encoder.dense1.weight") weight = parameter.value;
      if (parameter.name.starts_with("decoder.dense") && parameter.name.ends_with(".weight")) {
        weight = parameter.value.t();
      }
    }
    if (!weight.defined() || item_kind(image) != ItemKind::Image) return;
    if (weight.size(1) != element_count(image)) return;
    const int64_t count = std::min(kMostFilters, weight.size(0));
    save("filters",
         figures::filter_grid(
             weight.narrow(0, 0, count).reshape({count, image[0], image[1], image[2]}),
             {.title = fmt::format("{}: what {} units add to an image", run_.title, count)}));
  }

  void draw_activations() {
    Batch item = run_.items();
    item.input = item.input.narrow(0, 0, 1);
    if (item.condition.defined()) item.condition = item.condition.narrow(0, 0, 1);
    std::vector<figures::ActivationMap> all, encoder;
    for (const auto& layer : model_.layers(item.input, item.condition)) {
      all.push_back({layer.name, layer.value.select(0, 0)});
      if (layer.name.starts_with("encoder.")) encoder.push_back(all.back());
    }
    const ColorMap map = run_.pictures.look.value_map().value_or(ColorMap::Gray);
    save("activations_encoder",
         figures::activation_maps(
             encoder, {.title = run_.title + ": encoder activations of one item", .map = map}));
    save("activations", figures::activation_maps(
                            all, {.title = run_.title + ": activations of one item", .map = map}));
  }
};

}  // namespace

std::vector<fs::path> draw_run_pictures(const fs::path& folder, const runs::RunOptions& options,
                                        const sources::DataSplits& data) {
  return RunPictures(folder, options, data).draw();
}

}  // namespace hourglass::cli
