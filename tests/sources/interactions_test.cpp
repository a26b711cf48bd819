#include "hourglass/sources/interactions.h"

#include "hourglass/core/error.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hourglass::sources {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

using Names = std::vector<std::string>;

Interactions parsed(const std::string& text, Header header = Header::Auto) {
  return parse_interactions(text, "mine.tsv", header);
}

std::string interactions_error(const std::string& text, Header header = Header::Auto) {
  return error_of([&] { parsed(text, header); });
}

std::vector<int32_t> items_of(const datasets::SparseRows& rows, int64_t user) {
  const auto ones = rows.ones(user);
  return {ones.begin(), ones.end()};
}

TEST(ParseInteractions, NumbersUsersAndItemsAsPeopleSortThem) {
  const Interactions all =
      parsed("10\tb2\t3\t881250949\n2\tb10\t1\t891717742\n10\tb10\t5\t878887116\n");
  EXPECT_EQ(all.users, (Names{"2", "10"}));
  EXPECT_EQ(all.items, (Names{"b2", "b10"}));
  EXPECT_EQ(items_of(*all.rows, 0), (std::vector<int32_t>{1}));
  EXPECT_EQ(items_of(*all.rows, 1), (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(all.repeated, 0);
}

TEST(ParseInteractions, SkipsALineOfNames) {
  for (const char* names : {"user_id:token\titem_id:token\trating:float", "userId\tmovieId\trating",
                            "who\twhat\tstars", "uid\tiid\t5", "User ID\titem\t5"}) {
    EXPECT_EQ(parsed(std::string(names) + "\n1\t7\t5\n").users, Names{"1"}) << names;
  }
  EXPECT_EQ(parsed("who,what\nann,7\n").users, (Names{"ann", "who"}));
  EXPECT_EQ(parsed("who,what\nann,7\n", Header::Yes).users, Names{"ann"});
  EXPECT_EQ(parsed("user,what\nann,7\n", Header::No).users, (Names{"ann", "user"}));
}

TEST(ParseInteractions, CountsWhatIsThereTwiceOnce) {
  const Interactions all = parsed("1,7\n1,7\n2,7\n1,7\n");
  EXPECT_EQ(all.repeated, 2);
  EXPECT_EQ(all.rows->count(), 2);
}

/// Names are told apart as they are shown, so that two columns never have one name.
TEST(ParseInteractions, NamesThatAreShownAlikeAreOne) {
  const Interactions all = parsed("1,caf\xe9\n1,caf\xe8\n");
  EXPECT_EQ(all.items.size(), 1U);
  EXPECT_EQ(all.repeated, 1);
}

TEST(ParseInteractions, SaysWhatIsWrongAndWhere) {
  expect_contains(interactions_error("1::1193::5\n"),
                  {"mine.tsv: line 1: expected a user and an item, separated by", "'1::1193::5'"});
  expect_contains(interactions_error("1,7,5\n2,8\n"), {"line 2: expected 3 cells", "found 2"});
  expect_contains(interactions_error("1,7\n,8\n"),
                  {"line 2: expected a user in column 0", "empty"});
  expect_contains(interactions_error("1,7\n2,\n"), {"line 2: expected an item in column 1"});
  expect_contains(interactions_error("user,item\n"), {"expected interactions", "found none"});
  expect_contains(interactions_error(""), {"mine.tsv: expected interactions", "empty file"});
}

TEST(KnownInteractions, CountWhatIsNotKnown) {
  const Interactions all = parsed("1,a\n1,b\n1,c\n2,a\n3,a\n");
  const KnownInteractions known = known_interactions(all, {"2", "1", "9"}, {"c", "x", "a"});
  EXPECT_EQ(known.rows->size(), 3);
  EXPECT_EQ(known.rows->width(), 3);
  EXPECT_EQ(items_of(*known.rows, 0), (std::vector<int32_t>{2}));
  EXPECT_EQ(items_of(*known.rows, 1), (std::vector<int32_t>{0, 2}));
  EXPECT_TRUE(items_of(*known.rows, 2).empty());
  EXPECT_EQ(known.unknown_items, (std::vector<int64_t>{0, 1, 0}));
  EXPECT_EQ(known.unknown_users, 1);
}

TEST(OpenInteractions, GivesARowAUser) {
  const TemporaryFolder folder;
  std::string text;
  for (int user = 0; user < 20; ++user) {
    text += std::to_string(user) + "," + std::to_string(user % 4) + "\n";
  }
  DataOptions options;
  options.dataset = "interactions:" + testing::write_file(folder / "all.csv", text).string();
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.training_rows, 18);
  EXPECT_EQ(data.info.validation_rows, 2);
  EXPECT_EQ(data.info.column_names, (Names{"0", "1", "2", "3"}));
  EXPECT_TRUE(data.info.scaling.changes_nothing());
  EXPECT_EQ(data.info.lowest, 0);
  EXPECT_EQ(data.info.highest, 1);
  EXPECT_EQ(data.row_title, "user");
  EXPECT_EQ(data.row_names[19], "19");
  const Batch batch = data.training->batch(data.training->all_positions(), 0);
  EXPECT_TRUE(batch.input.sum(1).eq(1).all().item<bool>());
  EXPECT_TRUE(batch.input.argmax(1).equal(batch.rows.remainder(4)));
}

TEST(OpenInteractions, ChoosesAndScalesRowsLikeAnyOther) {
  const TemporaryFolder folder;
  const auto file = testing::write_file(folder / "all.csv", "1,a\n2,a\n2,b\n3,b\n4,a\n");
  DataOptions options;
  options.dataset = "interactions:" + file.string();
  options.validation = {datasets::Validation::Kind::None};
  options.rows = *RowChoice::parse("a == 1");
  options.scale = {datasets::ScalingRule::Kind::Max, 2};
  const DataSplits data = open_data(options, 1);
  const Batch batch = data.training->batch(data.training->all_positions(), 0);
  EXPECT_TRUE(batch.rows.equal(at::tensor({0, 1, 3}, at::kLong)));
  EXPECT_TRUE(batch.input.equal(at::tensor({0.5F, 0.0F, 0.5F, 0.5F, 0.5F, 0.0F}).view({3, 2})));
}

TEST(OpenInteractions, JudgesByWhatIsHeldOut) {
  const TemporaryFolder folder;
  const auto known = testing::write_file(folder / "train.csv", "1,a\n1,b\n2,b\n3,c\n");
  const auto held_out = testing::write_file(folder / "held.csv", "2,a\n1,c\n1,new\n9,a\n");
  DataOptions options;
  options.dataset = "interactions:" + known.string() + "," + held_out.string();
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.validation, "test");
  EXPECT_EQ(data.info.training_rows, 3);
  const Batch batch = data.validation->batch(data.validation->all_positions(), 0);
  EXPECT_TRUE(data.validation->has_targets());
  EXPECT_TRUE(
      batch.input.equal(at::tensor({1.F, 1.F, 0.F, 0.F, 1.F, 0.F, 0.F, 0.F, 1.F}).view({3, 3})));
  EXPECT_TRUE(
      batch.target.equal(at::tensor({0.F, 0.F, 1.F, 1.F, 0.F, 0.F, 0.F, 0.F, 0.F}).view({3, 3})));
  ASSERT_EQ(data.info.notes.size(), 1U);
  expect_contains(data.info.notes[0], {"held.csv: left out 1 unknown users and 1 interactions"});
}

