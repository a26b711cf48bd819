#include "hourglass/formats/card.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/formats/complaint.h"
#include "hourglass/tests/support/support.h"

#include <cmath>
#include <limits>
#include <set>

namespace hourglass::formats {
namespace {

using hourglass::testing::complaint_of;
using hourglass::testing::expect_contains;
using nlohmann::json;

/// What version 0.1.0 wrote into best.pt (dense_autoencoder --epochs 2), with fewer layers and
/// options.
const char* const kDenseCard = R"(
{"code_kind": "vector", "code_shape": [2], "data": {"class_names": ["0", "1", "2", "3", "4",
"5", "6", "7", "8", "9"], "highest": 1.0, "lowest": 0.0, "name": "digits", "notes": [],
"scaling": {"factor": [0.0625], "offset": [0.0]}, "sha256":
"6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8", "test_rows": 0,
"total_rows": 1797, "training_rows": 1797, "validation": "none", "validation_rows": 0}, "epoch":
2, "format": 1, "input_shape": [1, 8, 8], "layer_table": [{"name": "encoder.flatten1",
"output_shape": [64], "parameters": 0, "type": "Flatten"}, {"name": "encoder.dense2",
"output_shape": [2], "parameters": 66, "type": "Dense, sigmoid"}, {"name": "output",
"output_shape": [1, 8, 8], "parameters": 0, "type": "Activation, sigmoid"}], "layers":
["encoder.flatten1", "encoder.dense2", "output"], "libraries": {"hourglass": "0.1.0",
"libtorch": "2.13.0"}, "metrics": {"training": {"loss": 0.07489478330215482, "reconstruction":
0.07489478330215482}, "validation": {}}, "options": {"activation": "sigmoid", "batch_size": 8,
"corruption": "none", "data_dir": "", "dataset": "digits", "device": "cpu", "engine": "auto",
"epochs": 2, "item_shape": [], "learning_rate": "none", "loss": "mse", "noise": "fresh",
"optimizer": "adam", "output_activation": "sigmoid", "scale": "auto", "seed": 1, "targets": "",
"threads": "1", "tied_weights": false, "validation": "none", "widths": [32, 2]}, "recipe":
"digits-2d", "target_shape": [1, 8, 8], "value_range": [0.0, 1.0], "variant": "dense"})";

/// The same of `variational_autoencoder --dataset iris --targets iris --epochs 1`.
const char* const kVariationalCard = R"json(
{"code_kind": "gaussian", "code_shape": [16], "data": {"class_names": ["setosa", "versicolor",
"virginica"], "highest": 1.0, "lowest": 0.0, "name": "iris",
"notes": ["iris.csv: skipped line 1 (…)"], "scaling": {"factor": [0.2777777910232544,
0.4166666567325592, 0.16949152946472168, 0.4166666567325592], "offset": [4.300000190734863, 2.0,
1.0, 0.10000000149011612]},
"sha256": "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449",
"targets": {"name": "iris", "scaling": {"factor": [0.2777777910232544, 0.4166666567325592,
0.16949152946472168, 0.4166666567325592], "offset": [4.300000190734863, 2.0, 1.0,
0.10000000149011612]},
"sha256": "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449"}, "test_rows": 0,
"total_rows": 150, "training_rows": 135, "validation": "split:0.1", "validation_rows": 15},
"epoch": 1, "format": 1, "input_shape": [4], "layer_table": [{"name": "encoder.trunk.flatten1",
"output_shape": [4], "parameters": 0, "type": "Flatten"}, {"name": "encoder.mean",
"output_shape": [16], "parameters": 2064, "type": "Dense, linear"}],
"layers": ["encoder.trunk.flatten1", "encoder.mean"], "libraries": {"hourglass": "0.1.0",
"libtorch": "2.13.0"}, "metrics": {"training": {"kl": 0.20532283137242, "loss": 3.070461232573898,
"reconstruction": 2.8651384282995154}, "validation": {"kl": 0.12977519631385803,
"loss": 2.928013324737549, "reconstruction": 2.7982380390167236}}, "options": {"beta": 1.0,
"dataset": "iris", "loss": "bce", "output_activation": "sigmoid", "seed": 1, "targets": "iris",
"widths": [128, 16]}, "recipe": "", "target_shape": [4], "value_range": [0.0, 1.0],
"variant": "variational"})json";

