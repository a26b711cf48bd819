#include "hourglass/runs/run_title.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/field_json.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace hourglass::runs {
namespace {

/// Recorded as what `auto` resolved to, whatever was asked for.
const std::set<std::string_view> kResolvedOptions = {"device", "threads", "engine"};

/// "widths 32,2", "tied weights", "no tied weights".
std::string change_text(const ChangedOption& change) {
  std::string name = replaced(change.name, '_', ' ');
  if (change.value == "true") return name;
  return change.value == "false" ? "no " + name : name + " " + change.value;
}

}  // namespace

std::string system_name(const std::string& recipe, const std::string& variant) {
  return recipe.empty() ? variant + " autoencoder" : recipe;
}

bool changes_the_model(const std::string& option) {
  static const std::set<std::string_view> elsewhere = {"data_dir", "keep_best", "save_parts",
                                                       "export"};
  return !elsewhere.contains(option);
}

std::vector<ChangedOption> unlike_recipe(RunOptions options, const std::string& recipe) {
  const std::string& variant = options.model.variant;
  RunOptions usual = options_of(variant, recipe, options.model.network.name());
  FieldTable table, usual_table;
  options.describe(table);
  usual.describe(usual_table);
  std::vector<ChangedOption> changes;
  for (const auto& field : table.rows()) {
    // The other options depend on the network: their usual values are those of the one chosen.
    const std::string usual_value = field.name == "network"
                                        ? options_of(variant, recipe).model.network.name()
                                        : usual_table.find(field.name)->value_text();
    if (field.value_text() == usual_value) continue;
    changes.push_back({field.name, field.value_text(), usual_value, field.recorded});
  }
  return changes;
}

std::vector<ChangedOption> changed_options(const RunOptions& options) {
  auto changes = unlike_recipe(options, options.recipe);
  std::erase_if(changes, [](const ChangedOption& change) {
    return !change.recorded || kResolvedOptions.contains(change.name);
  });
  return changes;
}

std::string run_title(const RunOptions& options) {
  constexpr size_t kMostShown = 3;
  std::string title = system_name(options.recipe, options.model.variant);
  if (options.recipe.empty()) return title;
  auto changes = changed_options(options);
  std::erase_if(changes,
                [](const ChangedOption& change) { return !changes_the_model(change.name); });
  const size_t shown = std::min(changes.size(), kMostShown);
  for (size_t i = 0; i < shown; ++i) title += ", " + change_text(changes[i]);
  if (changes.size() > shown) title += fmt::format(" and {} more", changes.size() - shown);
  return title;
}

std::string model_title(const formats::ModelCard& card) {
  try {
    RunOptions options = options_of(card.variant, card.recipe, card.network);
    FieldTable table;
    options.describe(table);
    formats::from_json(table, card.options.as_json(), "");
    return run_title(options);
  } catch (const Error&) {
    return system_name(card.recipe, card.variant);
  }
}

}  // namespace hourglass::runs
