#include "hourglass/apps/tools/generated_codes.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/model_condition.h"
#include "hourglass/evaluation/posterior_mixture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace hourglass::apps {

using namespace evaluation;

namespace {

constexpr int64_t kMostSamples = 10'000'000;
constexpr int64_t kMostSteps = 1'000;  // of a grid in each direction, and of a way

constexpr const char* kEveryClass = "all";

/// Makes the codes for one condition; each method serves one way to ask for them.
class CodeMaker {
 public:
  CodeMaker(const CodeOptions& options, const CodeSurroundings& surroundings)
      : options_(options), surroundings_(surroundings), fitted_{.sampler = options.sampler} {
    if (!options.load_sampler.empty()) {
      fitted_ = read_sampler(options.load_sampler, surroundings.model);
    }
  }

  GeneratedCodes make(const at::Tensor& condition) {
    if (!options_.at.points.empty()) return points();
    fit_posteriors();
    UsualCodes usual(
        surroundings_.model, fitted_.sampler, [this] { return training_codes(); }, condition,
        fitted_.distribution);
    if (options_.samples > 0) return samples(usual);
    usual.expect_numbers();
    if (options_.manifold > 0) return manifold_grid(usual);
    return options_.traverse ? traversal(usual) : interpolation();
  }

 private:
  const CodeOptions& options_;
  const CodeSurroundings& surroundings_;
  FittedSampler fitted_;  // once, whatever the number of conditions
  at::Tensor training_codes_;

  /// Which takes distributions of codes, where others take codes.
  void fit_posteriors() {
    if (fitted_.sampler.kind != evaluation::Sampler::Kind::Vamp || fitted_.distribution) return;
    check_sampler(surroundings_.model, fitted_.sampler);
    fitted_.distribution = posteriors_of(fitted_.sampler, surroundings_.model,
                                         *selected({}).splits.training, options_.seed);
  }

  /// Of clean rows; read once, whatever the number of conditions.
  const at::Tensor& training_codes() {
    if (training_codes_.defined()) return training_codes_;
    const SelectedRows all = selected({});
    training_codes_ = encode_rows(surroundings_.model, *all.splits.training,
                                  "encoding training rows", surroundings_.output)
                          .values;
    return training_codes_;
  }

  /// Rows are encoded under their own conditions, whatever the condition to decode with.
  SelectedRows selected(const RowList& list) {
    RowOptions rows = surroundings_.rows;
    rows.indices = list;
    if (!options_.traverse) rows.indices_option = "--interpolate";
    rows.condition = {};
    cli::CommandLine line = surroundings_.line;
    std::erase(line.given, "condition");
    return select_rows(surroundings_.model, rows, line, RecordedNoise::Leave);
  }

  /// [N, D]
  at::Tensor codes_of(const SelectedRows& rows) {
    return encode_rows(surroundings_.model, *rows.rows, "encoding", surroundings_.output)
        .values.flatten(1);
  }

  GeneratedCodes points() const {
    GeneratedCodes generated = {.codes = to_tensor(options_.at), .title = "decoded points"};
    for (const auto& point : options_.at.points) {
      generated.captions.push_back(TextCodec<std::vector<double>>::format(point));
    }
    return generated;
  }

  GeneratedCodes samples(UsualCodes& usual) {
    const int64_t rows = usual.fitted_rows();  // before: what is there already is not fitted again
    fitted_ = {usual.sampler(), usual.distribution(options_.seed)};
    if (rows > 0) {
      note(surroundings_.output, fmt::format("{} was fitted on the codes of {} training rows",
                                             usual.source(), with_thousands(rows)));
    }
    return {.codes = usual.samples(options_.samples, options_.seed),
            .title = fmt::format("{} samples of {}", options_.samples, usual.source()),
            .fitted = fitted_};
  }

  GeneratedCodes manifold_grid(UsualCodes& usual) {
    const int64_t first = options_.dims[0], second = options_.dims[1];
    const CodeGrid grid = usual.grid(first, second, options_.manifold);
    return {.codes = codes_on_grid(grid, usual.mean(), first, second),
            .title = "decoded grid of codes",
            .grid = grid};
  }

  /// Steps are seen best beside each other.
  int step_columns() const {
    constexpr int64_t kMostColumns = 12;
    return static_cast<int>(std::min(options_.steps, kMostColumns));
  }

