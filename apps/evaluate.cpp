// Measures trained models, each beside the PCA of its size fitted on the same training rows, and
// says plainly when a model loses to it.
//
//   evaluate runs/mine/best.pt
//   evaluate a.pt b.pt c.pt --out comparison.png
//   evaluate third_party.pt --dataset fashion-mnist --input-shape 1,28,28 --json

#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/apps/tools/model_measures.h"
#include "hourglass/apps/tools/text_table.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/code_statistics.h"
#include "hourglass/evaluation/pca.h"
#include "hourglass/figures/bar_chart.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

namespace hourglass::apps {

using namespace datasets;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

using nlohmann::json;

struct EvaluateOptions {
  ModelOptions model;
  RowOptions rows;
  OutputOptions output;
  Measure chart = Measure::Mse;

  void describe(FieldTable& table);
};

void EvaluateOptions::describe(FieldTable& table) {
  model.describe(table);
  rows.describe(table);
  output.describe(table);
  table
      .add("chart", chart,
           "what the bar chart of --out shows: mse, bce, psnr, ssim, knn1, knn5 or probe")
      .shown_as("MEASURE");
}

struct Throughput {
  std::optional<double> encode;  ///< items a second
  double reconstruct = 0;
};

/// All that is reported of one checkpoint.
struct Assessment {
  std::string path, name;
  std::string rows, training_rows;
  bool seen_in_training = false, at_the_mean = false;
  std::optional<int64_t> code_size;
  Measures model, pca;
  std::optional<CodeStatistics> codes;
  Throughput throughput;
  std::string device;
};

// ---- Measuring one checkpoint

/// The measures of one checkpoint, in the order in which they are taken.
class Assessor {
 public:
  Assessor(const std::string& path, const EvaluateOptions& options, const CommandLine& line)
      : model_(open_model(path, options.model)),
        rows_(select_judged_rows(model_, options.rows, line, RecordedNoise::Apply, options.output)),
        stage_(options.output) {}

  Assessment assess() {
    Assessment found;
    found.path = model_.path().string();
    found.rows = row_text(rows_.evaluated);
    found.training_rows = row_text(rows_.training);
    found.seen_in_training = rows_.seen_in_training;
    found.at_the_mean = model_.metadata().value("code_kind", "") == "gaussian";
    found.device = model_.device().str();
    if (rows_.seen_in_training) own_rows_ = positions_among(training(), evaluated());
    say("errors, neighbours and probe");
    assess_model(found);
    say("the same for PCA");
    assess_pca(found);
    say("speed");
    measure_speed(found);
    return found;
  }

 private:
  ExportedModel model_;
  JudgedRows rows_;
  at::Tensor own_rows_;
  StageLine stage_;

  void say(const std::string& what) { stage_.show(model_.path().string() + ": " + what); }

  const Dataset& training() const { return *rows_.training.rows; }
  const Dataset& evaluated() const { return *rows_.evaluated.rows; }

  double data_range() const {
    const json& metadata = model_.metadata();
    if (metadata.contains("value_range")) {
      return metadata.at("value_range").at(1).get<double>() -
             metadata.at("value_range").at(0).get<double>();
    }
    return rows_.training.splits.info.highest - rows_.training.splits.info.lowest;
  }

  Measures measure(const Coder& coder, const CodePair& codes) const {
    Measures measures = measure_errors(coder.reconstruct, evaluated(), data_range());
    measures.merge(measure_codes(codes));
    return measures;
  }

  CodePair codes_of(const EncodeFunction& encode) const {
    CodePair codes{encode_all(encode, training()), encode_all(encode, evaluated()), own_rows_};
    const auto& classes = rows_.training.splits.info.class_names;
    // The numbers of labels mean the same only where the classes are the same.
    if (classes != rows_.evaluated.splits.info.class_names) codes.evaluated.labels.reset();
    return codes;
  }

  void assess_model(Assessment& found) {
    const Coder coder = {[this](const at::Tensor& x) { return model_.reconstruct(x); },
                         [this](const at::Tensor& x) { return model_.encode(x); }};
    if (!model_.has_method("encode")) {
      found.model = no_measures("the file has no method 'encode'");
      for (auto& [measure, value] : measure_errors(coder.reconstruct, evaluated(), data_range())) {
        found.model[measure] = value;
      }
      return;
    }
    const CodePair codes = codes_of(coder.encode);
    found.code_size = codes.evaluated.values[0].numel();
    found.codes = code_statistics(codes.evaluated.values);
    found.model = measure(coder, codes);
  }

  void assess_pca(Assessment& found) const {
    const std::string obstacle =
        pca_obstacle(found.code_size, evaluated().target_shape(), rows_.training.splits.info);
    if (!obstacle.empty()) {
      found.pca = no_measures(obstacle);
      return;
    }
    const Pca pca = fit_pca(training(), *found.code_size);
    const Coder coder = {[&](const at::Tensor& x) { return pca.reconstruct(x); },
                         [&](const at::Tensor& x) { return pca.encode(x); }};
    found.pca = measure(coder, codes_of(coder.encode));
  }

