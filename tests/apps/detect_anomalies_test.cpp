// `detect_anomalies` as its users meet it; its numbers against a computation of their own.

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/random.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/picture.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <set>

namespace hourglass::apps {

using namespace datasets;
using namespace sources;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;

/// Columns of a file of scores.
struct ScoreFile {
  std::vector<int64_t> rows;
  std::vector<std::string> labels;
  std::vector<double> scores;
  std::vector<bool> flags;
};

ScoreFile read_scores(const fs::path& path) {
  ScoreFile file;
  const auto lines = split_text(read_file(path), '\n');
  EXPECT_EQ(lines.front(), "row,label,score,flag");
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    const auto cells = split_text(lines[i], ',');
    file.rows.push_back(parse_integer(cells.at(0)).value());
    file.labels.push_back(cells.at(1));
    file.scores.push_back(parse_double(cells.at(2)).value());
    file.flags.push_back(cells.at(3) == "1");
  }
  return file;
}

/// The share of pairs of an anomaly and a normal row in which the anomaly scores higher.
double auroc_by_pairs(const ScoreFile& file, const std::string& normal_label) {
  double wins = 0, pairs = 0;
  for (size_t i = 0; i < file.scores.size(); ++i) {
    if (file.labels[i] == normal_label) continue;
    for (size_t j = 0; j < file.scores.size(); ++j) {
      if (file.labels[j] != normal_label) continue;
      ++pairs;
      if (file.scores[i] == file.scores[j]) wins += 0.5;
      if (file.scores[i] > file.scores[j]) wins += 1;
    }
  }
  return wins / pairs;
}

TEST(DetectAnomalies, JudgesOneClassAgainstTheRest) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder",
                                     {"--validation", "split:0.3", "--widths", "16"});
  const auto result = json_of("detect_anomalies", {path, "--normal-class", "0", "--threshold",
                                                   "quantile:0.9", "--out", folder / "found"});
  EXPECT_EQ(result.at("score"), "reconstruction");
  expect_contains(result.at("rows"), {"validation rows of digits"});
  const ScoreFile file = read_scores(folder / "found/scores.csv");
  ASSERT_EQ(std::ssize(file.rows), result.at("looked_at"));

  const auto& separation = result.at("separation");
  EXPECT_NEAR(separation.at("auroc").get<double>(), auroc_by_pairs(file, "0"), 1e-9);
  int64_t flagged = 0, found = 0;
  for (size_t i = 0; i < file.rows.size(); ++i) {
    EXPECT_EQ(file.flags[i], file.scores[i] > result.at("threshold").get<double>());
    flagged += file.flags[i];
    found += file.flags[i] && file.labels[i] != "0";
  }
  EXPECT_EQ(result.at("flagged"), flagged);
  EXPECT_EQ(separation.at("true_positives"), found);
  EXPECT_EQ(separation.at("false_positives"), flagged - found);
  if (!figures_available()) GTEST_SKIP() << "this build draws no pictures";
  for (const char* name : {"histogram.png", "roc.png", "worst.png"}) {
    EXPECT_TRUE(fs::exists(folder / "found" / name)) << name;
  }
}

TEST(DetectAnomalies, SaysThatTheModelHasSeenTheAnomalies) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  const std::vector<std::string> arguments = {path,    "--normal-class", "7",
                                              "--out", folder / "found", "--json"};
  const auto result = testing::run("detect_anomalies", arguments);
  ASSERT_EQ(result.exit_code, kDone) << result.errors;
  expect_contains(result.errors, {"trained on rows of 9 of the classes", "--classes '7'"});
  const auto told = nlohmann::json::parse(result.output);
  EXPECT_EQ(told.at("normal_classes"), nlohmann::json({"7"}));
  EXPECT_EQ(told.at("anomaly_classes_in_training"),
            nlohmann::json({"0", "1", "2", "3", "4", "5", "6", "8", "9"}));
}

