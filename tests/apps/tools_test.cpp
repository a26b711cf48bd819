// inspect, show, reconstruct, encode, decode and generate as their users meet them.

#include "hourglass/cli/fast_inference.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/image.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/figures/picture.h"
#include "hourglass/formats/npy.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <ATen/ATen.h>

#include <limits>
#include <utility>

namespace hourglass::apps {

using namespace formats;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::digits_model;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::run_tool_of;
using testing::TemporaryFolder;
using testing::third_party_model;
using Arguments = std::vector<std::string>;

std::vector<std::string> lines_of(const fs::path& file) {
  auto lines = split_text(read_file(file), '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  return lines;
}

/// The sizes of a picture that was written; skips the check where none are drawn.
void expect_picture(const fs::path& path) {
  if (!figures_available()) return;
  const at::Tensor image = read_image(path);
  EXPECT_GT(image.size(1), 100) << path;
  EXPECT_GT(image.to(at::kFloat).std().item<float>(), 1) << path;
}

TEST(Inspect, ListsLayersOfWholeEncoderAndDecoder) {
  const TemporaryFolder folder;
  const auto model = digits_model(folder);
  const std::string text = run_tool_of("inspect", {model});
  expect_contains(text, {"\nWhole\n", "\nEncoder\n", "\nDecoder\n", "encoder.dense1",
                         "Dense, sigmoid", "1 x 8 x 8", "1,040", "2,210", "digits", "epochs"});
}

TEST(Inspect, TellsFactsAsJson) {
  const TemporaryFolder folder;
  const auto model = digits_model(folder);
  const auto facts = json_of("inspect", {model});
  EXPECT_EQ(facts.at("parameter_count"), 64 * 16 + 16 + 16 * 2 + 2 + 2 * 16 + 16 + 16 * 64 + 64);
  EXPECT_EQ(facts.at("bytes"), fs::file_size(model));
  EXPECT_EQ(facts.at("model").at("code_shape"), nlohmann::json({2}));
  EXPECT_EQ(facts.at("layers").at(1).at("name"), "encoder.dense1");
  EXPECT_EQ(facts.at("data").at("total_rows"), 1797);
  EXPECT_EQ(facts.at("results").at("epoch").get<int>() >= 1, true);
}

TEST(Inspect, DiffNamesWhatDiffersAndNothingElse) {
  const TemporaryFolder folder;
  const auto a = digits_model(folder);
  const auto b = testing::small_checkpoint(folder / "other", "dense_autoencoder",
                                           {"--widths", "16,3", "--learning-rate", "0.01"});
  std::vector<std::string> differing;
  for (const auto& row : json_of("inspect", {a, "--diff", b})) differing.push_back(row.at("what"));
  const auto differs = [&](const std::string& what) {
    return std::find(differing.begin(), differing.end(), what) != differing.end();
  };
  EXPECT_TRUE(differs("options.learning_rate"));
  EXPECT_TRUE(differs("options.widths"));
  EXPECT_TRUE(differs("layers.encoder.dense2.output_shape"));
  EXPECT_TRUE(differs("results.training.loss"));
  EXPECT_FALSE(differs("options.batch_size"));
  EXPECT_FALSE(differs("layers.encoder.dense1.output_shape"));
  EXPECT_EQ(json_of("inspect", {a, "--diff", a}), nlohmann::json::array());
}

TEST(Inspect, ListsParametersModulesAndMethodsOfAThirdPartyFile) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  const std::string text =
      run_tool_of("inspect", {third_party_model("autoencoder"), "--input-shape", "1,8,8"});
  expect_contains(text, {"squeeze.1.weight", "16 x 64", "1,024", "Linear", "decode",
                         "(z: Tensor) -> Tensor", "1 x 8 x 8"});
}

TEST(Show, PrintsADigitInHexadecimal) {
  // The first row of the set, as scikit-learn's documentation shows it.
  EXPECT_EQ(run_tool_of("show", {"--indices", "0", "--numbers"}),
            "row 0: 0\n"
            " 0  0  5  D  9  1  0  0\n"
            " 0  0  D  F  A  F  5  0\n"
            " 0  3  F  2  0  B  8  0\n"
            " 0  4  C  0  0  8  8  0\n"
            " 0  5  8  0  0  9  8  0\n"
            " 0  4  B  0  1  C  7  0\n"
            " 0  2  E  5  A  C  0  0\n"
            " 0  0  6  D  A  0  0  0\n");
}

TEST(Show, PrintsRowsOfATableAsTheyAreStored) {
  expect_contains(run_tool_of("show", {"--dataset", "iris", "--indices", "0,50"}),
                  {"5.1", "3.5", "1.4", "0.2  setosa\n", "versicolor"});
}

TEST(Show, DrawsATableThatIsGivenTheShapeOfImages) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  std::string table;
  for (int row = 0; row < 3; ++row) {
    for (int value = 0; value < 64; ++value) table += std::to_string((value * row) % 17) + ",";
    table += std::to_string(row) + "\n";
  }
  testing::write_file(folder / "x.csv", table);
  const std::string set = "csv:" + (folder / "x.csv").string();
  run_tool_of("show", {"--dataset", set, "--item-shape", "1,8,8", "--out", folder / "images.png"});
  expect_picture(folder / "images.png");
  // Without the shape they are text, which no picture's name is for, and the other way round.
  testing::expect_refusal("show", {"--dataset", set, "--out", folder / "t.png"}, kWrongUsage,
                          {"t.png", "text", "--item-shape"});
  testing::expect_refusal("show", {"--numbers", "--out", folder / "t.png"}, kWrongUsage,
                          {"t.png", "--numbers", "text"});
  testing::expect_refusal("show", {"--out", folder / "t.txt"}, kWrongUsage, {"t.txt", "picture"});
  EXPECT_FALSE(fs::exists(folder / "t.png"));
  EXPECT_FALSE(fs::exists(folder / "t.txt"));
}