TEST(OpenInteractions, RefusesTargetsBesideWhatIsHeldOut) {
  DataOptions options;
  options.dataset = "interactions:known.csv,held.csv";
  options.targets = "npy:targets.npy";
  expect_contains(error_of([&] { open_data(options, 1); }),
                  {"`targets` npy:targets.npy", "found interactions:known.csv,held.csv"});
}

TEST(OpenInteractions, TakesTheItemsThatAModelKnows) {
  const TemporaryFolder folder;
  const auto file = testing::write_file(folder / "new.csv", "7,b\n7,new\n8,a\n");
  datasets::TableSchema schema;
  for (const char* name : {"a", "b", "c"}) schema.columns.push_back({.name = name});
  DataOptions options;
  options.dataset = "interactions:" + file.string();
  options.validation = {datasets::Validation::Kind::None};
  options.known_columns = std::make_shared<const datasets::TableSchema>(schema);
  const DataSplits data = open_data(options, 1);
  const Batch batch = data.training->batch(data.training->all_positions(), 0);
  EXPECT_TRUE(batch.input.equal(at::tensor({0.F, 1.F, 0.F, 1.F, 0.F, 0.F}).view({2, 3})));

  options.dataset = "interactions:" + testing::write_file(folder / "x.csv", "7,x\n").string();
  expect_contains(error_of([&] { open_data(options, 1); }),
                  {"x.csv: expected interactions with items that are known, 'a' say", "'x'"});
}

}  // namespace
}  // namespace hourglass::sources
