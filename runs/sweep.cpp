#include "hourglass/runs/sweep.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/formats/json.h"
#include "hourglass/recipes/variant.h"
#include "hourglass/runs/consequences.h"
#include "hourglass/runs/run_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kSweepFile = "sweep.json";
constexpr int kSweepFormat = 1;

/// "learning_rate" as users write it.
std::string in_options(const std::string& field) { return replaced(field, '_', '-'); }

// ---- Options of one run

std::vector<FixedOption> with_values(std::vector<FixedOption> fixed,
                                     const std::vector<Variation>& variations,
                                     const std::vector<std::string>& values) {
  for (size_t i = 0; i < values.size(); ++i) fixed.push_back({variations[i].option, values[i]});
  return fixed;
}

/// The last value that one of these gives the option.
std::optional<std::string> value_in(const std::vector<FixedOption>& set, const std::string& name) {
  std::optional<std::string> value;
  for (const auto& option : set) {
    if (option.name == name) value = option.value;
  }
  return value;
}

/// The recipe's options with these set, and what follows from them, as a trainer has them. Which
/// options there are depends on the network.
RunOptions options_with(const SweepRequest& request, const std::vector<FixedOption>& set) {
  RunOptions options =
      options_of(request.variant, request.recipe, value_in(set, "network").value_or(""));
  FieldTable table;
  options.describe(table);
  set_consequences(
      recipes::find_variant(request.variant),
      [&](const std::string& name) { return value_in(set, name); }, table);
  for (const auto& option : set) {
    const Field* field = table.find(option.name);
    if (!field) {
      throw UsageError("`{}`: no option of `network` {}", option.name,
                       options.model.network.name());
    }
    field->set(option.value);
  }
  return options;
}

// ---- What varies

/// The names of the options that decide a model: what a sweep may vary.
std::vector<std::string> variable_options(const FieldTable& table) {
  std::vector<std::string> names;
  for (const auto& field : table.rows()) {
    if (field.recorded) names.push_back(in_options(field.name));
  }
  return names;
}

/// The value as the option writes it; none where it does not take it.
std::optional<std::string> parsed_value(const Field& field, const std::string& value) {
  try {
    field.set(value);
  } catch (const UsageError&) {
    return {};
  }
  return field.value_text();
}

/// The values; none where one of them is not the option's.
std::optional<std::vector<std::string>> parsed_values(const Field& field, const std::string& list,
                                                      char separator) {
  std::vector<std::string> values;
  for (const auto& text : split_text(list, separator)) {
    const auto value = parsed_value(field, text);
    if (!value) return {};
    values.push_back(*value);
  }
  return values;
}

/// Values between commas of which some have commas themselves, "iwae,miwae:2,3,fsq:8,6,5": what is no
/// value belongs to the one before, where that takes it, else to what follows.
std::optional<std::vector<std::string>> joined_values(const Field& field, const std::string& list) {
  std::vector<std::string> values;
  std::string open;
  for (const auto& piece : split_text(list, ',')) {
    const std::string text = open.empty() ? piece : fmt::format("{},{}", open, piece);
    if (const auto value = parsed_value(field, text)) {
      values.push_back(*value);
      open.clear();
      continue;
    }
    const auto longer = open.empty() && !values.empty()
                            ? parsed_value(field, values.back() + "," + piece)
                            : std::nullopt;
    if (longer) {
      values.back() = *longer;
    } else {
      open = text;
    }
  }
  return open.empty() ? std::optional(values) : std::nullopt;
}

std::vector<std::string> values_of(const Field& field, const std::string& list) {
  if (auto values = parsed_values(field, list, ',')) return *values;
  const bool has_colon = list.find(':') != std::string::npos;
  if (auto values = has_colon ? parsed_values(field, list, ':') : std::nullopt) return *values;
  if (auto values = joined_values(field, list)) return *values;
  // One of them is wrong: the option says which, or where none is right, what it takes.
  const auto parts = split_text(list, has_colon ? ':' : ',');
  const bool some_are_values = std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
    return parsed_value(field, part).has_value();
  });
  for (const auto& part : some_are_values ? parts : std::vector{list}) field.set(part);
  return {};
}

