// Finds the items that are strange to a model: a score for each, a threshold from normal training
// items by a stated rule, and where labels say which are anomalies, how well the score separates them.
//
//   detect_anomalies runs/mine/best.pt --dataset csv:new.csv
//   detect_anomalies ev-f32.pt --normal-class 7 --score reconstruction --threshold quantile:0.95
//   detect_anomalies runs/mine/best.pt --save-threshold limit.json
//   detect_anomalies runs/mine/best.pt --load-threshold limit.json --dataset csv:tomorrow.csv

#include "hourglass/apps/tools/anomaly_classes.h"
#include "hourglass/apps/tools/anomaly_score.h"
#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/ranking.h"
#include "hourglass/evaluation/threshold.h"
#include "hourglass/figures/histogram.h"
#include "hourglass/figures/line_plot.h"
#include "hourglass/sources/scaling_json.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace hourglass::apps {

using namespace datasets;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct DetectOptions {
  ModelOptions model;
  RowOptions rows;
  AnomalyScore score = AnomalyScore::Auto;
  int64_t samples = 0;
  uint64_t seed = 1;
  ThresholdRule threshold;
  NormalClasses classes;
  std::string save_threshold, load_threshold;
  int64_t worst = 16;
  OutputOptions output;

  void describe(FieldTable& table);
};