TEST(Show, CountsColumnsFromZero) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "table.csv", "0.1,0.2,7\n0.3,0.4,8\n");
  expect_contains(run_tool_of("show", {"--dataset", "csv:" + (folder / "table.csv").string()}),
                  {"column 0", "column 1"});
  expect_contains(run_tool_of("show", {"--dataset", "iris", "--indices", "0"}),
                  {"sepal length (cm)"});
}

TEST(Show, DrawsTheSameRandomItemsForASeed) {
  const TemporaryFolder folder;
  const auto rows = [&](const std::string& seed) {
    return run_tool_of("show", {"--random", "5", "--seed", seed, "--numbers", "--json"});
  };
  EXPECT_EQ(rows("7"), rows("7"));
  EXPECT_NE(rows("7"), rows("8"));
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  run_tool_of("show", {"--random", "9", "--out", folder / "grid.png"});
  expect_picture(folder / "grid.png");
}

TEST(Reconstruct, WritesPictureAndErrorOfEachItem) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const auto result = json_of(
      "reconstruct", {path, "--indices", "3,10-12", "--absolute-error", "--out", folder / "out"});
  const auto lines = lines_of(folder / "out/errors.csv");
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0], "row,label,mse,mae,psnr,bce");
  EXPECT_EQ(split_text(lines[1], ',')[0], "3");
  EXPECT_EQ(split_text(lines[1], ',')[1], "3");
  EXPECT_EQ(split_text(lines[4], ',')[0], "12");

  double mean = 0;
  for (size_t i = 1; i < lines.size(); ++i) mean += *parse_double(split_text(lines[i], ',')[2]) / 4;
  EXPECT_NEAR(result.at("mean_errors").at("mse").get<double>(), mean, 1e-8);
  expect_picture(folder / "out/reconstructions.png");
}

