#include "hourglass/cli/recorded_run.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/fast_inference.h"
#include "hourglass/core/error.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/recipes/variant.h"
#include "hourglass/runs/consequences.h"
#include "hourglass/runs/dependences.h"
#include "hourglass/runs/run_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <string_view>

namespace hourglass::cli {
namespace {

namespace fs = std::filesystem;

runs::RunRecord record_of(const fs::path& folder) {
  runs::expect_run(folder);
  return runs::read_run_record(folder);
}

/// Those that the record's own options are set on. What it names wrongly is no fault of the command
/// line.
runs::RunOptions usual_options(const runs::RunRecord& record, const fs::path& folder) {
  try {
    return runs::options_of(record.variant, record.recipe, record.network);
  } catch (const UsageError& error) {
    throw Error("{}: {}", (folder / "run.json").string(), error.what());
  }
}

/// What went wrong, in users' words; "" where nothing did.
std::string problem_of(const std::function<void()>& read) {
  try {
    read();
    return "";
  } catch (const Error& error) {
    return with_dashes(error.what());
  }
}

}  // namespace

RecordedRun::RecordedRun(const fs::path& folder, const RunModelOptions& model)
    : folder_(folder),
      record_(record_of(folder)),
      untrusted_(model.untrusted),
      options_(usual_options(record_, folder)) {
  const std::string metrics_problem =
      problem_of([&] { metrics_ = runs::read_metrics(folder / "metrics.csv"); });
  model_problem_ = problem_of([&] { model_ = load_model(run_model_path(folder, model)); });
  for (const auto& problem : {metrics_problem, model_problem_}) {
    if (!problem.empty()) problems_.push_back(problem);
  }
  options_.describe(table_);
  formats::from_json(table_, record_.options.as_json(), (folder / "run.json").string());
  changes_ = runs::changed_options(options_);
}

int64_t RecordedRun::parameter_count() const {
  int64_t count = 0;
  if (!model_) return count;
  for (const auto& parameter : model_->parameters()) count += parameter.value.numel();
  return count;
}

std::string RecordedRun::title() const {
  return runs::system_name(record_.recipe, record_.variant);
}

std::string RecordedRun::usual_value(const Field& field) const {
  for (const auto& change : changes_) {
    if (change.name == field.name) return change.usual;
  }
  return field.value_text();
}

bool RecordedRun::is_changed(const Field& field) const {
  return std::any_of(changes_.begin(), changes_.end(),
                     [&](const runs::ChangedOption& change) { return change.name == field.name; });
}

std::map<std::string, std::string> RecordedRun::following_values() const {
  runs::RunOptions options = usual_options(record_, folder_);
  FieldTable table;
  options.describe(table);
  const auto given = [&](const std::string& option) -> std::optional<std::string> {
    const Field& field = *table_.find(option);
    if (is_changed(field)) return field.value_text();
    return {};
  };
  std::map<std::string, std::string> values;
  const auto following =
      runs::set_consequences(recipes::find_variant(record_.variant), given, table);
  for (const auto& one : following) values[one.option] = table.find(one.option)->value_text();
  return values;
}

std::string RecordedRun::training_command() const {
  std::string command = trainer();
  if (!record_.recipe.empty()) command += " --recipe " + record_.recipe;
  const recipes::Variant& variant = recipes::find_variant(record_.variant);
  const auto following = following_values();
  for (const auto& field : table_.rows()) {
    const auto follows = following.find(field.name);
    const bool is_needed =
        follows == following.end() ? is_changed(field) : follows->second != field.value_text();
    // A file or an older version may have set what a trainer refuses on its command line.
    if (!is_needed || !runs::has_effect(variant, table_, field.name)) continue;
    command += " " + option_name(field.name);
    if (!field.is_switch()) {
      command += " " + shell_word(field.value_text());
    } else if (field.value_text() == "false") {
      command += "=false";
    }
  }
  return command;
}

std::string RecordedRun::resume_command() const {
  return cli::resume_command(record_.variant, folder_);
}

std::string resume_command(const std::string& variant, const std::filesystem::path& folder) {
  return fmt::format("{}_autoencoder --resume {}", variant, shell_word(folder.string()));
}

std::string shell_word(const std::string& text) {
  const bool safe = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_./:,+=@%").find(c) != std::string_view::npos;
  });
  if (safe) return text;
  std::string quoted = "'";
  for (const char character : text) {
    if (character == '\'')
      quoted += "'\\''";
    else
      quoted += character;
  }
  return quoted + "'";
}

}  // namespace hourglass::cli
