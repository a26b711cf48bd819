#include "hourglass/formats/series_card.h"

#include "hourglass/tests/support/support.h"

namespace hourglass::formats {
namespace {

using hourglass::testing::error_of;
using hourglass::testing::expect_contains;

const SeriesCard kCard = {.window = 288,
                          .stride = 2,
                          .channels = {"temperature", "pressure"},
                          .steps = 4032,
                          .step = 300,
                          .dates = true,
                          .training_steps = 3628};

TEST(SeriesCard, ComesBackFromJson) {
  const nlohmann::json json = to_json(kCard);
  const SeriesCard card = series_card_from_json(JsonFields(json, "best.pt"));
  EXPECT_EQ(card.window, 288);
  EXPECT_EQ(card.stride, 2);
  EXPECT_EQ(card.channels, kCard.channels);
  EXPECT_EQ(card.steps, 4032);
  EXPECT_EQ(card.step, 300);
  EXPECT_TRUE(card.dates);
  EXPECT_EQ(card.training_steps, 3628);
}

TEST(SeriesCard, RefusesWhatMakesNoWindows) {
  nlohmann::json json = to_json(kCard);
  json["window"] = 0;
  expect_contains(error_of([&] { series_card_from_json(JsonFields(json, "best.pt")); }),
                  {"best.pt", "window"});
  json = to_json(kCard);
  json["channels"] = nlohmann::json::array();
  expect_contains(error_of([&] { series_card_from_json(JsonFields(json, "best.pt")); }),
                  {"channels"});
}

}  // namespace
}  // namespace hourglass::formats
