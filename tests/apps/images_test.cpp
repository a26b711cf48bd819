// A folder of images as a user's own data, from the command line.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/image.h"
#include "hourglass/figures/picture.h"
#include "hourglass/tests/apps/tool_runs.h"
#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hourglass::apps {

using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::ProgramResult;
using testing::TemporaryFolder;

/// Ten grey images of 8 × 8 pixels in each of two classes.
void write_images(const fs::path& folder) {
  at::manual_seed(1);
  for (const std::string kind : {"dark", "light"}) {
    fs::create_directories(folder / kind);
    for (int i = 0; i < 10; ++i) {
      const at::Tensor image = at::rand({1, 8, 8}) * 0.5 + (kind == "light" ? 0.5 : 0.0);
      to_picture(image).save(folder / kind / fmt::format("{}.png", i));
    }
  }
}

ProgramResult train_on(const fs::path& images, const fs::path& run) {
  return testing::run("dense_autoencoder",
                      {"--dataset", "images:" + images.string(), "--widths", "8,2", "--epochs", "2",
                       "--batch-size", "5", "--threads", "1", "--no-figures", "--out", run});
}

TEST(TrainerProgram, TrainsOnAFolderOfImages) {
  const TemporaryFolder folder;
  write_images(folder / "images");
  const auto result = train_on(folder / "images", folder / "run");
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  const auto record = nlohmann::json::parse(read_file(folder / "run/run.json"));
  const auto& data = record.at("data");
  EXPECT_EQ(data.at("training_rows"), 18);  // split:0.1 for a user's own files
  EXPECT_EQ(data.at("class_names"), nlohmann::json({"dark", "light"}));
  EXPECT_EQ(data.at("scaling").at("factor"), nlohmann::json({1.0 / 255}));
  EXPECT_LE(data.at("highest"), 1.0);
}

TEST(TrainerProgram, NamesTheImageThatIsWrong) {
  const TemporaryFolder folder;
  const fs::path images = folder / "images";
  const auto expect_error = [&](std::initializer_list<std::string> parts) {
    const auto result = train_on(images, folder / "run");
    EXPECT_EQ(result.exit_code, kFailed);
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
    expect_contains(result.errors, parts);
  };
  write_images(images);
  to_picture(at::rand({1, 9, 8})).save(images / "light/5.png");
  expect_error({"light/5.png", "8 × 8", "9 × 8"});
  const std::string whole = read_file(images / "dark/3.png");
  testing::write_file(images / "dark/3.png", whole.substr(0, whole.size() / 2));
  expect_error({"dark/3.png", "cut off"});
  fs::remove_all(images);
  expect_error({"images", "No such file"});
}

/// The first line of a file, and the first cell of each line after it.
std::vector<std::string> first_cells(const fs::path& file) {
  std::vector<std::string> cells;
  for (const auto& line : split_text(read_file(file), '\n')) {
    if (!line.empty()) cells.push_back(cells.empty() ? line : split_text(line, ',').front());
  }
  return cells;
}

TEST(Reconstruct, KeepsThePathsBelowAUsersFolder) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  write_images(folder / "images");
  ASSERT_EQ(train_on(folder / "images", folder / "run").exit_code, kDone);
  const std::string model = folder / "run/best.pt";
  const auto result = testing::run(
      "reconstruct", {model, folder / "images", "--write-images", "--out", folder / "out"});
  ASSERT_EQ(result.exit_code, kDone) << result.errors;
  EXPECT_TRUE(fs::exists(folder / "out/images/dark/3.png"));
  EXPECT_TRUE(fs::exists(folder / "out/images/light/3.png"));
  const auto cells = first_cells(folder / "out/errors.csv");
  ASSERT_EQ(cells.size(), 21U);
  EXPECT_EQ(cells[0], "file,mse,mae,psnr,bce");
  EXPECT_EQ(cells[1], "dark/0.png");
  EXPECT_EQ(cells[11], "light/0.png");
}

TEST(Reconstruct, RefusesToWriteAnImageTwiceBeforeItReadsAny) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  fs::create_directories(folder / "a");
  fs::create_directories(folder / "b");
  testing::write_file(folder / "a/x.png", "no image");
  testing::write_file(folder / "b/x.jpg", "no image");
  testing::expect_refusal(
      "reconstruct",
      {folder / "none.pt", folder / "a", folder / "b", "--write-images", "--out", folder / "out"},
      kFailed, {"images/x.png", "x.jpg", "twice"});
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST(Reconstruct, NamesRowsOfAnImageFolderByNumberAndFile) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  write_images(folder / "images");
  ASSERT_EQ(train_on(folder / "images", folder / "run").exit_code, kDone);
  const std::string model = folder / "run/best.pt";
  const auto result = testing::run(
      "reconstruct", {model, "--indices", "12,3", "--write-images", "--out", folder / "out"});
  ASSERT_EQ(result.exit_code, kDone) << result.errors;
  expect_contains(read_file(folder / "out/errors.csv"),
                  {"row,file,label,mse", "\n12,light/2.png,light,", "\n3,dark/3.png,dark,"});
  EXPECT_TRUE(fs::exists(folder / "out/images/light/2.png"));
}

TEST(Retrieve, NamesTheFilesOfAnImageFolder) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  write_images(folder / "images");
  ASSERT_EQ(train_on(folder / "images", folder / "run").exit_code, kDone);
  const auto result = testing::json_of("retrieve", {folder / "run/best.pt", "--query", "14",
                                                    "--neighbours", "19", "--out", folder / "out"});
  const auto& query = result.at("queries").at(0);
  EXPECT_EQ(query.at("file"), "light/4.png");
  for (const auto& entry : query.at("neighbours")) {
    const auto row = entry.at("row").get<int64_t>();
    EXPECT_EQ(entry.at("file"), fmt::format("{}/{}.png", row < 10 ? "dark" : "light", row % 10));
  }
  expect_contains(read_file(folder / "out/neighbours.csv"),
                  {"query,query_file,query_label,rank,row,file,label,distance\n14,light/4.png,"});
}

TEST(Show, NamesTheFilesOfThePartThatWasDrawn) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  write_images(folder / "images");
  const auto shown = nlohmann::json::parse(
      testing::run_tool_of("show", {"--dataset", "images:" + (folder / "images").string(),
                                    "--split", "train", "--numbers", "--json"}));
  for (const auto& item : shown.at("items")) {
    EXPECT_EQ(item.at("file").get<std::string>().substr(0, 4),
              item.at("label").get<std::string>().substr(0, 4));
  }
}

}  // namespace
}  // namespace hourglass::apps