  void measure_speed(Assessment& found) {
    const int64_t count = std::min(ExportedModel::kBatch, evaluated().size());
    const at::Tensor input = evaluated().batch(evaluated().first_positions(count)).input;
    found.throughput.reconstruct =
        items_per_second([&](const at::Tensor& x) { model_.reconstruct(x); }, input);
    if (!found.code_size) return;
    found.throughput.encode =
        items_per_second([&](const at::Tensor& x) { model_.encode(x); }, input);
  }
};

// ---- The result

std::optional<bool> beats_pca(const Assessment& found) {
  const auto &model = found.model.at(Measure::Mse).value, &pca = found.pca.at(Measure::Mse).value;
  if (!pca) return {};
  return *model < *pca;
}

std::string verdict(const Assessment& found) {
  const auto better = beats_pca(found);
  if (!better) return found.pca.at(Measure::Mse).reason;
  const double model = *found.model.at(Measure::Mse).value;
  const double pca = *found.pca.at(Measure::Mse).value;
  const bool exact = pca < 1e-12;
  return fmt::format("{} PCA of its size: MSE {:.6f} against {:.6f}{}",
                     *better ? "beats" : "LOSES TO", model, pca,
                     exact ? ", which is exact: the code has room for all that varies in an item"
                           : fmt::format(" ({:+.1f} %)", 100 * (model / pca - 1)));
}

json to_json(const Measures& measures) {
  json object = json::object();
  for (const auto& [measure, measured] : measures) {
    object[enum_name(measure)] = measured.value ? json(*measured.value) : json();
  }
  return object;
}

json reasons(const Measures& measures) {
  json object = json::object();
  for (const auto& [measure, measured] : measures) {
    if (!measured.value) object[enum_name(measure)] = measured.reason;
  }
  return object;
}

json to_json(const CodeStatistics& codes, bool gaussian) {
  json object = {{"units", codes.units},
                 {"dead_units", codes.dead_units},
                 {"covariance_rank", codes.covariance_rank}};
  if (gaussian) object["active_units"] = codes.active_units;
  return object;
}

json to_json(const Assessment& found) {
  const auto better = beats_pca(found);
  return {{"checkpoint", found.path},
          {"rows", found.rows},
          {"training_rows", found.training_rows},
          {"rows_seen_in_training", found.seen_in_training},
          {"code_size", found.code_size ? json(*found.code_size) : json()},
          {"model", to_json(found.model)},
          {"pca", to_json(found.pca)},
          {"not_available", {{"model", reasons(found.model)}, {"pca", reasons(found.pca)}}},
          {"codes", found.codes ? to_json(*found.codes, found.at_the_mean) : json()},
          {"items_per_second",
           {{"reconstruct", found.throughput.reconstruct},
            {"encode", found.throughput.encode ? json(*found.throughput.encode) : json()}}},
          {"device", found.device},
          {"threads", at::get_num_threads()},
          {"beats_pca", better ? json(*better) : json()},
          {"verdict", verdict(found)}};
}

// ---- Telling it

/// The paths, without folders and endings that all of them share: "ev-f32" of
/// "runs/ev-f32/best.pt".
void name_all(std::vector<Assessment>& all) {
  std::set<std::string> seen;
  for (auto& found : all) {
    const std::filesystem::path path = found.path;
    const std::string folder = path.parent_path().filename();
    found.name = path.stem() == "best" && !folder.empty() ? folder : path.stem().string();
    seen.insert(found.name);
  }
  if (seen.size() == all.size()) return;
  for (auto& found : all) found.name = found.path;
}

std::string cell(Measure measure, const MeasureValue& measured) {
  if (!measured.value) return "n/a";
  switch (measure) {
    case Measure::Mse: return fmt::format("{:.6f}", *measured.value);
    case Measure::Psnr: return fmt::format("{:.2f}", *measured.value);
    case Measure::Bce:
    case Measure::Ssim: return fmt::format("{:.4f}", *measured.value);
    default: return fmt::format("{:.2f} %", 100 * *measured.value);
  }
}

void add_row(TextTable& table, const std::string& name, const std::string& size,
             const Measures& measures) {
  std::vector<std::string> cells = {name, size};
  for (const auto& [measure, measured] : measures) cells.push_back(cell(measure, measured));
  table.add(cells);
}

void print_table(const std::vector<Assessment>& all) {
  std::vector<std::string> header = {"", "code"};
  for (const auto& entry : names_of(Measure{})) header.push_back(measure_title(entry.value));
  TextTable table(header);
  for (const auto& found : all) {
    const std::string size = found.code_size ? with_thousands(*found.code_size) : "n/a";
    add_row(table, found.name, size, found.model);
    add_row(table, "  PCA", size, found.pca);
  }
  fmt::print("{}", table.text(""));
}

/// "not available: SSIM (needs …); BCE of PCA (…)"; one reason for all measures is reported once.
std::string missing_text(const Assessment& found) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& [measure, measured] : found.model) {
    if (!measured.value) by_reason[measured.reason].push_back(measure_title(measure));
  }
  for (const auto& [measure, measured] : found.pca) {
    if (measured.value) continue;
    auto& titles = by_reason[measured.reason];
    const std::string title = measure_title(measure);
    const bool reported = std::find(titles.begin(), titles.end(), title) != titles.end();
    if (!reported)
      titles.push_back(measured.reason.starts_with("no PCA") ? "PCA" : title + " of PCA");
  }
  std::vector<std::string> parts;
  for (auto& [reason, titles] : by_reason) {
    titles.erase(std::unique(titles.begin(), titles.end()), titles.end());
    parts.push_back(fmt::format("{} ({})", join_text(titles), reason));
  }
  return join_text(parts, "; ");
}