void DetectOptions::describe(FieldTable& table) {
  table.begin_group("Anomalies");
  table.add("score", score,
            "reconstruction (mean squared error), elbo (negative evidence lower bound, Gaussian "
            "codes) or mahalanobis (distance among the codes); auto: elbo where the model has it");
  table
      .add("samples", samples,
           "codes drawn for the elbo score of an item; 0: the mean of its distribution alone")
      .at_least(0);
  table.add("seed", seed, "of these draws");
  table
      .add("threshold", threshold,
           "from the scores of normal training rows: quantile:Q, sigma:K (mean + K standard "
           "deviations), mad:K (median + K median deviations) or tail:P (extreme values)")
      .shown_as("RULE");
  classes.describe(table);
  table.add("save_threshold", save_threshold, "keep the threshold for later data, as JSON")
      .shown_as("FILE");
  table
      .add("load_threshold", load_threshold,
           "apply a threshold that was kept; no training rows are needed")
      .shown_as("FILE");
  table.add("worst", worst, "items with the highest scores, for the picture")
      .at_least(1)
      .at_most(kMostDrawnItems);
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

void check(const DetectOptions& options, const CommandLine& line) {
  check(options.classes);
  if (options.load_threshold.empty()) return;
  for (const char* fixed : {"score", "samples", "seed", "threshold", "save_threshold"}) {
    if (line.has(fixed)) {
      throw UsageError("`{}`: cannot be changed with --load-threshold, whose file says it", fixed);
    }
  }
}

// ---- The threshold and what it belongs to

/// Everything that a threshold has to be kept with.
struct FittedThreshold {
  AnomalyScore score = AnomalyScore::Reconstruction;
  int64_t samples = 0;  ///< of the elbo score
  uint64_t seed = 1;
  ThresholdRule rule;
  double value = 0;
  std::string normal_rows;  ///< what it was fitted on, in words
  Scaling scaling;          ///< of the inputs
  std::optional<Mahalanobis> codes;
  at::Tensor normal_scores;  ///< undefined where the threshold was loaded
};

json to_json(const FittedThreshold& fitted, const ExportedModel& model) {
  json object = {{"format", 1},
                 {"checkpoint",
                  {{"path", model.path().string()},
                   {"sha256", model_sha256(model)},
                   {"variant", model.metadata().value("variant", "")},
                   {"recipe", model.metadata().value("recipe", "")}}},
                 {"score", enum_name(fitted.score)},
                 {"samples", fitted.samples},
                 {"seed", fitted.seed},
                 {"rule", fitted.rule.text()},
                 {"threshold", fitted.value},
                 {"normal_rows", fitted.normal_rows},
                 {"scaling", fitted.scaling}};
  if (fitted.codes) object["mahalanobis"] = apps::to_json(*fitted.codes);
  return object;
}

FittedThreshold load_threshold(const std::string& path, const ExportedModel& model) {
  const json object = read_json_file(path);
  FittedThreshold fitted;
  try {
    expect_same_model(model, object.at("checkpoint").at("sha256"), path);
    fitted.score = TextCodec<AnomalyScore>::parse(object.at("score")).value();
    fitted.samples = object.at("samples");
    fitted.seed = object.at("seed");
    fitted.rule = ThresholdRule::parse(object.at("rule")).value();
    fitted.value = object.at("threshold");
    fitted.normal_rows = object.at("normal_rows");
    fitted.scaling = object.at("scaling").get<Scaling>();
    if (fitted.score == AnomalyScore::Mahalanobis) {
      fitted.codes = mahalanobis_from_json(object.at("mahalanobis"));
    }
  } catch (const json::exception& error) {
    throw Error("{}: expected a file of --save-threshold ({})", path, error.what());
  } catch (const std::bad_optional_access&) {
    throw Error("{}: expected a file of --save-threshold, found a score or rule that is unknown",
                path);
  }
  return fitted;
}

// ---- Scores of rows

/// A model that scores rows by what was fitted.
class Detector {
 public:
  Detector(ExportedModel& model, const DetectOptions& options) : model_(model), options_(options) {}

  /// `normal` are the rows to fit on.
  FittedThreshold fit(const SelectedRows& normal) {
    FittedThreshold fitted = {.score = resolve_score(options_.score, model_),
                              .samples = options_.samples,
                              .seed = options_.seed,
                              .rule = options_.threshold,
                              .scaling = normal.splits.info.scaling};
    fitted.normal_rows = row_text(normal) + (options_.classes.any() ? ", normal classes" : "");
    if (fitted.score == AnomalyScore::Mahalanobis) {
      fitted.codes = fit_mahalanobis(
          encode_rows(model_, *normal.rows, "normal codes", options_.output).values);
    }
    fitted.normal_scores = scores(*normal.rows, fitted, "normal rows");
    fitted.value = fit_threshold(fitted.normal_scores, fitted.rule);
    return fitted;
  }

  /// [N] float64.
  at::Tensor scores(const Dataset& rows, const FittedThreshold& fitted, const std::string& what) {
    const Scorer scorer = make_scorer(fitted);
    std::vector<at::Tensor> parts;
    for_each_batch(rows, what, options_.output,
                   [&](const Batch& batch, int64_t) { parts.push_back(scorer(batch)); });
    return at::cat(parts);
  }

 private:
  ExportedModel& model_;
  const DetectOptions& options_;

  Scorer make_scorer(const FittedThreshold& fitted) {
    switch (fitted.score) {
      case AnomalyScore::Elbo: return elbo_scorer(model_, fitted.samples, fitted.seed);
      case AnomalyScore::Mahalanobis: return mahalanobis_scorer(model_, *fitted.codes);
      default: return reconstruction_scorer(model_);
    }
  }
};

// ---- What was found

/// How well the score separates anomalies from normal rows.
struct Separation {
  double auroc = 0, average_precision = 0;
  Confusion confusion;
};

struct Findings {
  FittedThreshold fitted;
  SelectedRows rows;
  at::Tensor labels;     ///< [N] int64, or undefined
  at::Tensor scores;     ///< [N] float64
  at::Tensor flags;      ///< [N] bool
  at::Tensor anomalous;  ///< [N] bool; undefined where nothing says which rows are anomalies
  std::optional<Separation> separation;
};

at::Tensor known_anomalies(const Findings& found, const NormalClasses& classes) {
  if (!classes.any() || !found.labels.defined()) return {};
  return anomalies_among(found.labels, class_names(found.rows), classes, /*absent_allowed=*/true);
}

std::optional<Separation> separation_of(const Findings& found) {
  const bool both_kinds = found.anomalous.defined() && found.anomalous.any().item<bool>() &&
                          !found.anomalous.all().item<bool>();
  if (!both_kinds) return {};
  return Separation{auroc(found.scores, found.anomalous),
                    average_precision(found.scores, found.anomalous),
                    confusion_at(found.scores, found.anomalous, found.fitted.value)};
}

/// A threshold holds for values that are scaled as those it was fitted to.
void expect_same_scaling(const FittedThreshold& fitted, const SelectedRows& rows,
                         const std::string& file) {
  const Scaling& found = rows.splits.info.scaling;
  if (found.offset == fitted.scaling.offset && found.factor == fitted.scaling.factor) return;
  throw Error(
      "{}: the values of {} are scaled otherwise than those the threshold was fitted to; "
      "for a file that does not record its scaling, give the same --scale none or max:V "
      "both times",
      file, rows.splits.info.name);
}

Findings find_anomalies(ExportedModel& model, const DetectOptions& options,
                        const CommandLine& line) {
  Detector detector(model, options);
  Findings found;
  if (options.load_threshold.empty()) {
    JudgedRows judged =
        select_judged_rows(model, options.rows, line, RecordedNoise::Leave, options.output);
    SelectedRows& training = judged.training;
    training.rows = normal_rows(training.rows, class_names(training), options.classes);
    found.fitted = detector.fit(training);
    found.rows = judged.evaluated;
  } else {
    found.fitted = load_threshold(options.load_threshold, model);
    found.rows = select_rows(model, options.rows, line, RecordedNoise::Leave);
    expect_same_scaling(found.fitted, found.rows, options.load_threshold);
  }
  found.labels = labels_of(*found.rows.rows);
  found.scores = detector.scores(*found.rows.rows, found.fitted, "rows");
  found.flags = found.scores > found.fitted.value;
  found.anomalous = known_anomalies(found, options.classes);
  found.separation = separation_of(found);
  return found;
}

// ---- Files

std::string scores_csv(const Findings& found) {
  const auto names = label_names(found.labels, class_names(found.rows));
  const auto* scores = found.scores.const_data_ptr<double>();
  const auto* flags = found.flags.const_data_ptr<bool>();
  std::string text = "row,label,score,flag\n";
  for (size_t i = 0; i < found.rows.numbers.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{},{},{:.9g},{:d}\n", found.rows.numbers[i],
                   names.empty() ? "" : csv_cell(names[i]), scores[i], flags[i]);
  }
  return text;
}

