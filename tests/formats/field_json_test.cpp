#include "hourglass/formats/field_json.h"

#include "hourglass/tests/support/support.h"

namespace hourglass::formats {
namespace {

using testing::error_of;
using testing::expect_contains;

enum class Fruit { Apple, Pear };
constexpr auto names_of(Fruit) {
  return std::to_array<EnumName<Fruit>>({{Fruit::Apple, "apple"}, {Fruit::Pear, "pear"}});
}

struct Basket {
  Fruit fruit = Fruit::Apple;
  std::vector<int64_t> sizes = {3, 2};
  double price_per_kilo = 0.1;
  std::optional<double> discount;
  int64_t count = 4;
  bool organic = false;
  std::string note;
};

FieldTable table_of(Basket& basket) {
  FieldTable table;
  table.begin_group("Goods");
  table.add("fruit", basket.fruit, "what");
  table.add("sizes", basket.sizes, "how big").at_least(1);
  table.add("count", basket.count, "how many").at_least(0).at_most(9);
  table.begin_group("Money");
  table.add("price_per_kilo", basket.price_per_kilo, "in euro").above(0);
  table.add("discount", basket.discount, "share").at_least(0).below(1);
  table.add("organic", basket.organic, "grown without");
  table.add("note", basket.note, "for the till").not_recorded();
  return table;
}

TEST(FieldJson, SurvivesTheRoundTrip) {
  Basket basket{.fruit = Fruit::Pear,
                .sizes = {1},
                .price_per_kilo = 1.0 / 3,
                .discount = 0.25,
                .count = 9,
                .organic = true,
                .note = "not kept"};
  const nlohmann::json written = nlohmann::json::parse(to_json(table_of(basket)).dump());
  EXPECT_TRUE(written["count"].is_number_integer());
  EXPECT_FALSE(written.contains("note"));
  Basket copy;
  from_json(table_of(copy), written, "run.json");
  EXPECT_EQ(to_json(table_of(copy)), written);
  EXPECT_EQ(copy.price_per_kilo, 1.0 / 3);
}

TEST(FieldJson, ErrorsNameTheFile) {
  Basket basket;
  const FieldTable table = table_of(basket);
  expect_contains(error_of([&] { from_json(table, {{"cuont", 3}}, "run.json"); }),
                  {"run.json", "'cuont'", "did you mean 'count'"});
  expect_contains(error_of([&] { from_json(table, {{"count", -3}}, "run.json"); }),
                  {"run.json", "found '-3'"});
}

}  // namespace
}  // namespace hourglass::formats