TEST(DetectAnomalies, ClassesOfTheTrainingAreNormalToAModelOfSome) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(
      folder / "run", "dense_autoencoder",
      {"--classes", "7", "--widths", "16", "--epochs", "60", "--validation", "split:0.1"});
  const auto result = testing::run("detect_anomalies", {path, "--out", folder / "found", "--json"});
  ASSERT_EQ(result.exit_code, kDone) << result.errors;
  EXPECT_EQ(result.errors, "");
  const auto told = nlohmann::json::parse(result.output);
  EXPECT_EQ(told.at("normal_classes"), nlohmann::json({"7"}));
  EXPECT_EQ(told.at("anomaly_classes_in_training"), nlohmann::json::array());
  EXPECT_EQ(told.at("normal_rows"), "161 training rows of digits, normal classes");
  // All that was not trained on: the 18 sevens that were held out, and all other digits.
  EXPECT_EQ(told.at("rows"), "1,636 held-out rows of digits");
  const ScoreFile file = read_scores(folder / "found/scores.csv");
  EXPECT_EQ(std::count(file.labels.begin(), file.labels.end(), "7"), 18);
  EXPECT_EQ(std::set(file.labels.begin(), file.labels.end()).size(), 10U);
  EXPECT_NEAR(told.at("separation").at("auroc").get<double>(), auroc_by_pairs(file, "7"), 1e-9);
  EXPECT_GT(told.at("separation").at("auroc"), 0.9);

  // Rows are named as they lie in the data.
  const DataSplits data = open_data({.validation = {Validation::Kind::None}}, /*seed=*/1);
  for (size_t i = 0; i < file.rows.size(); i += 100) {
    const Batch batch = data.training->batch(at::tensor({file.rows[i]}, at::kLong));
    EXPECT_EQ(file.labels[i], std::to_string(batch.labels.item<int64_t>()));
  }
}

TEST(DetectAnomalies, ScoreIsTheItemsErrorAndTheThresholdAQuantileOfNormalTrainingScores) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  const auto result =
      json_of("detect_anomalies", {path, "--split", "train", "--threshold", "quantile:0.5",
                                   "--anomaly-class", "3,4", "--out", folder / "found"});
  const ScoreFile file = read_scores(folder / "found/scores.csv");
  DataOptions whole;
  whole.validation = {Validation::Kind::None};
  const DataSplits data = open_data(whole, /*seed=*/1);
  ExportedModel model = ExportedModel::load(path);
  const int64_t count = data.training->size();
  const Batch batch = data.training->batch(at::arange(count, at::kLong));
  const at::Tensor errors =
      (model.reconstruct(batch.input) - batch.input).square().flatten(1).mean(1);
  std::vector<double> normal;
  ASSERT_EQ(std::ssize(file.rows), count);
  for (int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    EXPECT_NEAR(file.scores[at], errors[i].item<double>(), 1e-6);
    if (file.labels[at] != "3" && file.labels[at] != "4") normal.push_back(file.scores[at]);
  }
  std::sort(normal.begin(), normal.end());
  const double median = 0.5 * (normal[(normal.size() - 1) / 2] + normal[normal.size() / 2]);
  EXPECT_NEAR(result.at("threshold").get<double>(), median, 1e-8);
}

