#include "core/options.h"

#include "core/error.h"
#include "tests/support/support.h"

namespace hourglass {

enum class Fruit { Apple, Pear };
template <>
struct EnumNames<Fruit> {
  static constexpr std::pair<Fruit, const char*> kNames[] = {{Fruit::Apple, "apple"},
                                                             {Fruit::Pear, "pear"}};
};

namespace {

using testing::error_of;
using testing::expect_contains;

struct Basket {
  Fruit fruit = Fruit::Apple;
  std::vector<int64_t> sizes = {3, 2};
  double price_per_kilo = 0.1;
  std::optional<double> discount;
  int64_t count = 4;
  bool organic = false;
  std::string note;
};

OptionTable table_of(Basket& basket) {
  OptionTable table;
  table.begin_group("Goods");
  table.add("fruit", basket.fruit, "NAME", "what");
  table.add("sizes", basket.sizes, "N,N,...", "how big").at_least(1);
  table.add("count", basket.count, "N", "how many").at_least(0).at_most(9);
  table.begin_group("Money");
  table.add("price-per-kilo", basket.price_per_kilo, "X", "in euro").above(0);
  table.add("discount", basket.discount, "X", "share").at_least(0).below(1);
  table.add_switch("organic", basket.organic, "grown without");
  table.add("note", basket.note, "TEXT", "for the till").not_recorded();
  return table;
}

void set(const OptionTable& table, const std::string& name, const std::string& text) {
  table.find(name)->set(text);
}

TEST(OptionTable, SetsFieldsOfEveryType) {
  Basket basket;
  const OptionTable table = table_of(basket);
  set(table, "fruit", "pear");
  set(table, "sizes", "7,8,9");
  set(table, "count", "5");
  set(table, "price-per-kilo", "2.5e-1");
  set(table, "discount", "0.5");
  set(table, "organic", "true");
  EXPECT_EQ(basket.fruit, Fruit::Pear);
  EXPECT_EQ(basket.sizes, (std::vector<int64_t>{7, 8, 9}));
  EXPECT_EQ(basket.count, 5);
  EXPECT_EQ(basket.price_per_kilo, 0.25);
  EXPECT_EQ(basket.discount, 0.5);
  EXPECT_TRUE(basket.organic);
  set(table, "discount", "none");
  EXPECT_FALSE(basket.discount);
}

TEST(OptionTable, ErrorsNameOptionValueAndWhatIsAllowed) {
  Basket basket;
  const OptionTable table = table_of(basket);
  EXPECT_EQ(error_of([&] { set(table, "count", "12"); }),
            "--count: expected a whole number at least 0 and at most 9, found '12'");
  EXPECT_EQ(error_of([&] { set(table, "price-per-kilo", "0"); }),
            "--price-per-kilo: expected a number above 0, found '0'");
  EXPECT_EQ(error_of([&] { set(table, "fruit", "pera"); }),
            "--fruit: expected one of apple, pear, found 'pera' (did you mean 'pear'?)");
  expect_contains(error_of([&] { set(table, "sizes", "3,,2"); }), {"--sizes", "'3,,2'"});
  expect_contains(error_of([&] { set(table, "sizes", "3,0"); }), {"at least 1"});
  expect_contains(error_of([&] { set(table, "discount", "1"); }), {"below 1"});
  expect_contains(error_of([&] { set(table, "price-per-kilo", "nan"); }), {"found 'nan'"});
  EXPECT_EQ(basket.count, 4) << "a refused value must leave the field as it was";
}

TEST(OptionTable, SurvivesTheRoundTripThroughJson) {
  Basket basket{.fruit = Fruit::Pear,
                .sizes = {1},
                .price_per_kilo = 1.0 / 3,
                .discount = 0.25,
                .count = 9,
                .organic = true,
                .note = "not kept"};
  const nlohmann::json json = nlohmann::json::parse(table_of(basket).to_json().dump());
  EXPECT_TRUE(json["count"].is_number_integer());
  EXPECT_FALSE(json.contains("note"));
  Basket copy;
  table_of(copy).from_json(json, "run.json");
  EXPECT_EQ(table_of(copy).to_json(), json);
  EXPECT_EQ(copy.price_per_kilo, 1.0 / 3);
}

TEST(OptionTable, JsonErrorsNameTheFile) {
  Basket basket;
  const OptionTable table = table_of(basket);
  expect_contains(error_of([&] {
                    table.from_json({{"cuont", 3}}, "run.json");
                  }),
                  {"run.json", "'cuont'", "did you mean 'count'"});
  expect_contains(error_of([&] {
                    table.from_json({{"count", -3}}, "run.json");
                  }),
                  {"run.json", "found '-3'"});
}

}  // namespace
}  // namespace hourglass
