#include "hourglass/apps/tools/judged_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"

#include <fmt/format.h>

namespace hourglass::apps {

using namespace formats;
using namespace evaluation;
using namespace cli;

namespace {

bool records_its_data(const ExportedModel& model) {
  return !model.metadata().value("options", nlohmann::json::object()).value("dataset", "").empty();
}

SelectedRows select_evaluated(const ExportedModel& model, RowOptions options,
                              const CommandLine& line, RecordedNoise noise) {
  SelectedRows rows = select_rows(model, options, line, noise);
  const bool own_choice = options.split != Split::Auto || line.has("dataset");
  if (own_choice || rows.name != "all" || !rows.splits.validation) return rows;
  options.split = Split::Validation;
  return select_rows(model, options, line, noise);
}

/// The training rows of what was read already, or of what the checkpoint records where that is
/// another data set.
SelectedRows select_training(const ExportedModel& model, const SelectedRows& evaluated,
                             const CommandLine& line, RecordedNoise noise) {
  if (line.has("dataset") && records_its_data(model)) {
    return select_rows(model, {.split = Split::Train}, CommandLine{}, noise);
  }
  SelectedRows training = evaluated;
  training.rows = evaluated.splits.training;
  training.name = "train";
  training.numbers.clear();
  return training;
}

}  // namespace

JudgedRows select_judged_rows(const ExportedModel& model, const RowOptions& options,
                              const CommandLine& line, RecordedNoise noise,
                              const OutputOptions& output) {
  JudgedRows judged;
  judged.evaluated = select_evaluated(model, options, line, noise);
  judged.training = select_training(model, judged.evaluated, line, noise);
  const bool same_data = judged.evaluated.splits.info.sha256 == judged.training.splits.info.sha256;
  const std::string& part = judged.evaluated.name;
  judged.seen_in_training = same_data && (part == "train" || part == "all");
  if (judged.seen_in_training) {
    note(output, fmt::format("{}: rows that the model was trained on are among the {}",
                             model.path().string(), row_text(judged.evaluated)));
  }
  return judged;
}

std::string model_sha256(const ExportedModel& model) { return sha256(read_file(model.path())); }

void expect_same_model(const ExportedModel& model, const std::string& recorded,
                       const std::string& file) {
  const std::string found = model_sha256(model);
  if (found == recorded) return;
  throw Error("{}: was made with another checkpoint (SHA-256 {}…) than {} ({}…): make it anew",
              file, recorded.substr(0, 12), model.path().string(), found.substr(0, 12));
}

nlohmann::json read_json_file(const std::string& path) {
  auto json = nlohmann::json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw Error("{}: expected a JSON object, found something else", path);
  return json;
}

}  // namespace hourglass::apps
