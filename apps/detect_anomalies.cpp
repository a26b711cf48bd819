// Finds the items that are strange to a model: a score for each, a threshold from normal training
// items by a stated rule, and where labels say which are anomalies, how well the two are separated.
// With --train it makes the models, too, of rows that no one has labelled.

#include "hourglass/apps/tools/anomaly_files.h"
#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/anomaly_options.h"
#include "hourglass/apps/tools/anomaly_report.h"
#include "hourglass/apps/tools/score_stream.h"
#include "hourglass/apps/tools/series_anomalies.h"
#include "hourglass/cli/program.h"
#include "hourglass/evaluation/anomaly_ensemble.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> result_files(bool train) {
  auto files = kAnomalyFiles;
  if (train) files.insert(files.end(), {kEnsembleFile, kReportFile});
  return files;
}

/// What an earlier call left, its models too.
void remove_results(const fs::path& folder) {
  for (const auto& file : result_files(/*train=*/true)) fs::remove(folder / file);
  fs::remove_all(folder / kMembersFolder);
}

/// Whether the folder is of a call that trained models and ended before detector.json, its last file:
/// the same call goes on, and writes those again that are there.
bool is_unfinished(const OutputOptions& output) {
  const fs::path folder = output.out.empty() ? "anomalies" : output.out;
  return fs::exists(folder / kMembersFolder) && !fs::exists(folder / kEnsembleFile);
}

/// What judges the rows: a model, or of an ensemble its first.
struct Judge {
  std::shared_ptr<ExportedModel> model;
  std::optional<AnomalyDetector> ensemble;
  std::optional<SelectedRows> rows = {};  ///< that it was trained on
};

/// Trains an ensemble and leaves it in `folder`. No model where it was interrupted.
Judge train_judge(const DetectOptions& options, const CommandLine& line, const fs::path& folder) {
  const auto plan =
      plan_members(options.asked.rows.data, options.training, options.asked.detector.seed,
                   options.model, folder / kMembersFolder);
  // Not before the data were read. An interrupted call goes on without --force, which begins anew.
  if (options.output.force) remove_results(folder);
  const auto members = train_members(plan, options.output);
  if (members.empty()) return {};
  const SelectedRows rows =
      select_rows(*members.front().model, options.asked.rows, line, RecordedNoise::Leave);
  StageLine stage(options.output);
  const auto ensemble =
      fit_ensemble(members, {rows.rows, row_text(rows), rows.splits.info.scaling},
                   options.asked.detector.threshold, [&](size_t member) {
                     stage.show(fmt::format("scoring: model {} of {}", member + 1, members.size()));
                   });
  return {members.front().model, ensemble, rows};
}

Judge open_judge(const std::string& path, const DetectOptions& options) {
  if (!names_ensemble(path)) {
    return {std::make_shared<ExportedModel>(open_model(path, options.model)), {}};
  }
  const auto ensemble = open_ensemble(path, options.model);
  return {ensemble.members.front()->model, ensemble};
}

int detect(const CommandLine& line, DetectOptions options) {
  check(options, line);
  if (!options.stream.follow.empty()) {
    return score_stream(line.positional.front(), options.asked.load_threshold, options.stream,
                        options.model, options.output);
  }
  const bool train = options.training.train;
  if (train) settle_training(options, line);
  const bool goes_on = train && is_unfinished(options.output);
  const auto folder = output_folder(options.output, "anomalies",
                                    goes_on ? std::vector<std::string>() : result_files(train));
  further_file(options.save_threshold, "--save-threshold", options.output);
  const Judge judge =
      train ? train_judge(options, line, folder) : open_judge(line.positional.front(), options);
  if (!judge.model) {
    fmt::print(stderr, "interrupted; the same command{} goes on\n",
               options.output.force ? " without --force" : "");
    return kInterrupted;
  }
  options.asked.ensemble = judge.ensemble;
  options.asked.selected = judge.rows;
  const bool series = !judge.ensemble && looks_at_series(*judge.model, options.asked.rows, line);
  if (!judge.ensemble) check_for_model(options, *judge.model, series, line);
  if (series) {
    const SeriesQuestion asked = {options.asked, options.step_average, options.save_threshold};
    return detect_in_series(*judge.model, asked, line, options.output);
  }
  const JudgedAnomalies judged = judge_anomalies(*judge.model, options.asked, line, options.output);
  auto files = write_anomaly_files(judged, *judge.model, options.worst, folder, options.output);
  if (train) {
    write_output(folder / kReportFile, anomaly_page(judged, folder));
    write_output(folder / kEnsembleFile, ensemble_text(*judge.ensemble, folder));
    for (const char* name : {kEnsembleFile, kReportFile}) files.push_back((folder / name).string());
  }
  if (!options.save_threshold.empty()) {
    write_output(options.save_threshold, detector_text(judged.detector, *judge.model));
    files.push_back(options.save_threshold);
  }
  print_anomalies(judged, files, options.output);
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
      .positional = "[CKPT|DETECTOR.json]",
      .examples = {"detect_anomalies --train --dataset csv:mine.csv",
                   "detect_anomalies anomalies/detector.json --dataset csv:new.csv",
                   "detect_anomalies runs/mine/best.pt --dataset csv:new.csv",
                   "detect_anomalies runs/mine/best.pt --normal-class 7 --threshold mad:3.5",
                   "detect_anomalies runs/sensor/best.pt --dataset series:today.csv",
                   "detect_anomalies best.pt --load-threshold limit.json --dataset csv:new.csv",
                   "detect_anomalies best.pt --load-threshold limit.json --follow rows.csv"}};
  return run_tool(program, table, argc, argv, 0, 1,
                  [&](const CommandLine& line) { return detect(line, options); });
}
