#include "hourglass/formats/series_card.h"

namespace hourglass::formats {

nlohmann::json to_json(const SeriesCard& card) {
  return {{"window", card.window},
          {"stride", card.stride},
          {"channels", card.channels},
          {"steps", card.steps},
          {"step", card.step},
          {"dates", card.dates},
          {"training_steps", card.training_steps}};
}

SeriesCard series_card_from_json(const JsonFields& fields) {
  SeriesCard card = {.window = fields.get<int64_t>("window"),
                     .stride = fields.get<int64_t>("stride"),
                     .channels = fields.get<std::vector<std::string>>("channels"),
                     .steps = fields.get<int64_t>("steps"),
                     .step = fields.get<double>("step"),
                     .dates = fields.get<bool>("dates"),
                     .training_steps = fields.get<int64_t>("training_steps")};
  if (card.window < 1) fields.fail("window", "a number of time steps");
  if (card.stride < 1) fields.fail("stride", "a number of time steps");
  if (card.channels.empty()) fields.fail("channels", "the names of columns");
  return card;
}

}  // namespace hourglass::formats
