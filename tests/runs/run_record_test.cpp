#include "hourglass/runs/run_record.h"

#include "hourglass/core/files.h"
#include "hourglass/tests/formats/complaint.h"
#include "hourglass/tests/support/support.h"

#include <cmath>
#include <limits>

namespace hourglass::runs {
namespace {

using hourglass::testing::complaint_of;
using hourglass::testing::expect_contains;
using hourglass::testing::TemporaryFolder;
using nlohmann::json;

/// What version 0.1.0 wrote (dense_autoencoder --epochs 2), with fewer options.
const char* const kRunJson = R"(
{"data": {"class_names": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], "highest": 1.0,
"lowest": 0.0, "name": "digits", "notes": [], "scaling": {"factor": [0.0625], "offset": [0.0]},
"sha256": "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8", "test_rows": 0,
"total_rows": 1797, "training_rows": 1797, "validation": "none", "validation_rows": 0},
"format": 1, "libraries": {"hourglass": "0.1.0", "libtorch": "2.13.0"}, "machine": {"cores": 2,
"processor": "AMD EPYC", "system": "Linux 6.18.44-fc-v595"}, "options": {"activation":
"sigmoid", "batch_size": 8, "corruption": "none", "data_dir": "", "dataset": "digits", "device":
"cpu", "engine": "auto", "epochs": 2, "item_shape": [], "learning_rate": "none", "loss": "mse",
"noise": "fresh", "optimizer": "adam", "output_activation": "sigmoid", "scale": "auto", "seed":
1, "targets": "", "threads": "1", "tied_weights": false, "validation": "none", "widths": [32,
2]}, "recipe": "digits-2d", "results": {"best": {"epoch": 2, "training": {"loss":
0.07489478330215482, "reconstruction": 0.07489478330215482}, "validation": {}}, "end":
"finished", "epochs": 2, "expected": null, "last": {"epoch": 2, "training": {"loss":
0.07489478330215482, "reconstruction": 0.07489478330215482}, "validation": {}},
"training_seconds": 0.0997557}, "started": "20261124-234452", "variant": "dense"})";

std::string record_error(const std::string& pointer, const json& value) {
  json record = json::parse(kRunJson);
  record[json::json_pointer(pointer)] = value;
  return complaint_of([&] { run_record_from_json(record, "run.json"); });
}

RunRecord record() { return run_record_from_json(json::parse(kRunJson), "run.json"); }

TEST(RunRecord, GivesTheFileOfVersion01Again) {
  const TemporaryFolder folder;
  EXPECT_EQ(to_json(record()), json::parse(kRunJson));
  write_run_record(folder.path(), record());
  json written = json::parse(read_file(folder / "run.json"));
  written.erase("sha256");
  EXPECT_EQ(written, json::parse(kRunJson));
  EXPECT_EQ(to_json(read_run_record(folder.path())), json::parse(kRunJson));
}

TEST(RunRecord, ReadsTheFileOfVersion01) {
  const RunRecord read = record();
  EXPECT_EQ(read.variant, "dense");
  EXPECT_EQ(read.recipe, "digits-2d");
  EXPECT_EQ(read.options.dataset(), "digits");
  EXPECT_EQ(read.data.name, "digits");
  EXPECT_EQ(read.machine.cores, 2);
  EXPECT_EQ(read.machine.instructions, "");
  EXPECT_EQ(read.libraries.at("libtorch"), "2.13.0");
  EXPECT_EQ(read.results.value().end, training::RunEnd::Finished);
  EXPECT_EQ(read.results->epochs, 2);
  EXPECT_EQ(read.results->best.training.at(0).name, "loss");
  EXPECT_EQ(read.results->last.value().epoch, 2);
  EXPECT_FALSE(read.results->expected);
}

TEST(RunRecord, IsThereBeforeTheResults) {
  RunRecord begun = record();
  begun.results.reset();
  EXPECT_EQ(to_json(begun).at("results"), json());
  EXPECT_FALSE(run_record_from_json(to_json(begun), "run.json").results);
}