TEST(Reconstruct, ShowsADenoisingModelTheNoiseOfItsTraining) {
  const TemporaryFolder folder;
  const auto path = testing::small_checkpoint(folder / "run", "denoising_autoencoder",
                                              {"--dataset", "digits", "--network", "dense",
                                               "--widths", "16,8", "--corruption", "mask:0.5"});
  const auto mse = [&](const std::string& out, const Arguments& more) {
    Arguments arguments = {path, "--out", folder / out, "--indices", "all"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json_of("reconstruct", arguments).at("mean_errors").at("mse").get<double>();
  };
  const double recorded = mse("a", {});
  EXPECT_EQ(recorded, mse("b", {"--corruption", "mask:0.5"}));
  EXPECT_NE(recorded, mse("c", {"--corruption", "none"}));
}

TEST(Reconstruct, TakesAUsersImagesAndWritesThemBack) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  fs::create_directory(folder / "scans");
  to_picture(at::rand({1, 20, 30})).save(folder / "scans/wide.png");
  to_picture(at::rand({1, 8, 8})).save(folder / "exact.png");
  const auto result = testing::run("reconstruct", {path, folder / "exact.png", folder / "scans",
                                                   "--write-images", "--out", folder / "out"});
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  expect_contains(result.errors, {"wide.png", "1 x 20 x 30", "1 x 8 x 8"});
  EXPECT_EQ(result.errors.find("exact.png"), std::string::npos);
  EXPECT_EQ(read_image(folder / "out/images/exact.png").sizes(), at::IntArrayRef({1, 8, 8}));
  EXPECT_EQ(read_image(folder / "out/images/wide.png").sizes(), at::IntArrayRef({1, 8, 8}));
  EXPECT_EQ(lines_of(folder / "out/errors.csv").at(1).substr(0, 10), "exact.png,");

  // Pixels are scaled to 0 … 1 whatever the stored digits' scale is.
  auto model = ExportedModel::load(path);
  const at::Tensor pixels = read_image(folder / "exact.png").to(at::kFloat).div(255);
  const at::Tensor expected = model.reconstruct(pixels.unsqueeze(0))[0].mul(255);
  const at::Tensor written = read_image(folder / "out/images/exact.png").to(at::kFloat);
  EXPECT_LE((written - expected).abs().max().item<float>(), 1);
}

TEST(EncodeAndDecode, AreInverseByCsvAndNpy) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  run_tool_of("encode", {path, "--out", folder / "codes.csv"});
  run_tool_of("encode", {path, "--out", folder / "codes.npy", "--no-picture"});
  const auto lines = lines_of(folder / "codes.csv");
  ASSERT_EQ(lines.size(), 1798U);
  EXPECT_EQ(lines[0], "code0,code1,label");
  expect_picture(folder / "codes.png");

  const at::Tensor codes = read_npy(folder / "codes.npy");
  EXPECT_EQ(codes.sizes(), at::IntArrayRef({1797, 2}));
  EXPECT_EQ(codes.scalar_type(), at::kFloat);
  EXPECT_EQ(static_cast<float>(*parse_double(split_text(lines[5], ',')[0])),
            codes[4][0].item<float>());

  run_tool_of("decode", {path, folder / "codes.csv", "--out", folder / "from_csv.npy"});
  run_tool_of("decode", {path, folder / "codes.npy", "--out", folder / "from_npy.npy"});
  const at::Tensor items = read_npy(folder / "from_csv.npy");
  EXPECT_TRUE(at::equal(items, read_npy(folder / "from_npy.npy")));
  EXPECT_TRUE(at::equal(items, load_model(path).decode(codes)));
  EXPECT_TRUE(at::allclose(items, ExportedModel::load(path).decode(codes), 1e-5, 1e-6));
}

TEST(Decode, ReadsFilesWhateverTheirHeader) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const std::string rows = "0.5,0.25,3\n1,0,4\n";
  const auto decoded = [&](const std::string& header) {
    testing::write_file(folder / "codes.csv", header + rows);
    return run_tool_of("decode", {path, folder / "codes.csv", "--out", "-"});
  };
  const std::string now = decoded("code0,code1,label\n");
  EXPECT_EQ(decoded("code1,code2,label\n"), now) << "as version 0.1 wrote it";
  EXPECT_EQ(decoded("x,y,label\n"), now);
  testing::write_file(folder / "turned.csv", "code1,code0,label\n0.25,0.5,3\n0,1,4\n");
  EXPECT_EQ(run_tool_of("decode", {path, folder / "turned.csv", "--out", "-"}), now);
  EXPECT_TRUE(now.starts_with("value0,value1,")) << now.substr(0, 40);
}

