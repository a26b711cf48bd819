#include "hourglass/formats/data_card.h"

#include "hourglass/formats/table_schema_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace hourglass::formats {
namespace {

/// A number of rows; 0 where an older file does not say.
int64_t row_count(const JsonFields& fields, const std::string& key) {
  const auto rows = fields.get<int64_t>(key, 0);
  if (rows < 0) fields.fail(key, "a number of rows");
  return rows;
}

/// Adds a key, which files of earlier versions lack, where there is something to say.
template <class T>
void add_known(const T& value, const char* key, nlohmann::json& object) {
  if (!value.empty()) object[key] = value;
}

bool rises(const std::vector<double>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) ==
         numbers.end();
}

datasets::Scaling curves_from_json(const JsonFields& fields) {
  datasets::Scaling scaling;
  for (const JsonFields& curve : fields.objects("curves")) {
    scaling.curves.push_back({.stored = curve.get<std::vector<double>>("stored"),
                              .scaled = curve.get<std::vector<double>>("scaled")});
    const auto& [stored, scaled] = scaling.curves.back();
    if (stored.empty() || !rises(stored)) curve.fail("stored", "numbers that rise");
    if (scaled.size() != stored.size() || !rises(scaled)) {
      curve.fail("scaled", fmt::format("{} numbers that rise", stored.size()));
    }
  }
  return scaling;
}

}  // namespace

std::vector<std::string> target_columns(const DataCard& card, const Shape& target_shape) {
  const auto& names = card.targets ? card.targets->column_names : card.column_names;
  const bool fits = std::ssize(names) == element_count(target_shape);
  return fits ? names : std::vector<std::string>();
}

nlohmann::json scaling_to_json(const datasets::Scaling& scaling) {
  if (scaling.curves.empty()) return {{"offset", scaling.offset}, {"factor", scaling.factor}};
  auto curves = nlohmann::json::array();
  for (const auto& curve : scaling.curves) {
    curves.push_back({{"stored", curve.stored}, {"scaled", curve.scaled}});
  }
  return {{"curves", curves}};
}

datasets::Scaling scaling_from_json(const JsonFields& fields) {
  if (!fields.value("curves").is_null()) return curves_from_json(fields);
  datasets::Scaling scaling = {.offset = fields.get<std::vector<double>>("offset"),
                               .factor = fields.get<std::vector<double>>("factor")};
  if (scaling.offset.empty()) fields.fail("offset", "a number for all features or one a feature");
  if (scaling.factor.size() != scaling.offset.size()) {
    fields.fail("factor", fmt::format("as many numbers as in 'offset', {}", scaling.offset.size()));
  }
  return scaling;
}

nlohmann::json to_json(const DataCard& card) {
  nlohmann::json json = {{"name", card.name},
                         {"sha256", card.sha256},
                         {"total_rows", card.total_rows},
                         {"training_rows", card.training_rows},
                         {"validation_rows", card.validation_rows},
                         {"test_rows", card.test_rows},
                         {"validation", card.validation},
                         {"scaling", scaling_to_json(card.scaling)},
                         {"lowest", card.lowest},
                         {"highest", card.highest},
                         {"class_names", card.class_names},
                         {"notes", card.notes}};
  add_known(card.identity, "identity", json);
  add_known(card.rows_sha256, "rows_sha256", json);
  add_known(card.stored_type, "stored_type", json);
  add_known(card.trained_classes, "trained_classes", json);
  add_known(card.column_names, "column_names", json);
  add_known(card.label_name, "label_name", json);
  if (card.schema) json["schema"] = schema_to_json(*card.schema);
  if (card.series) json["series"] = to_json(*card.series);
  if (card.targets) {
    json["targets"] = {{"name", card.targets->name},
                       {"sha256", card.targets->sha256},
                       {"scaling", scaling_to_json(card.targets->scaling)}};
    add_known(card.targets->identity, "identity", json["targets"]);
    add_known(card.targets->stored_type, "stored_type", json["targets"]);
    add_known(card.targets->column_names, "column_names", json["targets"]);
  }
  return json;
}

DataCard data_card_from_json(const JsonFields& fields) {
  DataCard card = {.name = fields.get<std::string>("name"),
                   .sha256 = fields.get<std::string>("sha256"),
                   .total_rows = row_count(fields, "total_rows"),
                   .training_rows = row_count(fields, "training_rows"),
                   .validation_rows = row_count(fields, "validation_rows"),
                   .test_rows = row_count(fields, "test_rows"),
                   .rows_sha256 = fields.get<std::string>("rows_sha256", ""),
                   .stored_type = fields.get<std::string>("stored_type", ""),
                   .validation = fields.get<std::string>("validation", ""),
                   .scaling = scaling_from_json(fields.object("scaling"))};
  if (const auto targets = fields.find_object("targets")) {
    card.targets = {.name = targets->get<std::string>("name"),
                    .sha256 = targets->get<std::string>("sha256"),
                    .scaling = scaling_from_json(targets->object("scaling"))};
    card.targets->identity = targets->get<std::string>("identity", "");
    card.targets->stored_type = targets->get<std::string>("stored_type", "");
    card.targets->column_names = targets->get("column_names", card.targets->column_names);
  }
  card.lowest = fields.get<double>("lowest", card.lowest);
  card.highest = fields.get<double>("highest", card.highest);
  card.class_names = fields.get("class_names", card.class_names);
  card.trained_classes = fields.get("trained_classes", card.trained_classes);
  card.column_names = fields.get("column_names", card.column_names);
  card.label_name = fields.get("label_name", card.label_name);
  if (const auto schema = fields.find_object("schema")) card.schema = schema_from_json(*schema);
  card.notes = fields.get("notes", card.notes);
  if (const auto series = fields.find_object("series")) {
    card.series = series_card_from_json(*series);
  }
  card.identity = fields.get("identity", card.identity);
  return card;
}

}  // namespace hourglass::formats