std::string score_title(const FittedThreshold& fitted) {
  switch (fitted.score) {
    case AnomalyScore::Elbo:
      return fitted.samples == 0
                 ? std::string("negative ELBO at the mean code, nats")
                 : fmt::format("negative ELBO over {} sampled codes, nats", fitted.samples);
    case AnomalyScore::Mahalanobis: return "Mahalanobis distance of the code";
    default: return "reconstruction error (MSE)";
  }
}

Picture score_histogram(const Findings& found) {
  std::vector<HistogramGroup> groups;
  if (found.separation) {
    groups = {{"normal", found.scores.masked_select(found.anomalous.logical_not())},
              {"anomalies", found.scores.masked_select(found.anomalous)}};
  } else {
    groups = {{"rows evaluated", found.scores}};
    if (found.fitted.normal_scores.defined()) {
      groups.insert(groups.begin(), {"normal training rows", found.fitted.normal_scores});
    }
  }
  return histogram(groups, {.title = "Scores of " + row_text(found.rows),
                            .x_label = score_title(found.fitted),
                            .threshold = found.fitted.value,
                            .shares = true});
}

Picture roc_picture(const Findings& found) {
  RocCurve roc = roc_curve(found.scores, found.anomalous);
  return line_plot({{fmt::format("score, area {:.4f}", found.separation->auroc),
                     std::move(roc.false_positive_rate), std::move(roc.true_positive_rate)},
                    {"chance, area 0.5", {0, 1}, {0, 1}}},
                   {.title = "Anomalies found against false alarms",
                    .x_label = "share of normal rows flagged",
                    .y_label = "share of anomalies flagged"});
}

/// The items with the highest scores, highest first, above what the model makes of them.
Picture worst_items(const Findings& found, ExportedModel& model, int64_t count) {
  const at::Tensor order = found.scores.argsort(/*stable=*/true, 0, /*descending=*/true)
                               .narrow(0, 0, std::min(count, found.scores.size(0)));
  const Batch batch = found.rows.rows->batch(order);
  const auto names = label_names(batch.labels, class_names(found.rows));
  std::vector<std::string> captions;
  for (int64_t i = 0; i < order.size(0); ++i) {
    const auto position = order[i].item<int64_t>();
    captions.push_back(fmt::format("{}{}: {:.2g}",
                                   found.rows.numbers[static_cast<size_t>(position)],
                                   names.empty() ? "" : " " + names[static_cast<size_t>(i)],
                                   found.scores[position].item<double>()));
  }
  const ValueRange range = value_range(model, batch.target);
  return draw_items({{"item", batch.target, range},
                     output_row("reconstruction", model.reconstruct(batch.input), range)},
                    captions, "Highest scores: row, class and score");
}

