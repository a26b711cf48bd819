#include "hourglass/apps/tools/generated_codes.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/models/layers.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::apps {

using namespace models;
using namespace evaluation;

namespace {

/// Makes the codes; each method serves one way to ask for them.
class CodeMaker {
 public:
  CodeMaker(const CodeOptions& options, const CodeSurroundings& surroundings)
      : options_(options), surroundings_(surroundings), model_(surroundings.model) {}

  GeneratedCodes make() {
    if (!options_.at.points.empty()) return points();
    if (options_.samples > 0) return samples();
    if (options_.manifold > 0) return manifold_grid();
    if (options_.traverse > 0) return traversal();
    return interpolation();
  }

 private:
  const CodeOptions& options_;
  const CodeSurroundings& surroundings_;
  ExportedModel& model_;
  at::Tensor training_codes_;

  bool is_gaussian() const {
    if (options_.prior != Prior::Auto) return options_.prior == Prior::Gaussian;
    return model_.metadata().value("code_kind", "") == "gaussian";
  }

  /// [N, D], of clean rows.
  const at::Tensor& training_codes() {
    if (!training_codes_.defined()) {
      RowOptions rows = surroundings_.rows;
      rows.indices = {};
      const SelectedRows all = select_rows(model_, rows, surroundings_.line, RecordedNoise::Leave);
      training_codes_ =
          encode_rows(model_, *all.splits.training, "encoding training rows", surroundings_.output)
              .values.flatten(1);
    }
    return training_codes_;
  }

  int64_t width() {
    const auto shape = model_.code_shape();
    return shape ? element_count(*shape) : training_codes().size(1);
  }

  /// What the components have that are not changed: [1, D].
  at::Tensor middle() {
    return is_gaussian() ? at::zeros({1, width()}) : training_codes().mean(0, /*keepdim=*/true);
  }

  /// Even steps through the usual values of two components (from 0).
  CodeGrid grid_of(int64_t first, int64_t second, int64_t n) {
    for (const int64_t component : {first, second}) {
      if (component >= width()) {
        throw Error("expected components of 1 to {}, as {} has them, found {}", width(),
                    model_.path().string(), component + 1);
      }
    }
    if (is_gaussian()) return gaussian_grid(n);
    return data_range_grid(training_codes().index_select(1, at::tensor({first, second})), n);
  }

  at::Tensor codes_of_rows(const RowList& list) {
    RowOptions rows = surroundings_.rows;
    rows.indices = list;
    const SelectedRows selected =
        select_rows(model_, rows, surroundings_.line, RecordedNoise::Leave);
    return encode_rows(model_, *selected.rows, "encoding", surroundings_.output).values.flatten(1);
  }

  GeneratedCodes points() const {
    GeneratedCodes generated = {.codes = to_tensor(options_.at), .title = "decoded points"};
    for (const auto& point : options_.at.points) {
      generated.captions.push_back(TextCodec<std::vector<double>>::format(point));
    }
    return generated;
  }

