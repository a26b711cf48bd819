// `retrieve` as its users meet it; its numbers against a computation of their own.

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/image.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <ATen/ATen.h>

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

/// Codes [N, D] float64 and labels of all digits.
struct DigitCodes {
  at::Tensor values, labels;
};

DigitCodes digit_codes(const fs::path& path) {
  const DataSplits data = open_data({.validation = {Validation::Kind::None}}, /*seed=*/1);
  const Batch batch = data.training->batch(data.training->all_positions());
  return {ExportedModel::load(path).encode(batch.input).flatten(1).to(at::kDouble), batch.labels};
}

TEST(Retrieve, FindsTheNearestCodesOfOtherRows) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "16,8"});
  const auto result = json_of(
      "retrieve", {path, "--query", "3,17", "--neighbours", "4", "--out", folder / "found"});
  EXPECT_EQ(result.at("entries"), "1,797 rows of digits");
  const auto [codes, labels] = digit_codes(path);
  for (const auto& query : result.at("queries")) {
    const auto row = parse_integer(query.at("query").get<std::string>()).value();
    EXPECT_EQ(query.at("label"), std::to_string(labels[row].item<int64_t>()));
    at::Tensor distances = (codes - codes[row]).square().sum(1).sqrt();
    distances[row] = 1e9;  // not its own neighbour
    const at::Tensor order = distances.argsort(/*stable=*/true, 0, /*descending=*/false);
    for (int64_t rank = 0; rank < 4; ++rank) {
      const auto& neighbour = query.at("neighbours").at(static_cast<size_t>(rank));
      const auto expected = order[rank].item<int64_t>();
      EXPECT_EQ(neighbour.at("row"), expected);
      EXPECT_EQ(neighbour.at("label"), std::to_string(labels[expected].item<int64_t>()));
      EXPECT_NEAR(neighbour.at("distance").get<double>(), distances[expected].item<double>(), 1e-6);
    }
  }
  const auto lines = split_text(read_file(folder / "found/neighbours.csv"), '\n');
  EXPECT_EQ(lines.size(), 1U + 8U + 1U);
  EXPECT_EQ(lines.front(), "query,query_label,rank,row,label,distance");
  EXPECT_EQ(fs::exists(folder / "found/neighbours.png"), figures_available());
}

TEST(Retrieve, PrecisionIsTheShareOfNeighboursOfTheQuerysClass) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder",
                                     {"--widths", "16,8", "--validation", "split:0.2"});
  const auto result = json_of(
      "retrieve", {path, "--evaluate", "50", "--split", "validation", "--distance", "cosine"});
  EXPECT_EQ(result.at("entries"), "1,438 training rows of digits");

  const DataSplits data = open_data({.validation = {Validation::Kind::Split, 0.2}}, /*seed=*/1);
  const at::Tensor chosen = at::arange(50, at::kLong) * data.validation->size();
  const Batch queries = data.validation->batch(chosen.floor_divide(50));
  const Batch entries = data.training->batch(data.training->all_positions());
  ExportedModel model = ExportedModel::load(path);
  const auto unit = [](const at::Tensor& x) {
    const at::Tensor rows = x.flatten(1).to(at::kDouble);
    return rows / rows.norm(2, 1, true);
  };
  const auto expect_quality = [&](const nlohmann::json& found, const at::Tensor& a,
                                  const at::Tensor& b) {
    const at::Tensor order = unit(a).matmul(unit(b).t()).argsort(/*stable=*/true, 1, true);
    const at::Tensor right = entries.labels.take(order) == queries.labels.unsqueeze(1);
    const at::Tensor precision =
        right.cumsum(1, at::kDouble) / at::arange(1, right.size(1) + 1, at::kDouble);
    const at::Tensor averages = (precision * right).sum(1) / right.sum(1);
    EXPECT_NEAR(found.at("precision").get<double>(),
                right.narrow(1, 0, 5).to(at::kDouble).mean().item<double>(), 1e-9);
    EXPECT_NEAR(found.at("mean_average_precision").get<double>(), averages.mean().item<double>(),
                1e-4);
  };
  const auto& spaces = result.at("evaluation").at("spaces");
  ASSERT_EQ(spaces.size(), 3U);
  expect_quality(spaces[0], model.encode(queries.input), model.encode(entries.input));
  expect_quality(spaces[1], queries.input, entries.input);
  EXPECT_EQ(spaces[2].at("space"), "PCA");
  EXPECT_EQ(spaces[2].at("size"), 8);
}