TEST(DetectAnomalies, SavedThresholdIsAppliedToALaterFileWithoutTrainingRows) {
  const TemporaryFolder folder;
  std::string csv;
  for (int i = 0; i < 60; ++i) csv += std::to_string(i % 10) + "," + std::to_string(i % 7) + "\n";
  const auto train = testing::write_file(folder / "train.csv", csv);
  const auto later = testing::write_file(folder / "later.csv", "1,1\n900,-70\n5,2\n");
  const auto path = small_checkpoint(
      folder / "run", "dense_autoencoder",
      {"--dataset", "csv:" + train.string(), "--label-column", "none", "--widths", "2", "--loss",
       "mse", "--output-activation", "linear", "--validation", "none"});
  for (const char* score : {"reconstruction", "mahalanobis"}) {
    const std::string limit = folder / (std::string(score) + ".json");
    const auto fitted = json_of("detect_anomalies", {path, "--score", score, "--out", folder / "a",
                                                     "--save-threshold", limit, "--force"});
    const std::vector<std::string> arguments = {path,
                                                "--load-threshold",
                                                limit,
                                                "--dataset",
                                                "csv:" + later.string(),
                                                "--label-column",
                                                "none",
                                                "--out",
                                                folder / "b",
                                                "--force"};
    const auto applied = json_of("detect_anomalies", arguments);
    EXPECT_EQ(applied.at("threshold"), fitted.at("threshold"));
    EXPECT_EQ(applied.at("score"), score);
    const ScoreFile file = read_scores(folder / "b/scores.csv");
    ASSERT_EQ(file.flags.size(), 3U);
    EXPECT_TRUE(file.flags[1]) << score;
    EXPECT_FALSE(file.flags[0]) << score;

    // What is flagged does not depend on how the threshold came here.
    auto at_once = arguments;
    at_once[1] = "--score", at_once[2] = score;
    EXPECT_EQ(json_of("detect_anomalies", at_once).at("threshold"), fitted.at("threshold"));
    EXPECT_EQ(read_scores(folder / "b/scores.csv").scores, file.scores);
  }
  const auto other = small_checkpoint(folder / "other", "dense_autoencoder");
  expect_refusal("detect_anomalies",
                 {other, "--load-threshold", (folder / "reconstruction.json").string(), "--out",
                  folder / "c", "--quiet"},
                 kFailed, {"reconstruction.json", "another checkpoint"});
}

TEST(DetectAnomalies, ElboOfAVariationalModelIsLossPlusKl) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "variational_autoencoder");
  const auto result = json_of("detect_anomalies", {path, "--out", folder / "found"});
  EXPECT_EQ(result.at("score"), "elbo");
  const ScoreFile file = read_scores(folder / "found/scores.csv");

  ExportedModel model = ExportedModel::load(path);
  DataOptions options;
  options.validation = {Validation::Kind::Split, 0.2};
  const Batch batch = open_data(options, /*seed=*/1).validation->batch(at::arange(8, at::kLong));
  const auto code = model.run_method("encode_distribution", batch.input);
  const at::Tensor x = batch.input.flatten(1);
  const auto loss_of = [&](const at::Tensor& z) {
    const at::Tensor output = model.decode(z).flatten(1);
    return -(x * output.log() + (1 - x) * (1 - output).log()).sum(1);
  };
  const at::Tensor kl = -0.5 * (1 + code[1] - code[0].square() - code[1].exp()).sum(1);
  const auto expect_scores = [&](const std::vector<double>& found, const at::Tensor& loss) {
    for (int64_t i = 0; i < 8; ++i) {
      EXPECT_NEAR(found[static_cast<size_t>(i)], (loss + kl)[i].item<double>(), 1e-3);
    }
  };
  expect_scores(file.scores, loss_of(code[0]));

  // The mean over sampled codes, whose noise all items share and the seed alone decides.
  const std::vector<std::string> sampled = {path,    "--samples",        "16",
                                            "--out", folder / "sampled", "--force"};
  json_of("detect_anomalies", sampled);
  const auto first = read_scores(folder / "sampled/scores.csv").scores;
  json_of("detect_anomalies", sampled);
  EXPECT_EQ(read_scores(folder / "sampled/scores.csv").scores, first);
  const at::Generator generator = at::detail::createCPUGenerator(derive_seed(/*seed=*/1, "elbo"));
  const at::Tensor noise = at::randn({16, code[0].size(1)}, generator);
  at::Tensor loss = at::zeros({8});
  for (const at::Tensor& epsilon : noise.unbind(0)) {
    loss += loss_of(code[0] + (0.5 * code[1]).exp() * epsilon) / 16;
  }
  expect_scores(first, loss);
}

