// generate, decode and encode with models that are told a class, with codes that are indices, and with
// a learned prior.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/picture.h"
#include "hourglass/formats/npy.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::apps {

using namespace cli;
using namespace formats;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;

fs::path told_checkpoint(const TemporaryFolder& folder) {
  return small_checkpoint(folder / "told", "conditional_autoencoder", {"--recipe", "digits-cvae"});
}

fs::path index_checkpoint(const TemporaryFolder& folder) {
  return small_checkpoint(folder / "indices", "vector_quantized_autoencoder",
                          {"--recipe", "digits-vq"});
}

TEST(Generate, DrawsTheSameSamplesForEveryClass) {
  const TemporaryFolder folder;
  const fs::path path = told_checkpoint(folder);
  const auto result =
      json_of("generate", {path, "--samples", "4", "--condition", "all", "--out", folder / "all"});
  expect_contains(result.at("title"), {"for each class"});
  const at::Tensor codes = read_npy(folder / "all/codes.npy");  // [10 · 4, 2]
  const at::Tensor items = read_npy(folder / "all/items.npy");
  ASSERT_EQ(codes.size(0), 40);
  EXPECT_TRUE(at::equal(codes.narrow(0, 0, 4), codes.narrow(0, 28, 4)));
  json_of("generate", {path, "--samples", "4", "--condition", "7", "--out", folder / "seven"});
  EXPECT_TRUE(at::allclose(read_npy(folder / "seven/items.npy"), items.narrow(0, 28, 4), 0, 1e-6));
}

TEST(Generate, SaysWhichClassesAModelCanBeTold) {
  const TemporaryFolder folder;
  const fs::path path = told_checkpoint(folder), out = folder / "x";
  for (const std::vector<std::string>& way : {std::vector<std::string>{"--samples", "3"},
                                              {"--at", "0,0"},
                                              {"--manifold", "3"},
                                              {"--interpolate", "0,1"},
                                              {"--traverse", "0"}}) {
    std::vector<std::string> arguments = {path, way[0], way[1], "--out", out};
    expect_refusal("generate", arguments, kFailed, {"--condition", "0, 1, 2", "found none"});
    arguments.insert(arguments.end(), {"--condition", "ten"});
    expect_refusal("generate", arguments, kFailed, {"--condition", "0, 1, 2", "'ten'"});
  }
  expect_refusal("generate", {path, "--manifold", "3", "--condition", "all"}, kWrongUsage,
                 {"--condition", "one class"});
  const fs::path plain = small_checkpoint(folder / "plain", "dense_autoencoder");
  expect_refusal("generate", {plain, "--samples", "3", "--condition", "7", "--out", out}, kFailed,
                 {"--condition", "takes none"});
}

TEST(Decode, TellsTheLabelsOfAFileOrOneClass) {
  const TemporaryFolder folder;
  const fs::path path = told_checkpoint(folder);
  for (const std::string name : {"codes.csv", "codes.npy"}) {
    json_of("encode", {path, "--out", folder / name, "--no-picture"});
  }
  json_of("decode", {path, folder / "codes.csv", "--out", folder / "labels.npy"});
  json_of("decode",
          {path, folder / "codes.csv", "--condition", "7", "--out", folder / "seven.npy"});
  auto model = evaluation::ExportedModel::load(path);
  const at::Tensor codes = read_npy(folder / "codes.npy").narrow(0, 0, 10);
  // The first ten digits are 0 to 9.
  EXPECT_TRUE(at::allclose(read_npy(folder / "labels.npy").narrow(0, 0, 10),
                           model.decode(codes, at::eye(10)), 0, 1e-5));
  EXPECT_TRUE(at::allclose(read_npy(folder / "seven.npy").narrow(0, 0, 10),
                           model.decode(codes, at::eye(10)[7].expand({10, -1})), 0, 1e-5));
  expect_refusal("decode", {path, folder / "codes.npy", "--out", folder / "x.npy"}, kFailed,
                 {"--condition", "found none"});
}

