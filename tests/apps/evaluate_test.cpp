// `evaluate` as its users meet it; its numbers against a computation of their own.

#include "hourglass/cli/program.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/picture.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/apps/tool_runs.h"
#include "hourglass/tests/evaluation/fashion_mnist.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

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

/// Rows [N, D] float64 and labels.
struct EvaluatedRows {
  at::Tensor values, labels;
};

EvaluatedRows rows_of(const DatasetPtr& data) {
  const Batch batch = data->batch(data->all_positions());
  return {batch.input.flatten(1).to(at::kDouble), batch.labels};
}

/// Reconstructions of `rows` by a PCA of the training rows, by singular values.
at::Tensor pca_by_svd(const at::Tensor& training, const at::Tensor& rows, int64_t size) {
  const at::Tensor mean = training.mean(0);
  const at::Tensor basis =
      std::get<2>(at::linalg_svd(training - mean, /*full_matrices=*/false)).narrow(0, 0, size);
  return (rows - mean).matmul(basis.t()).matmul(basis) + mean;
}

double mean_squared(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).square().mean().item<double>();
}

double nearest_accuracy(const at::Tensor& training, const at::Tensor& training_labels,
                        const at::Tensor& rows, const at::Tensor& labels) {
  const at::Tensor nearest = at::cdist(rows, training).argmin(1);
  return (training_labels.take(nearest) == labels).to(at::kDouble).mean().item<double>();
}

TEST(Evaluate, MeasuresModelAndPcaOnTheValidationRows) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder",
                                     {"--validation", "split:0.2", "--widths", "16,4"});
  const auto result = json_of("evaluate", {path}).at("checkpoints").at(0);
  EXPECT_EQ(result.at("rows"), "359 validation rows of digits");
  EXPECT_EQ(result.at("training_rows"), "1,438 training rows of digits");
  EXPECT_FALSE(result.at("rows_seen_in_training"));
  // Parts that are drawn anew have rows that were trained on.
  for (const std::vector<std::string>& drawn :
       {std::vector<std::string>{"--validation", "split:0.5"},
        {"--classes", "3"},
        {"--dataset", "digits", "--split", "validation"}}) {
    std::vector<std::string> arguments = {path};
    arguments.insert(arguments.end(), drawn.begin(), drawn.end());
    EXPECT_TRUE(json_of("evaluate", arguments).at("checkpoints").at(0).at("rows_seen_in_training"))
        << drawn.front();
  }
  EXPECT_EQ(result.at("code_size"), 4);

  DataOptions options;
  options.validation = {Validation::Kind::Split, 0.2};
  const DataSplits data = open_data(options, /*seed=*/1);
  const auto [training, training_labels] = rows_of(data.training);
  const auto [rows, labels] = rows_of(data.validation);
  ExportedModel checkpoint = ExportedModel::load(path);
  const auto model = [&](const at::Tensor& x) {
    return checkpoint.reconstruct(x.to(at::kFloat).view({-1, 1, 8, 8})).flatten(1).to(at::kDouble);
  };
  const auto codes = [&](const at::Tensor& x) {
    return checkpoint.encode(x.to(at::kFloat).view({-1, 1, 8, 8})).to(at::kDouble);
  };
  const at::Tensor output = model(rows), by_pca = pca_by_svd(training, rows, 4);
  EXPECT_NEAR(result.at("model").at("mse").get<double>(), mean_squared(output, rows), 1e-9);
  EXPECT_NEAR(result.at("pca").at("mse").get<double>(), mean_squared(by_pca, rows), 1e-9);
  const double bce = -(rows * output.log() + (1 - rows) * (1 - output).log()).mean().item<double>();
  EXPECT_NEAR(result.at("model").at("bce").get<double>(), bce, 1e-6);
  const at::Tensor errors = (output - rows).square().mean(1);
  EXPECT_NEAR(result.at("model").at("psnr").get<double>(),
              (-10 * errors.log10()).mean().item<double>(), 1e-6);
  EXPECT_NEAR(result.at("model").at("knn1").get<double>(),
              nearest_accuracy(codes(training), training_labels, codes(rows), labels), 1e-9);
  EXPECT_EQ(result.at("codes").at("units"), 4);

  // Images of 8 × 8 are smaller than SSIM's window.
  EXPECT_TRUE(result.at("model").at("ssim").is_null());
  expect_contains(result.at("not_available").at("model").at("ssim"), {"11 × 11"});
}