/// Writes the files; their paths.
std::vector<std::string> write_files(const Findings& found, ExportedModel& model,
                                     const DetectOptions& options, const fs::path& folder) {
  std::vector<std::string> paths = {(folder / "scores.csv").string()};
  write_output(paths.front(), scores_csv(found));
  const auto save = [&](const std::string& name, const Picture& picture) {
    paths.push_back((folder / name).string());
    picture.save(paths.back());
  };
  if (figures_available()) {
    save("histogram.png", score_histogram(found));
    if (found.separation) save("roc.png", roc_picture(found));
    save("worst.png", worst_items(found, model, options.worst));
  } else {
    note(options.output, "no pictures: this build draws none");
  }
  if (!options.save_threshold.empty()) {
    paths.push_back(options.save_threshold);
    write_output(options.save_threshold, to_json(found.fitted, model).dump(2) + "\n");
  }
  return paths;
}

// ---- Telling it

json to_json(const Separation& separation) {
  const Confusion& counts = separation.confusion;
  return {{"auroc", separation.auroc},
          {"average_precision", separation.average_precision},
          {"true_positives", counts.true_positives},
          {"false_positives", counts.false_positives},
          {"true_negatives", counts.true_negatives},
          {"false_negatives", counts.false_negatives},
          {"precision", counts.precision()},
          {"recall", counts.recall()},
          {"false_positive_rate", counts.false_positive_rate()},
          {"f1", counts.f1()}};
}

json to_json(const Findings& found, const std::vector<std::string>& files) {
  const FittedThreshold& fitted = found.fitted;
  return {{"rows", row_text(found.rows)},
          {"score", enum_name(fitted.score)},
          {"samples", fitted.samples},
          {"rule", fitted.rule.text()},
          {"threshold", fitted.value},
          {"normal_rows", fitted.normal_rows},
          {"flagged", found.flags.sum().item<int64_t>()},
          {"looked_at", found.flags.size(0)},
          {"separation", found.separation ? to_json(*found.separation) : json()},
          {"files", files}};
}

void print_separation(const Findings& found) {
  if (!found.separation) {
    fmt::print("labels    {}\n", found.anomalous.defined()
                                     ? "all rows are of one kind: no AUROC"
                                     : "none that tell anomalies: see --normal-class");
    return;
  }
  const Confusion& counts = found.separation->confusion;
  fmt::print("AUROC     {:.4f}, average precision {:.4f}\n", found.separation->auroc,
             found.separation->average_precision);
  fmt::print("anomalies {} flagged, {} missed (recall {:.2f} %)\n",
             with_thousands(counts.true_positives), with_thousands(counts.false_negatives),
             100 * counts.recall());
  fmt::print("normal    {} flagged, {} passed (false alarms {:.2f} %), precision {:.2f} %\n",
             with_thousands(counts.false_positives), with_thousands(counts.true_negatives),
             100 * counts.false_positive_rate(), 100 * counts.precision());
}

void print_findings(const Findings& found, const std::vector<std::string>& files) {
  const FittedThreshold& fitted = found.fitted;
  fmt::print("score     {}\n", score_title(fitted));
  fmt::print("threshold {:.6g} ({} of {})\n", fitted.value, fitted.rule.text(), fitted.normal_rows);
  const auto flagged = found.flags.sum().item<int64_t>();
  fmt::print("flagged   {} of {}\n", with_thousands(flagged), row_text(found.rows));
  print_separation(found);
  for (const auto& file : files) fmt::print("written   {}\n", file);
}

int detect(const CommandLine& line, const DetectOptions& options) {
  check(options, line);
  ExportedModel model = open_model(line.positional.front(), options.model);
  const fs::path folder = output_folder(options.output, "anomalies",
                                        {"scores.csv", "histogram.png", "roc.png", "worst.png"});
  if (!options.save_threshold.empty()) {
    output_file({.out = options.save_threshold, .force = options.output.force}, "");
  }
  const Findings found = find_anomalies(model, options, line);
  const auto files = write_files(found, model, options, folder);
  if (options.output.json) {
    fmt::print("{}\n", to_json(found, files).dump(2));
  } else {
    print_findings(found, files);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  DetectOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "detect_anomalies",
      .summary = "Finds the items that are strange to a model.",
      .positional = "CKPT",
      .examples = {"detect_anomalies runs/mine/best.pt --dataset csv:new.csv",
                   "detect_anomalies runs/mine/best.pt --normal-class 7 --threshold mad:3.5",
                   "detect_anomalies runs/mine/best.pt --load-threshold limit.json --dataset "
                   "csv:tomorrow.csv"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return detect(line, options); });
}