ModelCard dense_card() { return parse_card(kDenseCard, "best.pt"); }

std::string card_error(const json& value) {
  return complaint_of([&] { card_from_json(value, "best.pt"); });
}

/// The error of the dense card with another value at this place.
std::string error_with(const std::string& pointer, const json& value) {
  json card = json::parse(kDenseCard);
  card[json::json_pointer(pointer)] = value;
  return card_error(card);
}

std::string error_without(const std::string& pointer) {
  json card = json::parse(kDenseCard);
  const json::json_pointer place(pointer);
  card[place.parent_pointer()].erase(place.back());
  return card_error(card);
}

TEST(ModelCard, GivesTheFileOfVersion01Again) {
  for (const char* text : {kDenseCard, kVariationalCard}) {
    EXPECT_EQ(to_json(parse_card(text, "best.pt")), json::parse(text));
    // To the byte, as nlohmann::json wrote it.
    EXPECT_EQ(card_text(parse_card(text, "best.pt")), json::parse(text).dump(2));
  }
}

TEST(ModelCard, ReadsTheFileOfVersion01) {
  const ModelCard card = dense_card();
  EXPECT_EQ(card.variant, "dense");
  EXPECT_EQ(card.network, "");
  EXPECT_EQ(card.recipe, "digits-2d");
  EXPECT_EQ(card.input_shape, (Shape{1, 8, 8}));
  EXPECT_EQ(card.code_shape, Shape{2});
  EXPECT_FALSE(card.has_gaussian_code());
  EXPECT_EQ(card.value_range.value().high, 1.0);
  EXPECT_EQ(card.data.value().training_rows, 1797);
  EXPECT_EQ(card.data->scaling.factor, std::vector<double>{0.0625});
  EXPECT_EQ(card.data->class_names.size(), 10U);
  EXPECT_EQ(card.trained.value().epoch, 2);
  EXPECT_EQ(card.trained->training.at(0).name, "loss");
  EXPECT_TRUE(card.trained->validation.empty());
  EXPECT_EQ(card.layers.at(1), "encoder.dense2");
  EXPECT_EQ(card.layer_table.at(1).output_shape, Shape{2});
  EXPECT_EQ(card.layer_table.at(1).parameters, 66);
  EXPECT_EQ(card.libraries.at("hourglass"), "0.1.0");
  EXPECT_EQ(card.options.loss(), "mse");
  EXPECT_EQ(card.options.output_activation(), "sigmoid");
  EXPECT_EQ(card.options.dataset(), "digits");
  EXPECT_EQ(card.options.corruption(), "none");
  EXPECT_EQ(card.options.seed(), 1U);
  EXPECT_EQ(card.options.find<std::vector<int64_t>>("widths").value(), (Shape{32, 2}));
  EXPECT_EQ(card.options.find<double>("beta"), std::nullopt);

  const ModelCard variational = parse_card(kVariationalCard, "best.pt");
  EXPECT_TRUE(variational.has_gaussian_code());
  EXPECT_EQ(variational.data.value().targets.value().name, "iris");
  EXPECT_EQ(variational.data->targets->scaling.offset.size(), 4U);
}

TEST(ModelCard, KeepsWhatIsNew) {
  ModelCard card = dense_card();
  card.network = "convolutional";
  card.part = "encoder";
  card.condition = ConditionCard{.width = 2, .names = {"cat", "dog"}};
  const json written = to_json(card);
  EXPECT_EQ(written.at("network"), "convolutional");
  EXPECT_EQ(written.at("part"), "encoder");
  EXPECT_EQ(written.at("condition"), (json{{"width", 2}, {"names", {"cat", "dog"}}}));
  const ModelCard read = card_from_json(written, "best.pt");
  EXPECT_EQ(read.network, "convolutional");
  EXPECT_EQ(read.part, "encoder");
  EXPECT_EQ(read.condition.value().width, 2);
  EXPECT_EQ(read.condition->names.at(1), "dog");
  EXPECT_EQ(to_json(read), written);
}