TEST(Evaluate, SaysThatAnUntrainedModelLosesToPca) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder",
                                     {"--validation", "split:0.2", "--learning-rate", "1e-9"});
  const auto result = testing::run("evaluate", {path, "--threads", "1"});
  expect_contains(result.output,
                  {"LOSES TO PCA of its size", "1-NN", "n/a", "359 validation rows"});
  EXPECT_FALSE(json_of("evaluate", {path}).at("checkpoints").at(0).at("beats_pca"));
}

TEST(Evaluate, WarnsOfRowsThatWereTrainedOnAndLeavesThemOutOfTheirOwnNeighbours) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  const auto text = testing::run("evaluate", {path, "--threads", "1"});
  expect_contains(text.errors, {"trained on", "1,797 rows of digits"});
  const auto result = json_of("evaluate", {path}).at("checkpoints").at(0);
  EXPECT_TRUE(result.at("rows_seen_in_training"));
  EXPECT_LT(result.at("pca").at("knn1").get<double>(), 0.9);  // 1 with themselves as neighbours
}

TEST(Evaluate, ComparesCheckpointsOfDifferentVariants) {
  const TemporaryFolder folder;
  const auto vae = small_checkpoint(folder / "vae", "variational_autoencoder");
  const auto denoiser = small_checkpoint(folder / "denoiser", "denoising_autoencoder");
  const auto all = json_of("evaluate", {vae, denoiser}).at("checkpoints");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].at("codes").contains("active_units"));
  EXPECT_FALSE(all[1].at("codes").contains("active_units"));

  if (!figures_available()) GTEST_SKIP() << "this build draws no pictures";
  const auto chart = folder / "chart.png";
  const std::vector<std::string> arguments = {vae, denoiser, "--out", chart, "--chart", "knn1"};
  EXPECT_EQ(testing::run("evaluate", arguments).exit_code, kDone);
  EXPECT_TRUE(fs::exists(chart));
  expect_refusal("evaluate", arguments, kFailed, {"chart.png", "--force"});
}

TEST(Evaluate, TakesAThirdPartyFile) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  const auto all = json_of("evaluate", {testing::third_party_model("autoencoder"),
                                        testing::third_party_model("forward_only"), "--dataset",
                                        "digits", "--input-shape", "1,8,8"})
                       .at("checkpoints");
  EXPECT_EQ(all[0].at("code_size"), 3);
  EXPECT_TRUE(all[0].at("pca").at("mse").is_number());
  EXPECT_TRUE(all[1].at("model").at("mse").is_number());
  EXPECT_TRUE(all[1].at("model").at("knn1").is_null());
  expect_contains(all[1].at("not_available").at("model").at("knn1"), {"encode"});
  expect_contains(all[1].at("verdict"), {"no PCA"});
}

TEST(Evaluate, PcaIsNotAskedForMoreValuesThanAnItemHas) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "80"});
  const auto result = json_of("evaluate", {path}).at("checkpoints").at(0);
  EXPECT_TRUE(result.at("pca").at("mse").is_null());
  expect_contains(result.at("verdict"), {"80 values", "64"});
}

TEST(Evaluate, ASingleTrainingRowHasNoPca) {
  const TemporaryFolder folder;
  const auto rows = testing::write_file(folder / "rows.csv", "5.1,3.5,1.4,0.2\n4.9,3,1.4,0.3\n");
  const auto path = small_checkpoint(
      folder / "run", "dense_autoencoder",
      {"--dataset", "csv:" + rows.string(), "--label-column", "none", "--validation", "split:0.5"});
  const auto result = json_of("evaluate", {path}).at("checkpoints").at(0);
  EXPECT_TRUE(result.at("model").at("mse").is_number());
  EXPECT_TRUE(result.at("pca").at("mse").is_null());
  expect_contains(result.at("verdict"), {"a single training row"});
}

