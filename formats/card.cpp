#include "hourglass/formats/card.h"

#include "hourglass/formats/shape_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace hourglass::formats {
namespace {

Shape read_shape(const JsonFields& fields, const std::string& key) {
  auto shape = fields.get<std::vector<int64_t>>(key);
  const bool positive =
      std::all_of(shape.begin(), shape.end(), [](int64_t size) { return size > 0; });
  if (!positive || !checked_element_count(shape)) fields.fail(key, "sizes of at least 1");
  return shape;
}

nlohmann::json to_json(const ConditionCard& condition) {
  nlohmann::json json = {{"width", condition.width}, {"names", condition.names}};
  if (!condition.columns.empty()) json["columns"] = condition.columns;
  return json;
}

nlohmann::json to_json(const std::vector<LayerCard>& layers) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& layer : layers) {
    rows.push_back({{"name", layer.name},
                    {"type", layer.type},
                    {"output_shape", layer.output_shape},
                    {"parameters", layer.parameters}});
  }
  return rows;
}

std::vector<LayerCard> read_layers(const JsonFields& fields, const std::string& key) {
  std::vector<LayerCard> layers;
  for (const auto& row : fields.objects(key)) {
    layers.push_back({.name = row.get<std::string>("name"),
                      .type = row.get<std::string>("type"),
                      .output_shape = read_shape(row, "output_shape"),
                      .parameters = row.get<int64_t>("parameters")});
  }
  return layers;
}

std::optional<ConditionCard> read_condition(const JsonFields& fields) {
  const auto found = fields.find_object("condition");
  if (!found) return {};
  ConditionCard condition = {.width = found->get<int64_t>("width"),
                             .names = found->get("names", std::vector<std::string>()),
                             .columns = found->get("columns", std::vector<int64_t>())};
  if (condition.width < 1) found->fail("width", "a whole number of at least 1");
  const auto& columns = condition.columns;
  if (columns.empty()) return condition;
  if (std::ssize(columns) != condition.width ||
      *std::min_element(columns.begin(), columns.end()) < 0) {
    found->fail("columns", fmt::format("{} whole numbers of at least 0", condition.width));
  }
  return condition;
}

std::optional<ValueRange> read_value_range(const JsonFields& fields) {
  const auto range = fields.find<std::vector<double>>("value_range");
  if (!range) return {};
  if (range->size() != 2) fields.fail("value_range", "the lowest and the highest value");
  return ValueRange{.low = range->front(), .high = range->back()};
}

/// `epoch` and `metrics` stand beside each other in the file.
std::optional<EpochResult> read_trained(const JsonFields& fields) {
  const auto epoch = fields.find<int64_t>("epoch");
  if (!epoch) return {};
  EpochResult result = {.epoch = *epoch};
  if (const auto metrics = fields.find_object("metrics")) {
    result.training = read_measurements(*metrics, "training");
    result.validation = read_measurements(*metrics, "validation");
  }
  return result;
}

}  // namespace

std::string RecordedOptions::dataset() const { return find<std::string>("dataset").value_or(""); }
std::string RecordedOptions::data_dir() const { return find<std::string>("data_dir").value_or(""); }
std::string RecordedOptions::corruption() const {
  return find<std::string>("corruption").value_or("none");
}
std::string RecordedOptions::loss() const { return find<std::string>("loss").value_or("mse"); }
std::string RecordedOptions::output_activation() const {
  return find<std::string>("output_activation").value_or("");
}
uint64_t RecordedOptions::seed() const { return find<uint64_t>("seed").value_or(1); }

RecordedOptions options_from_json(const JsonFields& fields) {
  for (const char* text : {"dataset", "data_dir", "corruption", "loss", "output_activation"}) {
    (void)fields.find<std::string>(text);
  }
  (void)fields.find<uint64_t>("seed");
  return RecordedOptions(fields.as_json());
}

nlohmann::json to_json(const ModelCard& card) {
  nlohmann::json json = {{"format", card.format},
                         {"variant", card.variant},
                         {"recipe", card.recipe},
                         {"options", card.options.as_json()},
                         {"input_shape", card.input_shape},
                         {"target_shape", card.target_shape},
                         {"code_shape", card.code_shape},
                         {"code_kind", card.code_kind},
                         {"layer_table", to_json(card.layer_table)},
                         {"libraries", card.libraries}};
  if (!card.network.empty()) json["network"] = card.network;
  if (!card.part.empty()) json["part"] = card.part;
  if (card.condition) {
    json["condition"] = to_json(*card.condition);
  }
  if (card.value_range) json["value_range"] = {card.value_range->low, card.value_range->high};
  if (card.data) json["data"] = to_json(*card.data);
  if (card.trained) {
    json["epoch"] = card.trained->epoch;
    json["metrics"] = {{"training", to_json(card.trained->training)},
                       {"validation", to_json(card.trained->validation)}};
  }
  if (!card.layers.empty()) json["layers"] = card.layers;
  return json;
}

ModelCard card_from_json(const nlohmann::json& json, const std::string& where) {
  const JsonFields fields(json, where);
  ModelCard card = {.format = read_format(fields, kModelFormat),
                    .variant = fields.get<std::string>("variant"),
                    .network = fields.get<std::string>("network", ""),
                    .recipe = fields.get<std::string>("recipe", ""),
                    .part = fields.get<std::string>("part", ""),
                    .options = options_from_json(fields.object("options")),
                    .input_shape = read_shape(fields, "input_shape"),
                    .target_shape = read_shape(fields, "target_shape"),
                    .code_shape = read_shape(fields, "code_shape"),
                    .code_kind = fields.get<std::string>("code_kind"),
                    .condition = read_condition(fields),
                    .value_range = read_value_range(fields),
                    .trained = read_trained(fields),
                    .layers = fields.get("layers", std::vector<std::string>()),
                    .layer_table = read_layers(fields, "layer_table"),
                    .libraries = fields.get("libraries", std::map<std::string, std::string>())};
  if (const auto data = fields.find_object("data")) card.data = data_card_from_json(*data);
  return card;
}

std::string card_text(const ModelCard& card) { return json_text(to_json(card)); }

ModelCard parse_card(std::string_view text, const std::string& where) {
  return card_from_json(parse_json(text, where), where);
}

}  // namespace hourglass::formats