TEST(Encode, WritesIndicesAsWholeNumbers) {
  const TemporaryFolder folder;
  const fs::path path = index_checkpoint(folder);
  json_of("encode", {path, "--out", folder / "codes.csv"});
  json_of("encode", {path, "--out", folder / "codes.npy", "--no-picture"});
  const at::Tensor codes = read_npy(folder / "codes.npy");
  EXPECT_EQ(codes.scalar_type(), at::kLong);
  EXPECT_EQ(codes.sizes(), (std::vector<int64_t>{1797, 2, 2}));
  const auto row = codes[0].flatten();
  expect_contains(
      read_file(folder / "codes.csv"),
      {fmt::format("code0,code1,code2,code3,label\n{},{},{},{},0\n", row[0].item<int64_t>(),
                   row[1].item<int64_t>(), row[2].item<int64_t>(), row[3].item<int64_t>())});
  json_of("decode", {path, folder / "codes.csv", "--out", folder / "a.npy"});
  json_of("decode", {path, folder / "codes.npy", "--out", folder / "b.npy"});
  EXPECT_TRUE(at::equal(read_npy(folder / "a.npy"), read_npy(folder / "b.npy")));
}

TEST(Generate, DrawsIndicesAndKeepsWhatItFitted) {
  const TemporaryFolder folder;
  const fs::path path = index_checkpoint(folder), kept = folder / "prior.safetensors";
  json_of("generate", {path, "--samples", "6", "--save-sampler", kept, "--out", folder / "drawn"});
  const at::Tensor drawn = read_npy(folder / "drawn/codes.npy");
  EXPECT_EQ(drawn.sizes(), (std::vector<int64_t>{6, 2, 2}));
  json_of("generate", {path, "--samples", "6", "--load-sampler", kept, "--out", folder / "again"});
  EXPECT_TRUE(at::equal(read_npy(folder / "again/codes.npy"), drawn));
  expect_refusal("generate",
                 {path, "--manifold", "3", "--load-sampler", kept, "--out", folder / "x"},
                 kWrongUsage, {"--load-sampler", "--samples"});
  expect_refusal("generate", {path, "--samples", "3", "--sampler", "maf", "--out", folder / "x"},
                 kWrongUsage, {"--sampler maf", "autoregressive"});
}

TEST(Generate, DrawsFromALearnedPriorOrThePosteriorsOfTrainingRows) {
  const TemporaryFolder folder;
  const fs::path path =
      small_checkpoint(folder / "vamp", "variational_autoencoder", {"--recipe", "digits-vamp"});
  const fs::path kept = folder / "posteriors.safetensors", out = folder / "x";
  const auto prior = json_of("generate", {path, "--samples", "6", "--out", folder / "prior"});
  expect_contains(prior.at("title"), {"the learned prior"});
  const auto drawn = json_of("generate", {path, "--samples", "6", "--sampler", "vamp:20",
                                          "--save-sampler", kept, "--out", folder / "drawn"});
  expect_contains(drawn.at("title"), {"the posteriors of 20 training rows"});
  json_of("generate", {path, "--samples", "6", "--load-sampler", kept, "--out", folder / "again"});
  EXPECT_TRUE(
      at::equal(read_npy(folder / "again/codes.npy"), read_npy(folder / "drawn/codes.npy")));
  expect_refusal("generate", {path, "--samples", "3", "--sampler", "vamp:5000", "--out", out},
                 kFailed, {"vamp:5000", "at least 5000 training rows", "found 1438"});
  const fs::path plain = small_checkpoint(folder / "plain", "dense_autoencoder");
  expect_refusal("generate", {plain, "--samples", "3", "--sampler", "vamp:20", "--out", out},
                 kWrongUsage, {"--sampler vamp:20", "distributions"});
}