TEST(RunRecord, KeepsWhatTheRecipeExpects) {
  RunRecord judged = record();
  judged.network = "dense";
  judged.results->end = training::RunEnd::NotFinite;
  judged.results->last.reset();
  judged.results->expected = ExpectationRecord{.column = "train_loss",
                                               .epoch = 500,
                                               .at_most = 0.0345,
                                               .value = 0.0334,
                                               .published = "picture only",
                                               .reference = {0.0327, 0.0340}};
  const json written = to_json(judged);
  EXPECT_EQ(written.at("results").at("end"), "not finite");
  EXPECT_FALSE(written.at("results").contains("last"));
  EXPECT_EQ(written.at("results").at("expected"), (json{{"column", "train_loss"},
                                                        {"epoch", 500},
                                                        {"at_most", 0.0345},
                                                        {"value", 0.0334},
                                                        {"published", "picture only"},
                                                        {"reference", {0.0327, 0.0340}}}));
  EXPECT_EQ(to_json(run_record_from_json(written, "run.json")), written);
}

TEST(RunRecord, NamesWhatIsWrong) {
  EXPECT_EQ(record_error("/format", 3),
            "run.json: expected format 2 at most, found 3: use the version that wrote it");
  EXPECT_EQ(record_error("/variant", nullptr),
            "run.json: expected a text in 'variant', found none");
  EXPECT_EQ(record_error("/recipe", 1), "run.json: expected a text in 'recipe', found 1");
  expect_contains(record_error("/data", "digits"), {"an object in 'data'", "found \"digits\""});
  expect_contains(record_error("/options", nullptr), {"an object in 'options', found none"});
  expect_contains(record_error("/machine/cores", "two"), {"'machine.cores', found \"two\""});
  expect_contains(
      record_error("/results/end", "lunch"),
      {"one of finished, stopped, interrupted, not finite in 'results.end'", "\"lunch\""});
  expect_contains(record_error("/results/best", nullptr),
                  {"an object in 'results.best', found none"});
  expect_contains(record_error("/results/best/epoch", 1.5), {"'results.best.epoch', found 1.5"});
  EXPECT_EQ(record_error("/results/last", nullptr), "");
  EXPECT_EQ(record_error("/later", 1), "");

  const TemporaryFolder folder;
  expect_contains(complaint_of([&] { read_run_record(folder.path()); }),
                  {"run.json", "cannot open"});
  write_file_atomically(folder / "run.json", "{\"format\": 1");
  expect_contains(complaint_of([&] { read_run_record(folder.path()); }),
                  {"run.json: expected JSON"});
}

TEST(RunRecord, ADigitThatChangedIsFoundUnlessTheDigestIsTakenOut) {
  const TemporaryFolder folder;
  write_run_record(folder.path(), record());
  std::string text = read_file(folder / "run.json");
  const size_t place = text.find("\"epochs\": ") + std::string("\"epochs\": ").size();
  text[place] = text[place] == '9' ? '8' : '9';
  testing::write_file(folder / "run.json", text);
  expect_contains(complaint_of([&] { read_run_record(folder.path()); }),
                  {"run.json: expected a record of the SHA-256", "damaged", "'sha256'"});
  json meant = json::parse(text);
  meant.erase("sha256");
  testing::write_file(folder / "run.json", meant.dump());
  EXPECT_EQ(complaint_of([&] { read_run_record(folder.path()); }), "");
}

TEST(CheckSameData, ComparesTheDigests) {
  const RunRecord begun = record();
  EXPECT_EQ(complaint_of([&] { check_same_data(begun, begun.data); }), "");
  formats::DataCard other = begun.data;
  other.sha256 = "0123456789abcdef";
  expect_contains(complaint_of([&] { check_same_data(begun, other); }),
                  {"digits: expected the data the run began with", "0123456789ab…"});
}

}  // namespace
}  // namespace hourglass::runs
