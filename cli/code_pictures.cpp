#include "hourglass/cli/code_pictures.h"

#include "hourglass/core/item_kind.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/evaluation/model_condition.h"
#include "hourglass/figures/image_grid.h"
#include "hourglass/figures/index_maps.h"
#include "hourglass/figures/manifold.h"
#include "hourglass/figures/scatter.h"
#include "hourglass/figures/vector_grid.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hourglass::cli {
namespace {

constexpr int64_t kManifoldSide = 15;
constexpr int64_t kSamplesSide = 10;
constexpr int64_t kMostClasses = 20;
constexpr int64_t kMostVectors = 100;

/// Each method draws one picture, or none where it would not suit the model.
class CodePictures {
 public:
  CodePictures(const ShownRun& run, evaluation::ExportedModel& model) : run_(run), model_(model) {}

  std::vector<NamedPicture> draw() {
    const formats::ModelCard& card = model_.card().value();
    if (card.has_index_codes()) {
      draw_code_maps();
      draw_codebook();
      return std::move(pictures_);
    }
    if (card.code_shape == Shape{2} || card.code_shape == Shape{3}) draw_codes();
    if (card.has_gaussian_code()) draw_samples();
    return std::move(pictures_);
  }

 private:
  const ShownRun& run_;
  evaluation::ExportedModel& model_;
  std::vector<NamedPicture> pictures_;

  void add(const std::string& name, figures::Picture picture) {
    pictures_.push_back({name, std::move(picture)});
  }

  std::string row_text() const {
    return fmt::format("{} {} rows", with_thousands(run_.rows->size()), run_.rows_name);
  }

  // ---- Codes of two or three numbers

  void draw_codes() {
    const evaluation::Codes codes = evaluation::encode_all(model_, *run_.rows);
    std::vector<std::string> names = run_.class_names;
    for (auto& name : names) name.insert(0, run_.pictures.class_prefix);
    const recipes::PictureLook& look = run_.pictures.look;
    const figures::ScatterOptions options = {
        .title = fmt::format("{}: codes of {}", run_.title, row_text()),
        .labels = codes.labels,
        .class_names = names,
        .map = look.class_map(),
        .key = run_.pictures.color_bar ? figures::ClassKey::Bar : figures::ClassKey::Auto,
        .dot_area = figures::dot_area(look.point_size),
        .opacity = look.opacity};
    if (codes.values.size(1) == 3) return add("latent_scatter", scatter_3d(codes.values, options));
    add("latent_scatter", figures::scatter(codes.values, options));
    if (model_.condition_width() == 0) draw_manifold(codes.values);
  }

  void draw_manifold(const at::Tensor& codes) {
    const bool is_normal =
        model_.card()->has_gaussian_code() && evaluation::has_standard_prior(model_);
    const evaluation::CodeGrid grid = is_normal ? evaluation::gaussian_grid(kManifoldSide)
                                                : evaluation::data_range_grid(codes, kManifoldSide);
    const at::Tensor images = model_.decode(grid.codes);
    if (!holds_images(images)) return;
    add("manifold",
        figures::manifold(images, grid.first, grid.second,
                          {.title = run_.title + ": decoded grid of codes",
                           .range = run_.values,
                           .map = run_.pictures.look.value_map().value_or(ColorMap::Gray),
                           .downward = run_.pictures.look.manifold_downward}));
  }

  // ---- Samples

  /// Samples of the model's prior, decoded; `condition` [1, K] or [count, K].
  at::Tensor decoded_samples(int64_t count, const at::Tensor& condition = {}) {
    // Asks for no training codes: the model has a prior.
    evaluation::UsualCodes prior(model_, {evaluation::Sampler::Kind::Prior}, {}, condition);
    const at::Tensor codes = shaped_codes(model_, prior.samples(count, 1), "samples");
    return model_.decode(codes, condition.defined() ? condition.expand({count, -1}) : condition);
  }

  void draw_samples() {
    if (model_.condition_width() == 0) return draw_unconditional_samples();
    const auto classes = evaluation::told_classes(model_);
    if (classes.empty()) return draw_samples_beside_items();
    draw_samples_of(classes);
  }

  void draw_unconditional_samples() {
    const int64_t count = kSamplesSide * kSamplesSide;
    const at::Tensor samples = decoded_samples(count);
    const std::string source =
        evaluation::has_standard_prior(model_) ? "N(0, I)" : "the learned prior";
    const std::string title =
        fmt::format("{}: {} samples of {}, decoded", run_.title, count, source);
    if (holds_images(samples)) {
      add("samples", figures::image_grid({run_.image_row("", samples)}, {.title = title}));
    } else if (samples.dim() == 2) {
      add("samples", figures::vector_grid({{"", samples}},
                                          {.title = title, .feature_names = run_.column_names}));
    }
  }

