// A folder of images as a user's own data, from the command line.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/figures/image.h"
#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
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
  expect_error({"light/5.png", "8 × 8", "8 × 9"});
  const std::string whole = read_file(images / "dark/3.png");
  testing::write_file(images / "dark/3.png", whole.substr(0, whole.size() / 2));
  expect_error({"dark/3.png", "cut off"});
  fs::remove_all(images);
  expect_error({"images", "No such file"});
}

}  // namespace
}  // namespace hourglass::apps
