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

bool records_its_data(const Checkpoint& checkpoint) {
  return !checkpoint.metadata()
              .value("options", nlohmann::json::object())
              .value("dataset", "")
              .empty();
}

SelectedRows select_looked_at(const Checkpoint& checkpoint, RowOptions options,
                              const CommandLine& line, RecordedNoise noise) {
  SelectedRows rows = select_rows(checkpoint, options, line, noise);
  const bool own_choice = options.split != Split::Auto || line.has("dataset");
  if (own_choice || rows.name != "all" || !rows.splits.validation) return rows;
  options.split = Split::Validation;
  return select_rows(checkpoint, options, line, noise);
}

/// The training rows of what was read already, or of what the checkpoint records where that is
/// another data set.
SelectedRows select_training(const Checkpoint& checkpoint, const SelectedRows& looked_at,
                             const CommandLine& line, RecordedNoise noise) {
  if (line.has("dataset") && records_its_data(checkpoint)) {
    return select_rows(checkpoint, {.split = Split::Train}, CommandLine{}, noise);
  }
  SelectedRows training = looked_at;
  training.rows = looked_at.splits.training;
  training.name = "train";
  training.numbers.clear();
  return training;
}

}  // namespace

JudgedRows select_judged_rows(const Checkpoint& checkpoint, const RowOptions& options,
                              const CommandLine& line, RecordedNoise noise,
                              const OutputOptions& output) {
  JudgedRows judged;
  judged.looked_at = select_looked_at(checkpoint, options, line, noise);
  judged.training = select_training(checkpoint, judged.looked_at, line, noise);
  const bool same_data = judged.looked_at.splits.info.sha256 == judged.training.splits.info.sha256;
  const std::string& part = judged.looked_at.name;
  judged.seen_in_training = same_data && (part == "train" || part == "all");
  if (judged.seen_in_training) {
    note(output, fmt::format("{}: rows that the model was trained on are among the {}",
                             checkpoint.path().string(), row_text(judged.looked_at)));
  }
  return judged;
}

std::string checkpoint_sha256(const Checkpoint& checkpoint) {
  return sha256(read_file(checkpoint.path()));
}

void expect_same_checkpoint(const Checkpoint& checkpoint, const std::string& recorded,
                            const std::string& file) {
  const std::string found = checkpoint_sha256(checkpoint);
  if (found == recorded) return;
  throw Error("{}: was made with another checkpoint (SHA-256 {}…) than {} ({}…): make it anew",
              file, recorded.substr(0, 12), checkpoint.path().string(), found.substr(0, 12));
}

nlohmann::json read_json_file(const std::string& path) {
  auto json = nlohmann::json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw Error("{}: expected a JSON object, found something else", path);
  return json;
}

}  // namespace hourglass::apps
