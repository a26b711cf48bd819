#include "hourglass/runs/run_title.h"

#include "hourglass/formats/field_json.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::runs {
namespace {

/// The recipe's options, with some set by name.
RunOptions options_with(const std::string& recipe,
                        const std::vector<std::pair<std::string, std::string>>& changes,
                        const std::string& network = "") {
  RunOptions options = options_of("dense", recipe, network);
  FieldTable table;
  options.describe(table);
  for (const auto& [name, value] : changes) table.find(name)->set(value);
  return options;
}

TEST(RunTitle, IsTheRecipeWhereNothingWasChanged) {
  EXPECT_EQ(run_title(options_with("digits-2d", {})), "digits-2d");
  EXPECT_EQ(run_title(options_with("digits-2d", {{"threads", "2"},
                                                 {"device", "cpu"},
                                                 {"data_dir", "/data"},
                                                 {"out", "here"},
                                                 {"color_map", "viridis"},
                                                 {"items", "3"}})),
            "digits-2d")
      << "where it runs and how it is drawn is no part of it";
}

TEST(RunTitle, NamesWhatWasChanged) {
  EXPECT_EQ(run_title(options_with("digits-2d", {{"widths", "32,16,2"}})),
            "digits-2d, widths 32,16,2");
  EXPECT_EQ(run_title(options_with("digits-2d", {{"tied_weights", "true"}, {"epochs", "5"}})),
            "digits-2d, tied weights, epochs 5");
  EXPECT_EQ(run_title(options_with("digits-2d", {{"widths", "8,2"},
                                                 {"loss", "mae"},
                                                 {"epochs", "5"},
                                                 {"batch_size", "3"},
                                                 {"seed", "2"}})),
            "digits-2d, widths 8,2, loss mae, epochs 5 and 2 more");
  EXPECT_EQ(run_title(options_with("digits-2d", {}, "convolutional")),
            "digits-2d, network convolutional")
      << "the network's own defaults are no further changes";
}

TEST(RunTitle, IsTheVariantWithoutARecipe) {
  EXPECT_EQ(run_title(options_with("", {{"widths", "8,2"}})), "dense autoencoder");
}

TEST(ChangedOptions, SayWhatWasUsual) {
  const auto changes = changed_options(options_with("digits-2d", {{"epochs", "5"}}));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].name, "epochs");
  EXPECT_EQ(changes[0].value, "5");
  EXPECT_EQ(changes[0].usual, "500");
}

TEST(ModelTitle, ReadsTheOptionsOfTheCard) {
  RunOptions options = options_with("digits-2d", {{"widths", "8,2"}});
  FieldTable table;
  options.describe(table);
  formats::ModelCard card = {.variant = "dense", .network = "dense", .recipe = "digits-2d"};
  card.options = formats::RecordedOptions(formats::to_json(table));
  EXPECT_EQ(model_title(card), "digits-2d, widths 8,2");
  card.options = formats::RecordedOptions(nlohmann::json{{"of_a_later_version", 1}});
  EXPECT_EQ(model_title(card), "digits-2d");
  card.recipe = "";
  card.variant = "unheard_of";
  EXPECT_EQ(model_title(card), "unheard_of autoencoder");
}

}  // namespace
}  // namespace hourglass::runs