TEST(DataCard, KeepsWhatIsKnownOfColumnsRowsAndClasses) {
  DataCard card{.name = "csv:a.csv", .rows_sha256 = "ab", .stored_type = "float32"};
  card.class_names = {"cat", "dog"};
  EXPECT_EQ(card.classes_seen(), card.class_names);
  EXPECT_FALSE(to_json(card).contains("column_names")) << "nothing to say";
  card.trained_classes = {"dog"};
  card.column_names = {"age", "size"};
  card.targets = {.name = "csv:b.csv", .column_names = {"height"}, .stored_type = "uint8"};
  card.targets->identity = "size and time";
  const nlohmann::json object = to_json(card);
  const DataCard read = data_card_from_json(JsonFields(object, "run.json"));
  EXPECT_EQ(read.rows_sha256, "ab");
  EXPECT_EQ(read.stored_type, "float32");
  EXPECT_EQ(read.classes_seen(), std::vector<std::string>{"dog"});
  EXPECT_EQ(read.column_names, card.column_names);
  EXPECT_EQ(read.targets->column_names, std::vector<std::string>{"height"});
  EXPECT_EQ(read.targets->stored_type, "uint8");
  EXPECT_EQ(read.targets->identity, "size and time");
}

TEST(ModelCard, HasNoKeyForWhatIsNotKnown) {
  const json written = to_json({.variant = "mine",
                                .input_shape = {4},
                                .target_shape = {4},
                                .code_shape = {2},
                                .code_kind = "vector"});
  std::set<std::string> keys;
  for (const auto& [key, value] : written.items()) keys.insert(key);
  EXPECT_EQ(keys, (std::set<std::string>{"format", "variant", "recipe", "options", "input_shape",
                                         "target_shape", "code_shape", "code_kind", "layer_table",
                                         "libraries"}));
  const ModelCard read = card_from_json(written, "a");
  EXPECT_FALSE(read.data || read.trained || read.value_range || read.condition);
  EXPECT_EQ(read.options.loss(), "mse");
  EXPECT_EQ(read.options.dataset(), "");
  EXPECT_EQ(read.options.seed(), 1U);
  EXPECT_EQ(to_json(read), written);
}

TEST(ModelCard, PutsTheLossFirstAndKeepsWhatIsNotFinite) {
  ModelCard card = dense_card();
  card.trained = EpochResult{.epoch = 3,
                             .training = {{"loss", 2}, {"kl", 1}},
                             .validation = {{"loss", std::numeric_limits<double>::quiet_NaN()}}};
  EXPECT_EQ(to_json(card).at("metrics").at("validation"), (json{{"loss", nullptr}}));
  const auto read = parse_card(card_text(card), "a").trained.value();
  EXPECT_EQ(read.training.at(0).name, "loss");
  EXPECT_EQ(read.training.at(1).value, 1);
  EXPECT_TRUE(std::isnan(read.validation.at(0).value));
}

TEST(ModelCard, IgnoresKeysOfLaterVersions) {
  EXPECT_EQ(error_with("/colour", "green"), "");
  EXPECT_EQ(error_with("/data/weather", {1, 2}), "");
  EXPECT_EQ(error_with("/options/later", {{"a", 1}}), "");
}

TEST(ModelCard, RefusesALaterFormat) {
  EXPECT_EQ(error_with("/format", 2),
            "best.pt: expected format 1 at most, found 2: use the version that wrote it");
}

TEST(ModelCard, NamesWhatIsMissing) {
  for (const std::string key :
       {"format", "variant", "options", "input_shape", "target_shape", "code_shape", "code_kind"}) {
    expect_contains(error_without("/" + key), {"best.pt: expected", "'" + key + "', found none"});
  }
  expect_contains(error_without("/data/sha256"), {"'data.sha256', found none"});
  expect_contains(error_without("/data/scaling/factor"), {"'data.scaling.factor', found none"});
  expect_contains(error_without("/layer_table/1/name"), {"'layer_table[1].name', found none"});
  for (const std::string key :
       {"recipe", "value_range", "data", "layer_table", "layers", "epoch", "metrics", "libraries",
        "data/lowest", "data/notes", "data/validation_rows", "options/seed"}) {
    EXPECT_EQ(error_without("/" + key), "") << key;
  }
}

