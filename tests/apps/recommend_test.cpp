// From interactions to recommendations, as users meet it: two tastes, which a small model has to tell
// apart.

#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <fmt/format.h>

#include <set>
#include <string>

namespace hourglass::apps {
namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::run_tool_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;

/// Sixty users of two tastes: each has chosen four of the six items of its taste, a0 … a5 or b0 … b5,
/// another is held out for validation, and the last one for the test.
struct Tastes {
  fs::path train, valid, test;

  explicit Tastes(const TemporaryFolder& folder) {
    std::string known = "user_id:token\titem_id:token\n", judging = known, held_out = known;
    for (int user = 0; user < 60; ++user) {
      for (int item = 0; item < 6; ++item) {
        std::string& part = item < 4 ? known : item == 4 ? judging : held_out;
        part += fmt::format("u{}\t{}{}\n", user, user % 2 == 0 ? 'a' : 'b', (user / 2 + item) % 6);
      }
    }
    train = testing::write_file(folder / "train.inter", known);
    valid = testing::write_file(folder / "valid.inter", judging);
    test = testing::write_file(folder / "test.inter", held_out);
  }

  std::string dataset() const { return "interactions:" + train.string() + "," + valid.string(); }
};

fs::path tastes_model(const TemporaryFolder& folder, const Tastes& tastes,
                      const std::string& epochs = "60") {
  return small_checkpoint(folder / "run", "variational_autoencoder",
                          {"--dataset",
                           tastes.dataset(),
                           "--loss",
                           "multinomial",
                           "--output-activation",
                           "linear",
                           "--widths",
                           "16,4",
                           "--activation",
                           "tanh",
                           "--unit-length",
                           "--beta",
                           "0.2",
                           "--input-dropout",
                           "0.5",
                           "--epochs",
                           epochs,
                           "--batch-size",
                           "20",
                           "--learning-rate",
                           "0.01"});
}

TEST(Recommend, FindsWhatAUserOfTheSameTasteHasLeft) {
  const TemporaryFolder folder;
  const Tastes tastes(folder);
  const auto model = tastes_model(folder, tastes);
  // Two items of a user's taste are left; of them one is the test's.
  const auto two = json_of("recommend", {model, "--held-out", tastes.test, "--top", "2"});
  EXPECT_EQ(two.at("users"), 60);
  EXPECT_GT(two.at("recall@2").get<double>(), 0.95);
  const auto one = json_of(
      "recommend", {model, "--held-out", tastes.test, "--exclude", tastes.valid, "--top", "1"});
  EXPECT_GT(one.at("recall@1").get<double>(), 0.95);
  EXPECT_EQ(one.at("recall@1"), one.at("ndcg@1"));
  expect_contains(run_tool_of("recommend", {model, "--held-out", tastes.test}),
                  {"recall@10", "ndcg@10", "of 60 users with held-out items"});
}

TEST(Recommend, SaysHowManyHeldOutItemsAreKnownAlready) {
  const TemporaryFolder folder;
  const Tastes tastes(folder);
  const auto model = tastes_model(folder, tastes, "1");
  // u0 has a0 … a3; a4 is excluded, a5 is left.
  const auto held_out = testing::write_file(folder / "held.csv", "u0,a1\nu0,a4\nu0,a5\n");
  const auto result = testing::run(
      "recommend", {model, "--held-out", held_out, "--exclude", tastes.valid, "--top", "12"});
  expect_contains(result.errors, {"held.csv: 2 held-out items are known", "count as missed"});
  expect_contains(result.output, {"recall@12  0.3333"});
}

TEST(Recommend, WritesATableThatLeavesOutWhatIsKnown) {
  const TemporaryFolder folder;
  const Tastes tastes(folder);
  const auto model = tastes_model(folder, tastes);
  run_tool_of("recommend", {model, "--out", folder / "all.csv", "--top", "12"});
  const std::string table = read_file(folder / "all.csv");
  // Of 12 items each user has 8 left.
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 60 * 8);
  expect_contains(table, {"user,rank,item,score\nu0,1,a", "\nu59,8,"});
  EXPECT_EQ(table.find("u0,1,a0,"), std::string::npos) << "u0 has a0 … a3";

  // New users, and items that the model does not know, by the names of items.
  const auto fresh = testing::write_file(folder / "new.csv", "eve,b1\neve,b2\neve,unheard-of\n");
  const std::string found = run_tool_of(
      "recommend", {model, "--dataset", "interactions:" + fresh.string(), "--top", "3"});
  expect_contains(found, {"eve,1,b", "eve,2,b", "eve,3,b"});
}

TEST(Recommend, NotesItemsThatTheModelDoesNotKnow) {
  const TemporaryFolder folder;
  const Tastes tastes(folder);
  const auto model = tastes_model(folder, tastes, "1");
  const auto notes = [&](const std::string& lines) {
    const auto file = testing::write_file(folder / "new.csv", lines);
    return testing::run("recommend", {model, "--dataset", "interactions:" + file.string()}).errors;
  };
  const std::string found = notes("eve,b1\neve,unheard\nzoe,b2\nzoe,unheard\nzoe,new\n");
  expect_contains(found, {"new.csv: left out 2 items that the model does not know, 'new' the"});
  EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 1) << found;
  // What is there twice is a note of the reader's, and nothing is left out.
  EXPECT_EQ(notes("eve,b1\neve,b1\n"), "");
}

TEST(Recommend, GivesUsersWithoutAKnownItemWhatTheModelMakesOfNothing) {
  const TemporaryFolder folder;
  const Tastes tastes(folder);
  const auto model = tastes_model(folder, tastes);
  const auto fresh = testing::write_file(folder / "fresh.csv", "eve,a0\nzoe,unheard\n");
  const auto result = testing::run(
      "recommend", {model, "--dataset", "interactions:" + fresh.string(), "--top", "12"});
  expect_contains(result.errors, {"1 users have chosen no item that the model knows"});
  std::set<std::string> scores;
  for (const auto& line : split_text(result.output, '\n')) {
    if (line.starts_with("zoe,")) scores.insert(line.substr(line.rfind(',')));
  }
  EXPECT_EQ(scores.size(), 12U) << result.output;
}

TEST(Recommend, RefusesInOneLine) {
  const TemporaryFolder folder;
  const Tastes tastes(folder);
  const auto model = tastes_model(folder, tastes, "1");
  expect_refusal("recommend", {model, "--json"}, 2, {"--held-out"});
  const auto other = testing::write_file(folder / "other.csv", "zoe,a1\n");
  expect_refusal("recommend", {model, "--held-out", other}, 1,
                 {"--held-out ", "expected users of the data, 'u0' say", "'zoe'"});
  const auto unheard = testing::write_file(folder / "unheard.csv", "u0,zzz\n");
  expect_refusal("recommend", {model, "--held-out", unheard}, 1,
                 {"--held-out ", "expected items that the model knows, 'a0' say", "'zzz'"});
  const auto digits = small_checkpoint(folder / "digits", "dense_autoencoder", {"--widths", "8"});
  expect_refusal("recommend", {digits}, 1, {"expected items with names"});
}

}  // namespace
}  // namespace hourglass::apps