TEST(Retrieve, KeptIndexFindsTheSame) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  const std::string index = folder / "digits.npz";
  json_of("retrieve", {path, "--save-index", index, "--distance", "cosine"});
  const auto kept =
      json_of("retrieve", {path, "--index", index, "--query", "0-4", "--out", folder / "a"});
  const auto fresh =
      json_of("retrieve", {path, "--distance", "cosine", "--query", "0-4", "--out", folder / "b"});
  EXPECT_EQ(kept.at("distance"), "cosine");
  EXPECT_EQ(kept.at("queries"), fresh.at("queries"));

  const auto other = small_checkpoint(folder / "other", "dense_autoencoder", {"--seed", "2"});
  expect_refusal("retrieve", {other, "--index", index, "--evaluate", "5"}, kFailed,
                 {"digits.npz", "another checkpoint"});
  expect_refusal("retrieve",
                 {path, "--index", index, "--evaluate", "5", "--validation", "split:0.5", "--split",
                  "validation"},
                 kFailed, {"digits.npz", "--split"});
  const std::string thousand = folder / "thousand.npz";
  json_of("retrieve", {path, "--rows", "0-999", "--save-index", thousand});
  expect_refusal("retrieve", {path, "--rows", "500-1499", "--index", thousand, "--evaluate", "5"},
                 kFailed, {"thousand.npz", "other rows"});
}

TEST(Retrieve, FindsARowByItsPicture) {
  if (!figures_available()) GTEST_SKIP() << "this build reads no pictures";
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "32"});
  const DataSplits data = open_data({.validation = {Validation::Kind::None}}, /*seed=*/1);
  const at::Tensor item = data.training->batch(at::tensor({42}, at::kLong)).input[0];
  to_picture(item).save(folder / "query.png");
  const auto result = json_of(
      "retrieve", {path, "--query-images", folder / "query.png", "--out", folder / "found"});
  const auto& query = result.at("queries").at(0);
  EXPECT_EQ(query.at("neighbours").at(0).at("row"), 42);
  EXPECT_FALSE(query.contains("label"));
}

TEST(Retrieve, SearchesTables) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--recipe", "iris-2d"});
  const auto result =
      json_of("retrieve", {path, "--query", "0,100", "--split", "all", "--out", folder / "found"});
  EXPECT_EQ(result.at("queries").at(0).at("label"), "setosa");
  EXPECT_EQ(fs::exists(folder / "found/neighbours.png"), figures_available());
}

TEST(Retrieve, TakesAThirdPartyFile) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  const TemporaryFolder folder;
  const std::vector<std::string> data = {"--dataset", "digits", "--input-shape", "1,8,8",
                                         "--query",   "1",      "--out",         folder / "found"};
  std::vector<std::string> arguments = {testing::third_party_model("autoencoder")};
  arguments.insert(arguments.end(), data.begin(), data.end());
  EXPECT_EQ(json_of("retrieve", arguments).at("queries").size(), 1U);
  arguments.front() = testing::third_party_model("forward_only");
  arguments.push_back("--force");
  expect_refusal("retrieve", arguments, kFailed, {"'encode'"});
}

TEST(Retrieve, RefusesBadInput) {
  const TemporaryFolder folder;
  const std::string out = folder / "found";
  expect_refusal("retrieve", {}, kWrongUsage, {"CKPT"});
  expect_refusal("retrieve", {"x.pt"}, kWrongUsage, {"--query", "--evaluate"});
  expect_refusal("retrieve", {"x.pt", "--query", "1", "--query-images", "a.png"}, kWrongUsage,
                 {"--query-images"});
  expect_refusal("retrieve", {"x.pt", "--query", "1", "--indices", "2"}, kWrongUsage,
                 {"--indices"});
  expect_refusal("retrieve", {"x.pt", "--query", "1", "--distance", "l3"}, kWrongUsage, {"'l3'"});
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  expect_refusal("retrieve", {path, "--query", "1797", "--out", out}, kFailed, {"0 to 1796"});
  expect_refusal("retrieve", {path, "--query", "1", "--neighbours", "2000", "--out", out}, kFailed,
                 {"1796", "2000"});
  testing::write_file(folder / "index.npz", "no archive");
  expect_refusal("retrieve", {path, "--query", "1", "--index", folder / "index.npz", "--out", out},
                 kFailed, {"index.npz"});
}

}  // namespace
}  // namespace hourglass::apps