TEST(ModelCard, NamesWhatIsOfAnotherType) {
  EXPECT_EQ(error_with("/variant", 5), "best.pt: expected a text in 'variant', found 5");
  EXPECT_EQ(error_with("/epoch", "two"),
            "best.pt: expected a whole number in 'epoch', found \"two\"");
  EXPECT_EQ(error_with("/metrics/training/loss", "low"),
            "best.pt: expected a number in 'metrics.training.loss', found \"low\"");
  EXPECT_EQ(error_with("/input_shape", {1, -8}),
            "best.pt: expected sizes of at least 1 in 'input_shape', found [1,-8]");
  expect_contains(error_with("/code_shape", {int64_t{1} << 40, int64_t{1} << 40}),
                  {"'code_shape'"});
  expect_contains(error_with("/value_range", {0.0}),
                  {"the lowest and the highest", "'value_range'"});
  expect_contains(error_with("/options", json::array()), {"an object in 'options', found []"});
  expect_contains(error_with("/options/seed", "one"), {"'options.seed', found \"one\""});
  expect_contains(error_with("/options/loss", 1), {"a text in 'options.loss', found 1"});
  expect_contains(error_with("/data/total_rows", -1), {"a number of rows in 'data.total_rows'"});
  expect_contains(error_with("/data/scaling/offset", json::array()), {"'data.scaling.offset'"});
  expect_contains(error_with("/data/scaling/factor", {1.0, 2.0}),
                  {"as many numbers", "'data.scaling.factor'"});
  const auto curves = [](const json& stored, const json& scaled) {
    return json::array({{{"stored", stored}, {"scaled", scaled}}});
  };
  EXPECT_EQ(error_with("/data/scaling/curves", curves({1, 2}, {0, 1})), "");
  expect_contains(error_with("/data/scaling/curves", curves({1, 1}, {0, 1})),
                  {"numbers that rise"});
  expect_contains(error_with("/data/scaling/curves", curves({1, 2}, {0})),
                  {"2 numbers that rise", "'data.scaling.curves[0].scaled'"});
  expect_contains(error_with("/condition", {{"width", 0}}), {"'condition.width', found 0"});
  for (const json& columns : {json{3}, json{3, -1}}) {
    expect_contains(error_with("/condition", {{"width", 2}, {"columns", columns}}),
                    {"2 whole numbers of at least 0", "'condition.columns'"});
  }
  expect_contains(error_with("/libraries", {{"a", 1}}), {"an object of texts in 'libraries'"});
  expect_contains(card_error(json(7)), {"best.pt: expected an object, found 7"});
  expect_contains(complaint_of([] { parse_card("{", "best.pt"); }), {"best.pt: expected JSON"});
  expect_contains(complaint_of([] { (void)dense_card().options.find<bool>("dataset"); }),
                  {"recorded options: expected true or false in 'dataset', found \"digits\""});
}

/// Every value of the file, one after the other, becomes a value of each other type.
TEST(ModelCard, WrongTypesGiveAnErrorAndNothingElse) {
  const json whole = json::parse(kVariationalCard).flatten();
  for (const auto& [pointer, ignored] : whole.items()) {
    for (const json& value :
         {json(), json(-1), json(1e300), json("x"), json(true), json::array({{}}), json{{"a", 1}},
          json(std::numeric_limits<uint64_t>::max())}) {
      json card = json::parse(kVariationalCard);
      card[json::json_pointer(pointer)] = value;
      try {
        const ModelCard read = card_from_json(card, "best.pt");
        (void)read.options.seed();
        (void)read.options.loss();
      } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).rfind("best.pt: expected", 0), 0U) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace hourglass::formats
