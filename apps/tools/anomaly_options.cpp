#include "hourglass/apps/tools/anomaly_options.h"

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/core/error.h"

namespace hourglass::apps {
namespace {

constexpr const char* kOfSeries =
    "says how the time steps of a series are scored, by one model; here items are: leave it out";
constexpr const char* kOfElbo =
    "is of the codes that `score` elbo draws, and another score is at work; leave it out";

/// Draws that no score asks for. Which score `auto` is, a model says: see `check_for_model`.
void check_draws(const evaluation::DetectorOptions& detector, const cli::CommandLine& line) {
  using enum evaluation::AnomalyScore;
  if (detector.score != Auto && detector.score != Elbo) {
    refuse_options({"samples", "seed"}, line, kOfElbo);
  }
  if (detector.samples == 0) {
    refuse_options({"seed"}, line, "expected `samples` with it, the codes that it draws, 16 say");
  }
}

void check_training(const DetectOptions& options, const cli::CommandLine& line) {
  if (!line.positional.empty()) {
    throw UsageError("`train`: expected no checkpoint, as models are trained, found '{}'",
                     line.positional.front());
  }
  if (!line.has("dataset"))
    throw UsageError("`train`: expected --dataset with the rows to learn from");
  refuse_options(
      {"load_threshold", "save_threshold", "score", "samples", "split", "validation", "indices",
       "follow"},
      line,
      "cannot be chosen with --train, which trains on all rows, scores by all its models and "
      "keeps the threshold in detector.json");
  refuse_options({"step_average"}, line, kOfSeries);
  refuse_options(
      {"corruption", "noise", "binarize", "targets", "condition"}, line,
      "has no place in --train, whose models choose their own noise and are told nothing");
  const bool names_classes = line.has("normal_class") || line.has("anomaly_class");
  const bool is_table = options.asked.rows.data.dataset.starts_with("csv:");
  if (names_classes && is_table && !line.has("label_column")) {
    throw UsageError(
        "`label_column`: expected the column that tells the classes, found none: rows to train on "
        "are taken for unlabelled");
  }
  if (!options.model.input_shape.empty()) throw UsageError("`input_shape`: the data say it");
}

}  // namespace

void DetectOptions::describe(FieldTable& table) {
  auto& [detector, classes, load_threshold, rows, ensemble, selected] = asked;
  table.begin_group("Anomalies");
  training.describe(table);
  table.add(
      "score", detector.score,
      "reconstruction (mean squared error), elbo (negative evidence lower bound, Gaussian "
      "codes), mahalanobis (distance among the codes) or centre-distance (of a one-class "
      "model, squared); auto: centre-distance of a one-class model, elbo of a variational one "
      "whose loss is bce, mse or mae, else reconstruction");
  table
      .add("samples", detector.samples,
           "codes drawn for the elbo score of an item; 0: the mean of its distribution alone")
      .at_least(0);
  table.add("seed", detector.seed, "of these draws");
  table
      .add("threshold", detector.threshold,
           "from the scores of normal training rows: quantile:Q, sigma:K (mean + K standard "
           "deviations), mad:K (the same by the median and 1.4826 median deviations) or tail:P "
           "(extreme values)")
      .shown_as("RULE");
  table
      .add("normal_class", classes.normal,
           "classes (names, or numbers from 0) that are normal, all others being anomalies; the "
           "threshold "
           "is fitted on training rows of these alone; nothing said: the classes of a model that "
           "was "
           "trained with --classes")
      .shown_as("LIST");
  table
      .add("anomaly_class", classes.anomalous,
           "the other way round: classes that are anomalies, all others being normal")
      .shown_as("LIST");
  table.add("save_threshold", save_threshold, "keep the threshold for later data, as JSON")
      .shown_as("FILE");
  table
      .add("load_threshold", load_threshold,
           "apply a threshold that was kept; no training rows are needed")
      .shown_as("FILE");
  table.add("step_average", step_average,
            "how the errors of the windows that hold a time step become its score: mean or median");
  table.add("worst", worst, "items with the highest scores, for the picture")
      .at_least(1)
      .at_most(kMostDrawnItems);
  stream.describe(table);
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

void check(const DetectOptions& options, const cli::CommandLine& line) {
  check(options.asked.classes);
  check(options.stream, line);
  if (options.training.train) return check_training(options, line);
  if (line.has("members")) throw UsageError("`members`: how many models --train trains; add it");
  if (line.positional.empty()) {
    throw UsageError("expected CKPT, a trained model, or --train with the rows to learn from");
  }
  if (names_ensemble(line.positional.front())) {
    refuse_options({"load_threshold", "save_threshold", "score", "samples", "seed", "threshold"},
                   line, "cannot be changed for an ensemble, whose file says it");
    refuse_options({"step_average"}, line, kOfSeries);
  }
  if (!options.asked.load_threshold.empty()) {
    refuse_options({"score", "samples", "seed", "threshold", "step_average", "save_threshold"},
                   line, "cannot be changed with --load-threshold, whose file says it");
  }
  check_draws(options.asked.detector, line);
}

void check_for_model(const DetectOptions& options, const evaluation::ExportedModel& model,
                     bool series, const cli::CommandLine& line) {
  if (!series) refuse_options({"step_average"}, line, kOfSeries);
  const auto score = evaluation::resolve_score(options.asked.detector.score, model);
  const bool draws = !series && score == evaluation::AnomalyScore::Elbo;
  if (!draws) refuse_options({"samples", "seed"}, line, kOfElbo);
}

void settle_training(DetectOptions& options, const cli::CommandLine& line) {
  options.asked.rows.data = unlabelled_data(options.asked.rows.data, line);
  if (!line.has("threshold")) options.asked.detector.threshold = kUnlabelledThreshold;
}

}  // namespace hourglass::apps