  void draw_samples_of(const std::vector<std::string>& classes) {
    const int64_t shown = std::min(kMostClasses, std::ssize(classes));
    const at::Tensor conditions = evaluation::class_conditions(model_);
    std::vector<figures::ImageRow> rows;
    for (int64_t label = 0; label < shown; ++label) {
      const at::Tensor samples = decoded_samples(kSamplesSide, conditions.narrow(0, label, 1));
      if (!holds_images(samples)) return;
      rows.push_back(run_.image_row(classes[static_cast<size_t>(label)], samples));
    }
    const std::string of = shown < std::ssize(classes) ? fmt::format("the first {} classes", shown)
                                                       : std::string("each class");
    const std::string title =
        evaluation::has_learned_prior(model_)
            ? fmt::format("{}: samples of the learned prior for {}", run_.title, of)
            : fmt::format("{}: samples for {}, the same codes in each row", run_.title, of);
    add("samples", figures::image_grid(rows, {.title = title}));
  }

  /// Of a model that is told columns of a table: samples that are told what items are.
  void draw_samples_beside_items() {
    const Batch batch = run_.items();
    std::vector<at::Tensor> samples;
    for (int64_t i = 0; i < batch.condition.size(0); ++i) {
      samples.push_back(decoded_samples(1, batch.condition.narrow(0, i, 1)));
    }
    add("samples",
        figures::vector_grid({{"item", batch.target}, {"sample", at::cat(samples)}},
                             {.title = run_.title + ": items, and samples for their conditions",
                              .feature_names = run_.column_names}));
  }

  // ---- Indices

  void draw_code_maps() {
    const Batch batch = run_.items();
    if (!holds_images(batch.target)) return;
    const int64_t size = codebook(model_).size(0);
    const at::Tensor indices = model_.encode(batch.input, batch.condition);
    const Shape& map = model_.card()->code_shape;
    const std::string title =
        fmt::format("{}: {} of 0 to {}, {} rows", run_.title,
                    element_count(map) == 1 ? "an index" : shape_text(map) + " indices", size - 1,
                    run_.rows_name);
    std::vector<figures::ImageRow> rows = {run_.image_row("original", batch.target)};
    const auto maps = evaluation::maps_of_codebooks(indices);
    for (size_t i = 0; i < maps.size(); ++i) {
      const std::string label = maps.size() == 1 ? "indices" : fmt::format("codebook {}", i);
      rows.push_back(figures::index_map_row(label, maps[i], size));
    }
    add("code_maps", figures::image_grid(rows, {.title = title}));
  }

  void draw_codebook() {
    // What a vector decodes to depends on the condition, and on the vectors of other codebooks.
    const at::Tensor codes = evaluation::encode_all(model_, *run_.rows).values;
    if (model_.condition_width() > 0 || evaluation::maps_of_codebooks(codes).size() > 1) return;
    const int64_t size = codebook(model_).size(0);
    const at::Tensor counts = evaluation::index_counts(codes, size);
    const int64_t used = counts.gt(0).sum().item<int64_t>(), shown = std::min(used, kMostVectors);
    const at::Tensor order =
        counts.argsort(/*stable=*/true, 0, /*descending=*/true).narrow(0, 0, shown);
    const at::Tensor images = decoded_indices(model_, order);
    if (!holds_images(images)) return;
    const at::Tensor percent = 100 * counts.to(at::kDouble) / counts.sum();
    std::vector<std::string> captions;
    for (int64_t i = 0; i < order.size(0); ++i) {
      const auto index = order[i].item<int64_t>();
      captions.push_back(fmt::format("{}: {:.1f} %", index, percent[index].item<double>()));
    }
    const std::string title =
        fmt::format("{}: codebook by use, {} of {} vectors in {}{}", run_.title, used, size,
                    row_text(), shown < used ? fmt::format(", the first {}", shown) : "");
    add("codebook", figures::image_grid({run_.image_row("", images, captions)}, {.title = title}));
  }
};

}  // namespace

Batch ShownRun::items() const {
  std::vector<int64_t> positions;
  for (const int64_t item : pictures.items.rows) {
    if (item < rows->size()) positions.push_back(item);
  }
  if (positions.empty()) positions.push_back(0);
  return rows->batch(at::tensor(positions, at::kLong));
}

figures::ImageRow ShownRun::image_row(const std::string& label, const at::Tensor& images,
                                      const std::vector<std::string>& captions) const {
  return {label, images, captions, values, pictures.look.value_map().value_or(ColorMap::Gray)};
}

std::vector<NamedPicture> draw_code_pictures(const ShownRun& run,
                                             evaluation::ExportedModel& model) {
  return CodePictures(run, model).draw();
}

}  // namespace hourglass::cli