TEST(Evaluate, PcaEqualsTheBaselineOfFashionMnist) {
  HOURGLASS_OPEN_FASHION_MNIST(data);
  EXPECT_EQ(data.info.training_rows, 60000);
  const TemporaryFolder folder;
  const auto path = small_checkpoint(
      folder / "run", "dense_autoencoder",
      {"--recipe", "fashion-32", "--widths", "10", "--epochs", "1", "--batch-size", "4096"});
  const auto result = json_of("evaluate", {path}).at("checkpoints").at(0);
  EXPECT_EQ(result.at("rows"), "10,000 test rows of fashion-mnist");
  EXPECT_NEAR(result.at("pca").at("mse").get<double>(), 0.024352, 1e-4);
  EXPECT_NEAR(result.at("pca").at("knn1").get<double>(), 0.7826, 1e-3);
  EXPECT_NEAR(result.at("pca").at("knn5").get<double>(), 0.8041, 1e-3);
  EXPECT_TRUE(result.at("pca").at("ssim").is_number());
}

TEST(Evaluate, EstimatesTheLogLikelihoodWhereThereIsOne) {
  const TemporaryFolder folder;
  const auto vae = small_checkpoint(folder / "vae", "variational_autoencoder",
                                    {"--dataset", "digits", "--widths", "16,2"});
  const auto plain = small_checkpoint(folder / "plain", "dense_autoencoder");
  const auto all = json_of("evaluate", {vae, plain, "--samples", "20"}).at("checkpoints");
  // Bounded below by the reconstruction alone, and above by what coins would reach.
  EXPECT_GT(all[0].at("model").at("nll").get<double>(), 10);
  EXPECT_LT(all[0].at("model").at("nll").get<double>(), 64 * std::log(2) + 10);
  EXPECT_TRUE(all[1].at("model").at("nll").is_null());
  expect_contains(all[1].at("not_available").at("model").at("nll"), {"encode_distribution"});
  EXPECT_FALSE(json_of("evaluate", {vae}).at("checkpoints").at(0).at("model").contains("nll"));
  expect_refusal("evaluate", {vae, "--chart", "nll"}, kWrongUsage, {"--samples"});
}

TEST(Evaluate, EstimatesTheLogLikelihoodOfNumbersOfAnySize) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "variational_autoencoder",
                                     {"--dataset", "iris", "--scale", "standard", "--loss",
                                      "gaussian", "--output-activation", "linear"});
  const auto all = json_of("evaluate", {path, "--samples", "20", "--annealed", "1"});
  const auto result = all.at("checkpoints").at(0);
  EXPECT_TRUE(result.at("model").at("nll").is_number());
  EXPECT_TRUE(result.at("likelihood_check").at("annealed").is_number());
  EXPECT_TRUE(result.at("model").at("bce").is_null()) << "values lie outside of 0 … 1";
}

TEST(Evaluate, EstimatesTheLogLikelihoodUnderThePriorOfEachClass) {
  const TemporaryFolder folder;
  const auto told =
      small_checkpoint(folder / "told", "conditional_autoencoder",
                       {"--dataset", "digits", "--widths", "16,2", "--prior", "learned"});
  const auto all = json_of("evaluate", {told, "--samples", "20", "--annealed", "1"});
  const auto result = all.at("checkpoints").at(0);
  EXPECT_GT(result.at("model").at("nll").get<double>(), 10);
  EXPECT_LT(result.at("model").at("nll").get<double>(), 64 * std::log(2) + 10);
  EXPECT_TRUE(result.at("likelihood_check").at("annealed").is_number());
}