  GeneratedCodes samples() {
    const int64_t count = options_.samples;
    const uint64_t seed = options_.mixture.seed;
    if (is_gaussian()) {
      const at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "samples"));
      return {.codes = at::randn({count, width()}, generator),
              .title = fmt::format("{} samples of the standard normal distribution", count)};
    }
    // Fitting takes time with the number of rows and gains nothing beyond some thousands.
    constexpr int64_t kFittedRows = 10000;
    const at::Tensor codes =
        training_codes().narrow(0, 0, std::min(kFittedRows, training_codes().size(0)));
    note(surroundings_.output, fmt::format("the model has no prior: a mixture of {} Gaussians was "
                                           "fitted on the codes of {} training rows",
                                           options_.mixture.components, codes.size(0)));
    return {.codes = fit_mixture(codes, options_.mixture).sample(count, seed),
            .title = fmt::format("{} samples of a mixture of {} Gaussians", count,
                                 options_.mixture.components)};
  }

  GeneratedCodes manifold_grid() {
    const int64_t first = options_.dims[0] - 1, second = options_.dims[1] - 1;
    const CodeGrid grid = grid_of(first, second, options_.manifold);
    const at::Tensor codes = middle().repeat({grid.codes.size(0), 1});
    codes.select(1, first).copy_(grid.codes.select(1, 0));
    codes.select(1, second).copy_(grid.codes.select(1, 1));
    return {.codes = codes, .title = "decoded grid of codes", .grid = grid};
  }

  /// Steps are seen best beside each other.
  int step_columns() const {
    constexpr int64_t kMostColumns = 12;
    return static_cast<int>(std::min(options_.steps, kMostColumns));
  }

  GeneratedCodes interpolation() {
    const int64_t first = options_.interpolate[0], last = options_.interpolate[1];
    const at::Tensor ends = codes_of_rows({.rows = {first, last}});
    GeneratedCodes generated = {
        .codes = interpolate_codes(ends[0], ends[1], options_.steps, options_.spherical),
        .title = fmt::format("from row {} to row {}, {}", first, last,
                             options_.spherical ? "spherical" : "linear"),
        .columns = step_columns()};
    for (int64_t i = 0; i < options_.steps; ++i) {
      generated.captions.push_back(
          fmt::format("{:.2f}", static_cast<double>(i) / static_cast<double>(options_.steps - 1)));
    }
    return generated;
  }

  GeneratedCodes traversal() {
    const int64_t component = options_.traverse - 1;
    const auto values = grid_of(component, component, options_.steps).first;
    const RowList& list = surroundings_.rows.indices;
    const at::Tensor bases = list.rows.empty() ? middle() : codes_of_rows(list);  // [B, D]
    const at::Tensor codes = bases.repeat_interleave(options_.steps, 0);
    codes.select(1, component).copy_(at::tensor(values, at::kFloat).repeat({bases.size(0)}));
    GeneratedCodes generated = {.codes = codes,
                                .title = fmt::format("component {}", options_.traverse),
                                .columns = step_columns()};
    for (const double value : values) generated.captions.push_back(fmt::format("{:.2f}", value));
    if (list.rows.empty()) return generated;
    generated.row_labels.clear();
    for (const int64_t row : list.rows) generated.row_labels.push_back(fmt::format("row {}", row));
    return generated;
  }
};

}  // namespace

void CodeOptions::describe(FieldTable& table) {
  table.begin_group("What to generate: one of these");
  table.add("at", at, "these codes: \"0.3,-1.2\", or several: \"0.3,-1.2;1,0\"").shown_as("POINTS");
  table.add("samples", samples, "N codes drawn from --prior").at_least(0);
  table.add("manifold", manifold, "an N × N grid over the two components --dims").at_least(0);
  table.add("interpolate", interpolate, "--steps codes on the way from row I to row J")
      .shown_as("I,J")
      .at_least(0);
  table
      .add("traverse", traverse,
           "--steps values of component D, the others as in the rows of --indices, else as in the "
           "mean of the training codes")
      .shown_as("D")
      .at_least(0);
  table.begin_group("How");
  table.add("steps", steps, "codes of --interpolate and --traverse").at_least(2);
  table.add("spherical", spherical, "interpolate along the great circle");
  table.add("dims", dims, "the components that --manifold changes").shown_as("I,J").at_least(1);
  table.add("prior", prior,
            "gaussian (the standard normal distribution), or mixture (of Gaussians, fitted on the "
            "training codes); auto: gaussian for variational models, mixture for others");
  table.add("components", mixture.components, "Gaussians of the mixture").at_least(1);
  table.add("seed", mixture.seed, "decides which samples are drawn");
}

void check(const CodeOptions& options) {
  const int64_t chosen = !options.at.points.empty() + (options.samples > 0) +
                         (options.manifold > 0) + !options.interpolate.empty() +
                         (options.traverse > 0);
  if (chosen != 1) {
    throw UsageError(
        "expected one of --at, --samples, --manifold, --interpolate and --traverse, found {}",
        chosen);
  }
  if (!options.interpolate.empty() && options.interpolate.size() != 2) {
    throw UsageError("--interpolate: expected two rows, found {}", options.interpolate.size());
  }
  if (options.dims.size() != 2 || options.dims[0] == options.dims[1]) {
    throw UsageError("--dims: expected two different components, found {}",
                     TextCodec<std::vector<int64_t>>::format(options.dims));
  }
  if (options.manifold == 1) throw UsageError("--manifold: expected at least 2, found 1");
}

GeneratedCodes make_codes(const CodeOptions& options, const CodeSurroundings& surroundings) {
  return CodeMaker(options, surroundings).make();
}

}  // namespace hourglass::apps