/// "learning-rate=1e-3,3e-3" for the options of `request`, of all networks that it varies over.
Variation parse_variation(const SweepRequest& request, const std::string& text,
                          const std::string& network) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError("`vary`: expected OPTION=VALUE,VALUE,..., found '{}'", text);
  }
  std::string option = text.substr(0, equals);
  option.erase(0, option.find_first_not_of('-'));
  RunOptions scratch = options_of(request.variant, request.recipe, network);
  FieldTable table;
  scratch.describe(table);
  const Field* field = table.find(replaced(option, '-', '_'));
  if (!field) {
    throw UsageError("`vary` {}: unknown option{}", option,
                     suggestion(option, variable_options(table)));
  }
  if (!field->recorded) {
    throw UsageError(
        "`vary` {}: expected an option that decides a model; all runs have this one alike", option);
  }
  Variation variation{field->name, values_of(*field, text.substr(equals + 1))};
  std::set<std::string> seen;
  for (const auto& value : variation.values) {
    if (!seen.insert(value).second) {
      throw UsageError("`vary` {}: value {} is given twice", option, value);
    }
  }
  return variation;
}

/// The network whose options the variations are read with: the first that is named.
std::string first_network(const SweepRequest& request) {
  for (const auto& option : request.fixed) {
    if (option.name == "network") return option.value;
  }
  for (const auto& text : request.vary) {
    if (text.starts_with("network=")) {
      const auto names = split_text(text.substr(text.find('=') + 1), ',');
      return names.empty() ? "" : names.front();
    }
  }
  return "";
}

std::vector<Variation> parse_variations(const SweepRequest& request) {
  std::vector<Variation> variations;
  std::set<std::string> taken;
  for (const auto& option : request.fixed) taken.insert(option.name);
  for (const auto& text : request.vary) {
    variations.push_back(parse_variation(request, text, first_network(request)));
    if (!taken.insert(variations.back().option).second) {
      throw UsageError("`{}`: given more than once", variations.back().option);
    }
  }
  const bool seed_varies = std::any_of(variations.begin(), variations.end(),
                                       [](const Variation& v) { return v.option == "seed"; });
  if (seed_varies && request.seeds > 1) {
    throw UsageError("`seeds` {}: expected `vary` seed=... or this", request.seeds);
  }
  return variations;
}

// ---- The product

std::vector<std::vector<std::string>> combinations(const std::vector<Variation>& variations) {
  std::vector<std::vector<std::string>> all = {{}};
  for (const auto& variation : variations) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& begun : all) {
      for (const auto& value : variation.values) {
        longer.push_back(begun);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

/// A text as part of a folder's name: without slashes, blanks and what a shell would read.
std::string folder_text(const std::string& text) {
  constexpr size_t kLongest = 60;
  std::string safe = text.substr(text.size() - std::min(text.size(), kLongest));
  for (auto& letter : safe) {
    const auto code = static_cast<unsigned char>(letter);
    if (std::isalnum(code) == 0 && std::string_view(".,+-=").find(letter) == std::string::npos) {
      letter = '-';
    }
  }
  return safe;
}

/// `seed` is "seed=1", or "" where there is one run of each combination.
std::string name_of(const std::vector<Variation>& variations,
                    const std::vector<std::string>& values, const std::string& seed) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < values.size(); ++i) {
    parts.push_back(in_options(variations[i].option) + "=" + folder_text(values[i]));
  }
  if (!seed.empty()) parts.push_back(seed);
  return join_text(parts, "_");
}

void give_folder(SweepPoint& point, const fs::path& folder, std::set<std::string>& taken) {
  const std::string name = point.name;
  for (int copy = 2; !taken.insert(point.name).second; ++copy) {
    point.name = fmt::format("{}-{}", name, copy);
  }
  point.options.out = (folder / point.name).string();
}

/// One that its options do not allow is named by them.
void check_point(const SweepPoint& point) {
  try {
    check(point.options);
  } catch (const UsageError& error) {
    throw UsageError("{}: {}", point.name, error.what());
  }
}