TEST(Evaluate, ComparesWhatIsGeneratedWithRealItems) {
  const TemporaryFolder folder;
  const auto vae = small_checkpoint(folder / "vae", "variational_autoencoder",
                                    {"--dataset", "digits", "--widths", "16,2"});
  const auto told = small_checkpoint(folder / "told", "conditional_autoencoder",
                                     {"--dataset", "digits", "--widths", "16,2"});
  const auto quantized = small_checkpoint(folder / "quantized", "vector_quantized_autoencoder",
                                          {"--dataset", "digits", "--epochs", "1"});
  const auto all = json_of("evaluate", {vae, told, quantized, "--generation", "300"});
  for (const size_t i : {0U, 1U, 2U}) {
    const auto& generation = all.at("checkpoints").at(i).at("generation");
    EXPECT_EQ(generation.at("samples"), 300);
    EXPECT_EQ(generation.at("items"), 180);  // those of the validation
    EXPECT_EQ(generation.at("features"), "values");
    EXPECT_GT(generation.at("frechet").get<double>(), 0);
    EXPECT_LE(generation.at("coverage").get<double>(), 1);
  }
  EXPECT_EQ(all.at("checkpoints").at(2).at("generation").at("source"), "an autoregressive prior");
  const auto codebook = all.at("checkpoints").at(2).at("codebook");
  EXPECT_GT(codebook.at("used").get<double>(), 0);
  EXPECT_GE(codebook.at("perplexity").get<double>(), 1);
  EXPECT_FALSE(all.at("checkpoints").at(0).contains("codebook"));
  const auto fitted =
      json_of("evaluate", {vae, quantized, "--generation", "300", "--sampler", "gaussian"});
  EXPECT_EQ(fitted.at("checkpoints").at(0).at("generation").at("source"), "a Gaussian");
  const auto& none = fitted.at("checkpoints").at(1);
  EXPECT_FALSE(none.contains("generation"));
  expect_contains(none.at("not_available").at("generation"), {"indices"});
  // What cannot be fitted leaves the other measures.
  const auto rest = json_of("evaluate", {vae, "--generation", "300", "--sampler", "vamp:5000"});
  const auto& measured = rest.at("checkpoints").at(0);
  EXPECT_TRUE(measured.at("model").at("mse").is_number());
  expect_contains(measured.at("not_available").at("generation"), {"5000"});
  expect_refusal("evaluate", {vae, "--sampler", "maf"}, kWrongUsage, {"sampler", "generation"});
}

TEST(Evaluate, ComparesGeneratedItemsByCodesOfAnotherModel) {
  const TemporaryFolder folder;
  const auto vae = small_checkpoint(folder / "vae", "variational_autoencoder",
                                    {"--dataset", "digits", "--widths", "16,2"});
  const auto other = small_checkpoint(folder / "other", "dense_autoencoder", {"--widths", "8"});
  const auto result = json_of("evaluate", {vae, "--generation", "300", "--features", other});
  const auto& generation = result.at("checkpoints").at(0).at("generation");
  EXPECT_EQ(generation.at("features"), "codes of best.pt");
  expect_refusal("evaluate", {vae, "--features", other}, kWrongUsage, {"--generation"});
}

TEST(Evaluate, SaysThatIntegerCodesHaveNoNeighbours) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "vector_quantized_autoencoder",
                                     {"--dataset", "digits", "--epochs", "1"});
  const auto result = json_of("evaluate", {path}).at("checkpoints").at(0);
  EXPECT_TRUE(result.at("model").at("mse").is_number());
  EXPECT_EQ(result.at("not_available").at("model").at("knn1"), "integer codes");
}

TEST(Evaluate, TellsAConditionalModelTheClassOfEachRow) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "conditional_autoencoder",
                                     {"--dataset", "digits", "--validation", "split:0.2"});
  const auto mse = [&](std::vector<std::string> more) {
    more.insert(more.begin(), path);
    return json_of("evaluate", more).at("checkpoints").at(0).at("model").at("mse").get<double>();
  };
  EXPECT_NE(mse({}), mse({"--condition", "7"}));
  expect_refusal("evaluate", {path, "--condition", "eleven"}, kFailed, {"'eleven'", "its number"});
}

