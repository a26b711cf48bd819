#include "hourglass/runs/card_model.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/runs/run_options.h"

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
  return options.build(shapes, card.condition ? card.condition->width : 0);
}

}  // namespace hourglass::runs