std::string codes_text(const Assessment& found) {
  const CodeStatistics& codes = *found.codes;
  std::string text = fmt::format("{} units, {} dead", codes.units, codes.dead_units);
  if (found.at_the_mean) text += fmt::format(", {} active", codes.active_units);
  return text + fmt::format(", covariance of rank {}", codes.covariance_rank);
}

std::string speed_text(const Assessment& found) {
  const auto items = [](double number) {
    return with_thousands(static_cast<int64_t>(std::llround(number)));
  };
  std::string text = fmt::format("{} items/s reconstructed", items(found.throughput.reconstruct));
  if (found.throughput.encode) {
    text += fmt::format(", {} encoded", items(*found.throughput.encode));
  }
  return fmt::format("{} ({}, {} threads)", text, found.device, at::get_num_threads());
}

void print_details(const Assessment& found) {
  fmt::print("\n{}\n", found.name);
  fmt::print("  rows      {}{}; PCA, neighbours and probe fitted on {}\n", found.rows,
             found.seen_in_training ? " (trained on, at least in part)" : "", found.training_rows);
  if (found.at_the_mean) fmt::print("  codes are the means of their distributions\n");
  if (const std::string missing = missing_text(found); !missing.empty()) {
    fmt::print("  n/a       {}\n", missing);
  }
  if (found.codes) fmt::print("  codes     {}\n", codes_text(found));
  fmt::print("  speed     {}\n", speed_text(found));
  fmt::print("  verdict   {}\n", verdict(found));
}

/// A group of two bars a checkpoint: the model, and PCA of its size.
Picture comparison_chart(const std::vector<Assessment>& all, Measure measure) {
  std::vector<std::string> names;
  BarSeries model{"autoencoder", {}}, pca{"PCA of its size", {}};
  const auto value_of = [&](const Measures& measures) {
    return measures.at(measure).value.value_or(std::numeric_limits<double>::quiet_NaN());
  };
  for (const auto& found : all) {
    names.push_back(found.name);
    model.values.push_back(value_of(found.model));
    pca.values.push_back(value_of(found.pca));
  }
  const bool accuracy = measure > Measure::Ssim;
  return bar_chart(names, {model, pca},
                   {.title = measure_title(measure) + " of the rows evaluated",
                    .y_label = measure_title(measure) + (accuracy ? " accuracy" : "")});
}

int evaluate(const CommandLine& line, const EvaluateOptions& options) {
  const auto& output = options.output;
  const bool draws = !output.out.empty() && figures_available();
  if (!output.out.empty() && !draws) note(output, "no bar chart: this build draws no pictures");
  const auto chart = draws ? picture_file(output, "") : std::filesystem::path();

  std::vector<Assessment> all;
  for (const auto& path : line.positional) all.push_back(Assessor(path, options, line).assess());
  name_all(all);
  if (output.json) {
    json rows = json::array();
    for (const auto& found : all) rows.push_back(to_json(found));
    fmt::print("{}\n", json{{"checkpoints", rows}}.dump(2));
  } else {
    print_table(all);
    for (const auto& found : all) print_details(found);
  }
  if (draws) comparison_chart(all, options.chart).save(chart);
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  EvaluateOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "evaluate",
      .summary = "Measures trained models beside PCA of their size.",
      .positional = "CKPT [CKPT...]",
      .examples = {"evaluate runs/mine/best.pt", "evaluate a.pt b.pt --out comparison.png",
                   "evaluate third_party.pt --dataset fashion-mnist --input-shape 1,28,28 --json"}};
  return run_tool(program, table, argc, argv, 1, std::numeric_limits<size_t>::max(),
                  [&](const CommandLine& line) { return evaluate(line, options); });
}