TEST(Evaluate, TellsAModelNumbersInThePlaceOfItsColumns) {
  const TemporaryFolder folder;
  const auto table = [&](const std::string& name, const std::vector<int>& told) {
    std::string text = "a,size,b\n";
    for (size_t row = 0; row < told.size(); ++row) {
      text += fmt::format("{},{},{}\n", row % 2, told[row], row / 2);
    }
    return "csv:" + testing::write_file(folder / name, text).string();
  };
  const auto path = small_checkpoint(
      folder / "run", "conditional_autoencoder",
      {"--dataset", table("mixed.csv", {10, 20, 30, 40}), "--label-column", "none", "--condition",
       "columns:size", "--scale", "minmax", "--widths", "1", "--validation", "none"});
  const std::string twenties = table("twenties.csv", {20, 20, 20, 20});
  const auto mse = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {path, "--dataset", twenties};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json_of("evaluate", arguments)
        .at("checkpoints")
        .at(0)
        .at("model")
        .at("mse")
        .get<double>();
  };
  EXPECT_DOUBLE_EQ(mse({"--condition", "20"}), mse({}));
  EXPECT_NE(mse({"--condition", "40"}), mse({}));
  expect_refusal("evaluate", {path, "--dataset", twenties, "--condition", "many"}, kFailed,
                 {"a number in the units of the data (size)", "'many'"});
}

TEST(Evaluate, RefusesBadInput) {
  const TemporaryFolder folder;
  expect_refusal("evaluate", {}, kWrongUsage, {"CKPT"});
  expect_refusal("evaluate", {"x.pt", "--chart", "mes"}, kWrongUsage, {"--chart", "'mes'"});
  expect_refusal("evaluate", {(folder / "absent.pt").string()}, kFailed, {"absent.pt"});
  testing::write_file(folder / "text.pt", "hello");
  expect_refusal("evaluate", {(folder / "text.pt").string()}, kFailed, {"text.pt"});
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  expect_refusal("evaluate", {path, "--dataset", "iris"}, kFailed, {"iris"});
  expect_refusal("evaluate", {path, "--split", "test"}, kWrongUsage, {"digits", "test"});
}

TEST(Evaluate, ChecksLikelihoodsByAnnealing) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "variational_autoencoder", {"--epochs", "30"});
  const auto found = json_of("evaluate", {path, "--samples", "200", "--annealed", "1"})
                         .at("checkpoints")
                         .at(0)
                         .at("likelihood_check");
  EXPECT_EQ(found.at("items"), 1);
  EXPECT_NEAR(found.at("annealed").get<double>(), found.at("importance").get<double>(), 0.5);
  expect_refusal("evaluate", {path, "--annealed", "1"}, kWrongUsage, {"--annealed", "--samples"});
  const auto plain = small_checkpoint(folder / "plain", "dense_autoencoder");
  const auto none = json_of("evaluate", {plain, "--samples", "2", "--annealed", "1"});
  expect_contains(
      none.at("checkpoints").at(0).at("not_available").at("likelihood_check").get<std::string>(),
      {"encode_distribution"});
}

TEST(Evaluate, TellsHowCodesFollowFactors) {
  const TemporaryFolder folder;
  const auto path =
      small_checkpoint(folder / "run", "dense_autoencoder", {"--validation", "split:0.2"});
  std::string factors = "size,angle\n";
  for (int item = 0; item < 359; ++item) factors += fmt::format("{},{}\n", item % 3, item % 7);
  testing::write_file(folder / "factors.csv", factors);
  const auto found = json_of("evaluate", {path, "--factors", folder / "factors.csv"})
                         .at("checkpoints")
                         .at(0)
                         .at("disentanglement");
  EXPECT_EQ(found.at("factors").at(1).at("name"), "angle");
  EXPECT_LT(found.at("mutual_information_gap").get<double>(), 0.2);
  EXPECT_LT(found.at("informativeness").get<double>(), 0.2);
  testing::write_file(folder / "few.csv", "size\n1\n2\n");
  expect_refusal("evaluate", {path, "--factors", folder / "few.csv"}, kFailed,
                 {"359 evaluated items", "found 2"});
}

}  // namespace
}  // namespace hourglass::apps
