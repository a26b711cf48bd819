#include "hourglass/runs/run_title.h"

#include "hourglass/core/error.h"
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
  std::string name = change.name;
  std::replace(name.begin(), name.end(), '_', ' ');
  if (change.value == "true") return name;
  return change.value == "false" ? "no " + name : name + " " + change.value;
}

std::string plain_title(const std::string& recipe, const std::string& variant) {
  return recipe.empty() ? variant + " autoencoder" : recipe;
}

}  // namespace

std::vector<ChangedOption> changed_options(RunOptions options) {
  const std::string network = options.model.network.name();
  RunOptions usual = options_of(options.model.variant, options.recipe, network);
  FieldTable table, usual_table;
  options.describe(table);
  usual.describe(usual_table);
  std::vector<ChangedOption> changes;
  for (const auto& field : table.rows()) {
    if (!field.recorded || kResolvedOptions.contains(field.name)) continue;
    // The other options depend on the network: their usual values are those of the one chosen.
    const std::string usual_value =
        field.name == "network"
            ? options_of(options.model.variant, options.recipe).model.network.name()
            : usual_table.find(field.name)->value_text();
    if (field.value_text() == usual_value) continue;
    changes.push_back({field.name, field.value_text(), usual_value});
  }
  return changes;
}

std::string run_title(const RunOptions& options) {
  constexpr size_t kMostShown = 3;
  std::string title = plain_title(options.recipe, options.model.variant);
  if (options.recipe.empty()) return title;
  auto changes = changed_options(options);
  std::erase_if(changes, [](const ChangedOption& change) { return change.name == "data_dir"; });
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
    return plain_title(card.recipe, card.variant);
  }
}

}  // namespace hourglass::runs