  GeneratedCodes interpolation() {
    const int64_t first = options_.interpolate[0], last = options_.interpolate[1];
    const at::Tensor ends = codes_of(selected({.rows = {first, last}}));
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

  GeneratedCodes traversal(UsualCodes& usual) {
    const int64_t component = *options_.traverse;
    const auto values = usual.grid(component, component, options_.steps).first;
    const RowList& list = surroundings_.rows.indices;
    std::optional<SelectedRows> rows;
    if (list.all || !list.rows.empty()) rows = selected(list);
    const at::Tensor bases = rows ? codes_of(*rows) : usual.mean();  // [B, D]
    GeneratedCodes generated = {.codes = traverse_codes(bases, component, values),
                                .title = fmt::format("component {}", component),
                                .columns = step_columns()};
    for (const double value : values) generated.captions.push_back(fmt::format("{:.2f}", value));
    if (!rows) return generated;
    generated.row_labels.clear();
    for (const int64_t row : rows->numbers)
      generated.row_labels.push_back(fmt::format("row {}", row));
    return generated;
  }
};

/// The codes of one class after those of another, each in rows of its own.
GeneratedCodes make_for_every_class(CodeMaker& maker, const ExportedModel& model) {
  const auto classes = told_classes(model);
  if (classes.empty()) condition_named(model, kEveryClass);  // says what there is
  const at::Tensor conditions = class_conditions(model);
  GeneratedCodes all;
  std::vector<at::Tensor> codes, told;
  std::vector<std::string> labels;
  for (int64_t label = 0; label < conditions.size(0); ++label) {
    const at::Tensor condition = conditions.narrow(0, label, 1);
    all = maker.make(condition);
    codes.push_back(all.codes);
    told.push_back(condition.expand({all.codes.size(0), -1}));
    for (const auto& row : all.row_labels) {
      labels.push_back(classes[static_cast<size_t>(label)] + (row.empty() ? "" : ", " + row));
    }
  }
  all.codes = at::cat(codes);
  all.conditions = at::cat(told);
  all.row_labels = labels;
  all.title += ", for each class";
  return all;
}

/// What one way to ask for codes takes and the others would ignore.
void refuse_options_of_other_ways(const CodeOptions& options, const cli::CommandLine& line) {
  const bool points = !options.at.points.empty(), moves = !options.interpolate.empty();
  if (!moves && !options.traverse) {
    refuse_options({"steps"}, line,
                   "expected `interpolate` or `traverse` with it, which go in steps");
  }
  if (!moves)
    refuse_options({"spherical"}, line, "expected `interpolate` with it, the way it bends");
  if (options.manifold == 0) {
    refuse_options({"dims"}, line, "expected `manifold` with it, whose components they are");
  }
  if (points || moves) {
    refuse_options({"sampler"}, line, "expected `samples`, `manifold` or `traverse` with it");
  }
  if (options.samples == 0) {
    refuse_options({"seed"}, line, "expected `samples` with it, which it decides");
  }
}

}  // namespace

void CodeOptions::describe(FieldTable& table) {
  table.begin_group("What to generate: one of these");
  table.add("at", at, "these codes: \"0.3,-1.2\", or several: \"0.3,-1.2;1,0\"").shown_as("POINTS");
  table.add("samples", samples, "N codes drawn from --sampler; for each class with --condition all")
      .at_least(0)
      .at_most(kMostSamples);
  table.add("manifold", manifold, "an N × N grid over the two components --dims")
      .at_least(0)
      .at_most(kMostSteps);
  table.add("interpolate", interpolate, "--steps codes on the way from row I to row J")
      .shown_as("I,J")
      .at_least(0);
  table
      .add("traverse", traverse,
           "--steps values of component D (from 0), the others as in the rows of --indices, else "
           "as in the "
           "mean of the training codes")
      .shown_as("D")
      .at_least(0);
  table.begin_group("How");
  table.add("steps", steps, "codes of --interpolate and --traverse")
      .at_least(2)
      .at_most(kMostSteps);
  table.add("spherical", spherical, "interpolate along the great circle");
  table.add("dims", dims, "the components that --manifold changes, from 0")
      .shown_as("I,J")
      .at_least(0);
  evaluation::describe(table, sampler);
  table.add("save_sampler", save_sampler, "keep what was fitted, for later samples of this model")
      .shown_as("FILE.safetensors");
  table.add("load_sampler", load_sampler, "draw from what --save-sampler kept")
      .shown_as("FILE.safetensors");
  table.add("seed", seed, "decides which samples are drawn");
}

void check(const CodeOptions& options, const ToolCondition& condition,
           const cli::CommandLine& line) {
  const int64_t chosen = !options.at.points.empty() + (options.samples > 0) +
                         (options.manifold > 0) + !options.interpolate.empty() +
                         options.traverse.has_value();
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
  if (options.samples == 0 && !(options.save_sampler + options.load_sampler).empty()) {
    throw UsageError("--{}: expected --samples with it, the number of codes to draw",
                     options.save_sampler.empty() ? "load-sampler" : "save-sampler");
  }
  if (!options.load_sampler.empty() && (line.has("sampler") || line.has("save_sampler"))) {
    throw UsageError("--{}: expected without --load-sampler, whose file says what was fitted",
                     line.has("sampler") ? "sampler" : "save-sampler");
  }
  if (!options.save_sampler.empty() && options.sampler.kind == evaluation::Sampler::Kind::Prior) {
    throw UsageError("--save-sampler: expected a sampler that is fitted, found prior");
  }
  if (options.manifold == 1) throw UsageError("--manifold: expected at least 2, found 1");
  if (options.manifold > 0 && condition.class_name == kEveryClass) {
    throw UsageError("--condition: expected one class for --manifold, found all");
  }
  refuse_options_of_other_ways(options, line);
}

void check_for_several(const CodeOptions& options) {
  if (options.samples == 0) {
    throw UsageError("several checkpoints: expected --samples, a row for each, found another way");
  }
  if (!(options.save_sampler + options.load_sampler).empty()) {
    throw UsageError("--{}: the sampler of one model, found several checkpoints",
                     options.save_sampler.empty() ? "load-sampler" : "save-sampler");
  }
}

GeneratedCodes make_codes(const CodeOptions& options, const CodeSurroundings& surroundings) {
  CodeMaker maker(options, surroundings);
  const std::string told =
      surroundings.line.has("condition") ? surroundings.rows.condition.text() : "";
  if (told == kEveryClass) return make_for_every_class(maker, surroundings.model);
  const at::Tensor condition = condition_named(surroundings.model, told);
  GeneratedCodes generated = maker.make(condition);
  if (!condition.defined()) return generated;
  generated.conditions = condition.expand({generated.codes.size(0), -1});
  generated.title += ", told " + told;
  return generated;
}

}  // namespace hourglass::apps