TEST(DetectAnomalies, ScoresAOneClassModelByTheDistanceFromItsCentre) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "one_class_autoencoder",
                                     {"--epochs", "201", "--batch-size", "16"});
  const std::string limit = folder / "limit.json";
  const auto found =
      json_of("detect_anomalies", {path, "--out", folder / "found", "--save-threshold", limit});
  EXPECT_EQ(found.at("score"), "centre-distance");
  EXPECT_GT(found.at("separation").at("auroc"), 0.9);
  const ScoreFile file = read_scores(folder / "found/scores.csv");
  const DataSplits data = open_data({.validation = {Validation::Kind::None}}, /*seed=*/1);
  auto model = ExportedModel::load(path);
  const Batch rows = data.training->batch(at::tensor(file.rows, at::kLong));
  const at::Tensor expected = model.run_method("centre_distance", rows.input).front();
  EXPECT_TRUE(at::allclose(at::tensor(file.scores, at::kFloat), expected, 1e-4, 1e-5));

  // In files of other formats, too.
  EXPECT_EQ(testing::run("export", {path, "--format", "pt2,onnx,c", "--threshold", limit, "--out",
                                    folder / "deploy"})
                .exit_code,
            kDone);
  expect_contains(read_file(folder / "deploy/best.c"), {"best_score(", "best_centre_distance("});

  const auto early = small_checkpoint(folder / "early", "one_class_autoencoder",
                                      {"--epochs", "201", "--stop-after", "2"});
  expect_refusal("detect_anomalies", {early, "--quiet", "--out", folder / "none"}, kFailed,
                 {"best.pt", "centre", "pretraining"});
}

TEST(DetectAnomalies, TakesAThirdPartyFile) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  const TemporaryFolder folder;
  const std::vector<std::string> arguments = {testing::third_party_model("autoencoder"),
                                              "--dataset",
                                              "digits",
                                              "--input-shape",
                                              "1,8,8",
                                              "--out",
                                              folder / "found",
                                              "--score",
                                              "mahalanobis",
                                              "--threshold",
                                              "tail:0.001"};
  const auto result = json_of("detect_anomalies", arguments);
  EXPECT_LT(result.at("flagged"), 10);
  auto elbo = arguments;
  elbo[8] = "elbo";
  elbo.insert(elbo.end(), {"--force", "--quiet"});
  expect_refusal("detect_anomalies", elbo, kFailed, {"encode_distribution", "mahalanobis"});
}

TEST(DetectAnomalies, RefusesBadInput) {
  const TemporaryFolder folder;
  const std::string tool = "detect_anomalies", out = folder / "found";
  expect_refusal(tool, {}, kWrongUsage, {"CKPT"});
  expect_refusal(tool, {"x.pt", "--threshold", "quantile:2"}, kWrongUsage, {"--threshold"});
  expect_refusal(tool, {"x.pt", "--normal-class", "1", "--anomaly-class", "2"}, kWrongUsage,
                 {"--normal-class", "--anomaly-class"});
  expect_refusal(tool, {"x.pt", "--load-threshold", "t.json", "--score", "elbo"}, kWrongUsage,
                 {"--score", "--load-threshold"});
  expect_refusal(tool, {(folder / "absent.pt").string()}, kFailed, {"absent.pt"});
  const auto path =
      small_checkpoint(folder / "run", "dense_autoencoder", {"--validation", "split:0.2"});
  expect_refusal(tool, {path, "--normal-class", "zero", "--out", out}, kFailed, {"'zero'"});
  testing::write_file(folder / "bad.json", "{\"checkpoint\": 1}");
  expect_refusal(tool, {path, "--load-threshold", (folder / "bad.json").string(), "--out", out},
                 kFailed, {"bad.json", "--save-threshold"});
  testing::write_file(folder / "file", "");
  expect_refusal(tool, {path, "--out", (folder / "file/sub").string()}, kFailed, {"file"});
}

}  // namespace
}  // namespace hourglass::apps