TEST(Generate, DecodesNamedIndicesAndSaysThatNothingLiesBetweenThem) {
  const TemporaryFolder folder;
  const fs::path path = index_checkpoint(folder);
  json_of("generate", {path, "--at", "3,7,1,0", "--out", folder / "named"});
  EXPECT_TRUE(at::equal(read_npy(folder / "named/codes.npy").flatten(), at::tensor({3, 7, 1, 0})));
  for (const std::string way : {"--traverse", "--manifold"}) {
    expect_refusal("generate", {path, way, "4", "--out", folder / "x"}, kFailed,
                   {"indices of a codebook", "nothing", "--samples", "--at"});
  }
  expect_refusal("generate", {path, "--at", "0,0,0,64", "--out", folder / "x"}, kFailed,
                 {"--at", "indices of 0 to 63", "found 64"});
  expect_refusal("generate", {path, "--at", "1e39,0,0,0", "--out", folder / "x"}, kWrongUsage,
                 {"--at", "1e39"});
}

TEST(Tools, RefuseToCompareIndices) {
  const TemporaryFolder folder;
  const fs::path path = index_checkpoint(folder);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"retrieve", path, "--query", "3", "--out", folder / "x"},
        {"strongest", path, "--out", folder / "x.png"},
        {"detect_anomalies", path, "--score", "mahalanobis", "--out", folder / "x"}}) {
    expect_refusal(command.front(), {command.begin() + 1, command.end()}, kFailed,
                   {"best.pt: ", "indices of a codebook", "likeness"});
  }
  expect_refusal("evaluate", {path, "--generation", "10", "--features", path}, kFailed,
                 {"features", "indices of a codebook"});
}

TEST(Generate, TraversesAComponentOfAllRowsOfAPart) {
  const TemporaryFolder folder;
  const fs::path path =
      small_checkpoint(folder / "run", "dense_autoencoder", {"--dataset", "iris"});
  const auto ended = testing::run("generate", {path, "--traverse", "1", "--indices", "all",
                                               "--steps", "2", "--out", folder / "out"});
  ASSERT_EQ(ended.exit_code, 0) << ended.errors;
  EXPECT_EQ(read_npy(folder / "out/codes.npy").size(0), 2 * 150);
  if (figures::figures_available()) expect_contains(ended.errors, {"first 50 of 150 rows"});
}

TEST(Encode, DrawsASingleRow) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "16,5"});
  json_of("encode", {path, "--indices", "3", "--out", folder / "codes.csv"});
  EXPECT_TRUE(!figures::figures_available() || fs::exists(folder / "codes.png"));
}

TEST(Generate, DrawsSamplesOfSeveralModelsBesideEachOther) {
  const TemporaryFolder folder;
  const fs::path indices = index_checkpoint(folder);
  const fs::path gaussian =
      small_checkpoint(folder / "gaussian", "variational_autoencoder", {"--recipe", "digits-vae"});
  const auto drawn =
      json_of("generate", {indices, gaussian, "--samples", "5", "--out", folder / "drawn"});
  ASSERT_EQ(drawn["titles"].size(), 2U);
  expect_contains(drawn["titles"][0].get<std::string>(), {"digits-vq", "5 samples"});
  expect_contains(drawn["titles"][1].get<std::string>(), {"digits-vae", "5 samples"});
  EXPECT_TRUE(fs::exists(folder / "drawn/generated.png"));
  expect_refusal("generate", {indices, gaussian, "--manifold", "3", "--out", folder / "x"},
                 kWrongUsage, {"several checkpoints", "--samples"});
  expect_refusal("generate",
                 {indices, gaussian, "--samples", "3", "--save-sampler", folder / "s.safetensors"},
                 kWrongUsage, {"--save-sampler", "several checkpoints"});
  const fs::path plain =
      small_checkpoint(folder / "plain", "dense_autoencoder", {"--dataset", "iris"});
  expect_refusal("generate", {gaussian, plain, "--samples", "3", "--quiet", "--out", folder / "x"},
                 kFailed, {"the same items", "1 x 8 x 8", "4"});
  expect_refusal("generate",
                 {plain, "--samples", "3", "--sampler", "prior", "--out", folder / "none"},
                 kWrongUsage, {"--sampler prior", "a model with a prior", "gaussian"});
  expect_refusal("generate",
                 {gaussian, "--samples", "3", "--color-map", "distinct", "--out", folder / "y"},
                 kWrongUsage, {"--color-map", "a map of values", "distinct"});
}

}  // namespace
}  // namespace hourglass::apps
