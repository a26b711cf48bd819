#include "hourglass/runs/card_model.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/models/summary.h"
#include "hourglass/runs/run_record.h"

namespace hourglass::runs {

models::AutoencoderPtr model_of(const formats::ModelCard& card) {
  if (!card.part.empty()) throw Error("expected a whole model, found its {}", card.part);
  ModelOptions options = options_of(card.variant, /*recipe=*/"", card.network).model;
  FieldTable table;
  options.describe(table);
  for (const auto& [name, value] : card.options.as_json().items()) {
    // Those of data and training are there, too; the kind of network was chosen above.
    const Field* field = table.find(name);
    if (field && name != "network") formats::set_from_json(*field, value, "the model's card");
  }
  const models::ItemShapes shapes{card.input_shape, card.target_shape};
  options.network.resolve(shapes);
  return options.build(shapes, card.condition ? card.condition->width : 0,
                       card.data ? std::ssize(card.data->class_names) : 0);
}

std::vector<formats::LayerCard> layer_table(models::Autoencoder& model) {
  std::vector<formats::LayerCard> rows;
  for (const auto& layer : models::summarize(model).layers) {
    rows.push_back({layer.name, layer.title, layer.output_shape, layer.values});
  }
  return rows;
}

formats::ModelCard card_of(ModelOptions options, models::Autoencoder& model) {
  FieldTable table;
  options.describe(table);
  formats::ModelCard card{.variant = options.variant,
                          .network = options.network.name(),
                          .recipe = {},
                          .part = {},
                          .options = formats::RecordedOptions(formats::to_json(table)),
                          .layer_table = layer_table(model),
                          .libraries = library_versions()};
  if (options.likelihood.activation == models::Activation::Sigmoid) {
    card.value_range = ValueRange{.low = 0, .high = 1};
  }
  return card;
}

}  // namespace hourglass::runs