TEST(Decode, NamesTheColumnsOfATable) {
  const TemporaryFolder folder;
  testing::write_file(folder / "mine.csv",
                      "width,\"height, cm\",kind\n1,2,a\n2,3,a\n4,3,b\n5,5,b\n1,1,a\n2,2,b\n");
  const auto path = testing::small_checkpoint(folder / "run", "dense_autoencoder",
                                              {"--dataset", "csv:" + (folder / "mine.csv").string(),
                                               "--widths", "4,2", "--validation", "none"});
  testing::write_file(folder / "codes.csv", "0,1\n");
  const auto lines = lines_of([&] {
    run_tool_of("decode", {path, folder / "codes.csv", "--out", folder / "items.csv"});
    return folder / "items.csv";
  }());
  EXPECT_EQ(lines.front(), "width,\"height, cm\"");
}

TEST(Tools, DrawInTheColoursOfAMap) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const auto colored = [](const std::filesystem::path& file) {
    const at::Tensor image = read_image(file);
    return image.size(0) == 3;  // a picture without colour has one channel
  };
  const std::vector<std::pair<std::string, std::vector<std::string>>> calls = {
      {"reconstruct", {path, "--out"}},
      {"generate", {path, "--manifold", "3", "--out"}},
      {"activations", {path, "--layers", "encoder.*", "--out"}}};
  for (const auto& [tool, arguments] : calls) {
    auto call = arguments;
    call.insert(call.end(), {folder / tool, "--color-map", "viridis"});
    run_tool_of(tool, call);
    for (const auto& entry : std::filesystem::directory_iterator(folder / tool)) {
      if (entry.path().extension() != ".png") continue;
      EXPECT_TRUE(colored(entry.path())) << entry.path();
    }
  }
  run_tool_of("show", {"--out", folder / "grey.png"});
  run_tool_of("show", {"--color-map", "magma", "--out", folder / "magma.png"});
  EXPECT_FALSE(colored(folder / "grey.png"));
  EXPECT_TRUE(colored(folder / "magma.png"));
  expect_refusal("show", {"--color-map", "tab10"}, kWrongUsage,
                 {"--color-map", "gray", "viridis", "found tab10"});
  expect_refusal("show", {"--color-map", "jet"}, kWrongUsage, {"--color-map", "viridis", "jet"});
  expect_refusal("encode", {path, "--color-map", "gray"}, kWrongUsage,
                 {"--color-map", "classes", "tab10", "found gray"});
  expect_refusal("encode", {path, "--opacity", "2"}, kWrongUsage, {"--opacity", "2"});
}

TEST(Encode, DrawsWideCodesByTheirPrincipalComponents) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  const auto path =
      testing::small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "16,5"});
  run_tool_of("encode", {path, "--out", folder / "codes.csv"});
  EXPECT_EQ(lines_of(folder / "codes.csv").front(), "code0,code1,code2,code3,code4,label");
  expect_picture(folder / "codes.png");
}

TEST(Encode, WritesToAStream) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const auto lines =
      split_text(run_tool_of("encode", {path, "--indices", "0-2", "--out", "-"}), '\n');
  EXPECT_EQ(lines.size(), 5U);  // the last is empty
  EXPECT_EQ(lines[0], "code0,code1,label");
}

TEST(Generate, DecodesGivenPoints) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  run_tool_of("generate", {path, "--at", "-0.3,1.2;1,0", "--out", folder / "out"});
  const at::Tensor codes = at::tensor({-0.3F, 1.2F, 1.0F, 0.0F}).view({2, 2});
  EXPECT_TRUE(at::equal(read_npy(folder / "out/codes.npy"), codes));
  const at::Tensor items = read_npy(folder / "out/items.npy");
  EXPECT_TRUE(at::equal(items, load_model(path).decode(codes)));
  EXPECT_TRUE(at::allclose(items, ExportedModel::load(path).decode(codes), 1e-5, 1e-6));
  expect_picture(folder / "out/generated.png");
}