json record_of(const SweepRequest& request, const std::vector<Variation>& variations) {
  RunOptions options = options_with(request, request.fixed);
  FieldTable table;
  options.describe(table);
  json vary = json::array();
  for (const auto& variation : variations) {
    vary.push_back({{"option", variation.option}, {"values", variation.values}});
  }
  return {{"format", kSweepFormat},
          {"variant", request.variant},
          {"recipe", request.recipe},
          {"options", formats::to_json(table)},
          {"vary", vary},
          {"seeds", request.seeds}};
}

/// What two sweeps have unlike: "seeds, vary", options by their names.
std::string differences(const json& a, const json& b) {
  std::vector<std::string> found;
  for (const auto& [key, value] : a.items()) {
    if (b.contains(key) && b.at(key) == value) continue;
    if (key != "options" || !b.contains(key) || !b.at(key).is_object()) {
      found.push_back("`" + key + "`");
      continue;
    }
    for (const auto& [name, option] : value.items()) {
      if (b.at(key).value(name, json()) != option) found.push_back("`" + name + "`");
    }
  }
  return join_text(found);
}

bool has_runs(const SweepPlan& plan) {
  return std::any_of(plan.points.begin(), plan.points.end(),
                     [](const auto& point) { return is_run(point.options.out); });
}

}  // namespace

SweepPlan plan_sweep(const SweepRequest& request) {
  SweepPlan plan{.folder = request.folder,
                 .variations = parse_variations(request),
                 .points = {},
                 .record = {}};
  if (plan.variations.empty() && request.seeds == 1) {
    throw UsageError("expected something to vary: `vary` learning-rate=1e-3,3e-3, or `seeds` 3");
  }
  std::set<std::string> taken;
  for (const auto& values : combinations(plan.variations)) {
    const RunOptions options =
        options_with(request, with_values(request.fixed, plan.variations, values));
    for (int64_t i = 0; i < request.seeds; ++i) {
      SweepPoint point{.values = values, .name = {}, .options = options};
      point.options.training.seed += static_cast<uint64_t>(i);
      const std::string seed =
          request.seeds > 1 ? fmt::format("seed={}", point.options.training.seed) : "";
      point.name = name_of(plan.variations, values, seed);
      give_folder(point, request.folder, taken);
      check_point(point);
      plan.points.push_back(std::move(point));
    }
  }
  plan.record = record_of(request, plan.variations);
  return plan;
}

void open_sweep(const SweepPlan& plan) {
  const fs::path file = plan.folder / kSweepFile;
  if (is_run(plan.folder)) {
    throw Error("{}: holds a run; choose another `out`", plan.folder.string());
  }
  if (!fs::exists(file) && has_runs(plan)) {
    throw Error("{}: holds runs, and no {} that says of what: choose another `out`",
                plan.folder.string(), kSweepFile);
  }
  if (!fs::exists(file)) {
    create_folders(plan.folder);
    write_file_atomically(file, formats::json_text(plan.record) + "\n");
    return;
  }
  const json found = formats::parse_json(read_file(file), file.string());
  if (!found.is_object()) throw Error("{}: expected the record of a sweep", file.string());
  if (found == plan.record) return;
  throw Error("{}: holds another sweep, with other {}: choose another `out`", plan.folder.string(),
              differences(plan.record, found));
}

void withdraw_sweep(const SweepPlan& plan) {
  if (has_runs(plan)) return;
  // What is not removed is no worse than before.
  std::error_code ignored;
  fs::remove(plan.folder / kSweepFile, ignored);
  fs::remove(plan.folder, ignored);
}

std::optional<ListedRun> done_run(const SweepPoint& point) {
  if (!is_run(point.options.out)) return {};
  std::optional<ListedRun> run(list_run(point.options.out));
  const bool done = run->state == RunState::Finished || run->state == RunState::Stopped ||
                    run->state == RunState::NotFinite;
  if (!done) run.reset();
  return run;
}

training::TrainingResult train_point(const SweepPoint& point,
                                     const training::StopRequested& stop_requested,
                                     const std::function<void(Run&)>& prepare) {
  RunOptions options = point.options;
  std::optional<RunRecord> resumed;
  if (is_run(options.out)) {
    resumed = read_resumable_record(options.out, options.model.variant);
    options.resume = std::exchange(options.out, "");
  }
  Run run(std::move(options), std::move(resumed));
  if (prepare) prepare(run);
  return run.train(stop_requested);
}

}  // namespace hourglass::runs
