#include "hourglass/core/fields.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

namespace hourglass {

enum class Fruit { Apple, Pear };
constexpr auto names_of(Fruit) {
  return std::to_array<EnumName<Fruit>>({{Fruit::Apple, "apple"}, {Fruit::Pear, "pear"}});
}

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
  std::vector<Fruit> mixed;
  std::optional<Fruit> spare;
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
  table.add("note", basket.note, "for the till").not_recorded().offering({"gift", "own use"});
  table.add("mixed", basket.mixed, "some of each");
  table.add("spare", basket.spare, "one more");
  return table;
}

void set(const FieldTable& table, const std::string& name, const std::string& text) {
  table.find(name)->set(text);
}

TEST(FieldTable, SetsFieldsOfEveryType) {
  Basket basket;
  const FieldTable table = table_of(basket);
  set(table, "fruit", "pear");
  set(table, "sizes", "7,8,9");
  set(table, "count", "5");
  set(table, "price_per_kilo", "2.5e-1");
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

TEST(FieldTable, ErrorsNameFieldValueAndWhatIsAllowed) {
  Basket basket;
  const FieldTable table = table_of(basket);
  EXPECT_EQ(error_of([&] { set(table, "count", "12"); }),
            "`count`: expected a whole number at least 0 and at most 9, found '12'");
  EXPECT_EQ(error_of([&] { set(table, "price_per_kilo", "0"); }),
            "`price_per_kilo`: expected a number above 0, found '0'");
  EXPECT_EQ(error_of([&] { set(table, "fruit", "pera"); }),
            "`fruit`: expected one of apple, pear, found 'pera' (did you mean 'pear'?)");
  expect_contains(error_of([&] { set(table, "sizes", "3,,2"); }), {"`sizes`", "'3,,2'"});
  expect_contains(error_of([&] { set(table, "sizes", "3,0"); }), {"at least 1"});
  expect_contains(error_of([&] { set(table, "discount", "1"); }), {"below 1"});
  expect_contains(error_of([&] { set(table, "price_per_kilo", "nan"); }), {"found 'nan'"});
  EXPECT_EQ(basket.count, 4) << "a refused value must leave the field as it was";
}

TEST(FieldTable, SaysWhatTakesThePlaceOfAValue) {
  Basket basket;
  FieldTable table = table_of(basket);
  EXPECT_EQ(table.find("fruit")->placeholder(), "NAME");
  EXPECT_EQ(table.find("sizes")->placeholder(), "N,N,...");
  EXPECT_EQ(table.find("discount")->placeholder(), "X");
  EXPECT_EQ(table.find("organic")->placeholder(), "") << "a switch takes none";
  EXPECT_EQ(table.add("till", basket.note, "where to pay").shown_as("PLACE").placeholder(),
            "PLACE");
}

TEST(FieldTable, GivesValuesByTheirTypes) {
  Basket basket{.fruit = Fruit::Pear, .sizes = {1}, .discount = 0.25, .note = "fresh"};
  const FieldTable table = table_of(basket);
  const auto value = [&](const std::string& name) { return table.find(name)->value(); };
  EXPECT_EQ(value("fruit"), FieldValue(std::string("pear")));
  EXPECT_EQ(value("sizes"), FieldValue(std::vector<int64_t>{1}));
  EXPECT_EQ(value("count"), FieldValue(int64_t{4}));
  EXPECT_EQ(value("price_per_kilo"), FieldValue(0.1));
  EXPECT_EQ(value("organic"), FieldValue(false));
  EXPECT_EQ(value("discount"), FieldValue(std::string("0.25"))) << "none has to be possible";
}

TEST(Fields, AnEnumerationListsItsNames) {
  Basket basket;
  const FieldTable table = table_of(basket);
  using Names = std::vector<std::string>;
  EXPECT_EQ(table.find("fruit")->choices(), (Names{"apple", "pear"}));
  EXPECT_EQ(table.find("mixed")->choices(), (Names{"apple", "pear"}));
  EXPECT_EQ(table.find("spare")->choices(), (Names{"apple", "pear", "none"}));
  EXPECT_TRUE(table.find("mixed")->is_list());
  EXPECT_FALSE(table.find("fruit")->is_list());
  EXPECT_FALSE(table.find("spare")->is_list());
  EXPECT_EQ(table.find("sizes")->choices(), Names{});
  // A text that may be anything has no choices, but something to offer.
  EXPECT_EQ(table.find("note")->choices(), Names{});
  EXPECT_EQ(table.find("note")->offered(), (Names{"gift", "own use"}));
}

}  // namespace
}  // namespace hourglass