TEST(Generate, SamplesOfAPlainModelComeFromAMixtureAndItSaysSo) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const auto result = testing::run("generate", {path, "--samples", "50", "--out", folder / "a"});
  EXPECT_EQ(result.exit_code, kDone);
  expect_contains(result.errors, {"mixture of 10 Gaussians"});
  run_tool_of("generate", {path, "--samples", "50", "--out", folder / "b"});
  run_tool_of("generate", {path, "--samples", "50", "--seed", "2", "--out", folder / "c"});
  const at::Tensor codes = read_npy(folder / "a/codes.npy");
  EXPECT_TRUE(at::equal(codes, read_npy(folder / "b/codes.npy")));
  EXPECT_FALSE(at::equal(codes, read_npy(folder / "c/codes.npy")));
}

TEST(Generate, SamplesOfAVariationalModelAreStandardNormal) {
  const TemporaryFolder folder;
  const auto path = testing::small_checkpoint(folder / "run", "variational_autoencoder",
                                              {"--dataset", "digits", "--widths", "16,2"});
  const auto result =
      testing::run("generate", {path, "--samples", "4000", "--out", folder / "out"});
  EXPECT_EQ(result.errors, "");
  const at::Tensor codes = read_npy(folder / "out/codes.npy");
  EXPECT_LT(codes.mean(0).abs().max().item<float>(), 0.08);
  EXPECT_LT((codes.std(0) - 1).abs().max().item<float>(), 0.06);
}

TEST(Generate, ManifoldGrowsWithBothComponents) {
  const TemporaryFolder folder;
  const auto path = testing::small_checkpoint(folder / "run", "variational_autoencoder",
                                              {"--dataset", "digits", "--widths", "16,3"});
  run_tool_of("generate", {path, "--manifold", "3", "--dims", "0,2", "--out", folder / "out"});
  const at::Tensor codes = read_npy(folder / "out/codes.npy");  // [9, 3]
  EXPECT_LT(codes[0][0].item<float>(), codes[1][0].item<float>());
  EXPECT_LT(codes[0][2].item<float>(), codes[3][2].item<float>());
  EXPECT_NEAR(codes[2][0].item<float>(), 2.5758, 1e-3);  // the normal quantile of 0.995
  EXPECT_EQ(codes.select(1, 1).abs().max().item<float>(), 0);
  expect_picture(folder / "out/generated.png");
}

TEST(Generate, InterpolatesBetweenRows) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  run_tool_of("encode", {path, "--indices", "3,17", "--out", folder / "ends.npy", "--no-picture"});
  run_tool_of("generate",
              {path, "--interpolate", "3,17", "--steps", "5", "--out", folder / "line"});
  const at::Tensor ends = read_npy(folder / "ends.npy"), line = read_npy(folder / "line/codes.npy");
  EXPECT_TRUE(at::allclose(line[0], ends[0], 0, 1e-6));
  EXPECT_TRUE(at::allclose(line[4], ends[1], 0, 1e-6));
  EXPECT_TRUE(at::allclose(line[2], ends.mean(0), 0, 1e-6));
}

TEST(Generate, TraversesOneComponentOfRows) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  run_tool_of("generate", {path, "--traverse", "1", "--indices", "0,1", "--steps", "4", "--out",
                           folder / "out"});
  const at::Tensor codes = read_npy(folder / "out/codes.npy").view({2, 4, 2});
  EXPECT_TRUE(at::equal(codes.select(2, 1)[0], codes.select(2, 1)[1]));
  EXPECT_TRUE(at::equal(codes[0].select(1, 0), codes[0][0][0].expand({4})));
  EXPECT_NE(codes[0][0][0].item<float>(), codes[1][0][0].item<float>());
}

}  // namespace
}  // namespace hourglass::apps
