#include "hourglass/sources/scaling_json.h"

#include <gtest/gtest.h>

namespace hourglass::sources {

using namespace datasets;

namespace {

TEST(Scaling, SurvivesTheRoundTripThroughJson) {
  const Scaling scaling{.offset = {0.1, 2}, .factor = {1.0 / 3, 4}};
  const auto copy = nlohmann::json::parse(nlohmann::json(scaling).dump()).get<Scaling>();
  EXPECT_EQ(copy.offset, scaling.offset);
  EXPECT_EQ(copy.factor, scaling.factor);
}

}  // namespace
}  // namespace hourglass::sources
