#include "hourglass/models/widths.h"

#include "hourglass/core/fields.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::models {
namespace {

using Numbers = std::vector<int64_t>;

TEST(AutomaticWidths, StayAsTheyAreForImages) {
  EXPECT_EQ(automatic_widths({128, 64, 32}, {1, 8, 8}), (Numbers{128, 64, 32}));
  EXPECT_EQ(automatic_widths({128, 64, 32}, {1, 28, 28}), (Numbers{128, 64, 32}));
}

TEST(AutomaticWidths, OfATableFollowItsColumns) {
  EXPECT_EQ(automatic_widths({128, 64, 32}, {30}), (Numbers{60, 30, 15}));
  EXPECT_EQ(automatic_widths({128, 64, 32}, {6}), (Numbers{12, 8, 3}));
  EXPECT_EQ(automatic_widths({128, 16}, {6}), (Numbers{12, 2}));
  EXPECT_EQ(automatic_widths({64}, {6}), (Numbers{6}));
}

TEST(AutomaticWidths, LeaveACodeThatIsNarrowerThanTheItem) {
  EXPECT_EQ(automatic_widths({128, 8}, {3}), (Numbers{8, 2}));
  EXPECT_EQ(automatic_widths({128, 64, 32}, {2}), (Numbers{8, 8, 1}));
  EXPECT_EQ(automatic_widths({128, 64, 32}, {1}), (Numbers{8, 8, 1}));
}

TEST(Widths, AreAFieldOfNumbersOrAuto) {
  Widths widths;
  FieldTable table;
  table.add("widths", widths, "of layers");
  const Field& field = table.rows().front();
  EXPECT_EQ(field.value_text(), "auto");
  EXPECT_EQ(field.value(), FieldValue("auto"));
  field.set("32,2");
  EXPECT_EQ(widths.value(), (Numbers{32, 2}));
  EXPECT_EQ(field.value(), FieldValue(Numbers{32, 2}));  // a list in run.json
  field.set("auto");
  EXPECT_TRUE(widths.automatic());
  for (const char* wrong : {"none", "", "32,0", "32,x", "automatic"}) {
    testing::expect_contains(testing::error_of([&] { field.set(wrong); }), {"`widths`", "auto"});
  }
}

TEST(Widths, AreSettledByTheNetworkThatIsBuilt) {
  const NetworkOptions network = DenseNetwork{};
  Autoencoder model({.shapes = {{6}, {6}}, .network = network});
  EXPECT_EQ(model.code_shape(), (Shape{3}));
}

}  // namespace
}  // namespace hourglass::models
