// `compare` as its users meet it.

#include "hourglass/apps/tools/bits_per_dimension.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/picture.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <numbers>

namespace hourglass::apps {

using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::run_tool_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;

TEST(Compare, TellsWhatRunsReachedAndWhichOptionsDiffer) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "runs/a", "dense_autoencoder", {"--widths", "16,2"});
  small_checkpoint(folder / "runs/b", "variational_autoencoder");
  const std::string text =
      run_tool_of("compare", {folder / "runs/a", folder / "runs/b", "--out", folder / "out"});
  expect_contains(text, {"a", "b", "train_loss", "widths", "16,2", "variant", "variational",
                         "finished", "note      losses are of different kinds"});
  const auto lines = split_text(read_file(folder / "out/runs.csv"), '\n');
  ASSERT_EQ(lines.size(), 4U);  // and the end of the last line
  expect_contains(lines[0], {"run,folder,state,epochs", "options.widths"});
  expect_contains(lines[1], {"\"16,2\"", "digits"});
  EXPECT_EQ(fs::exists(folder / "out/curves.png"), figures::figures_available());
  expect_refusal("compare", {folder / "runs/a", "--out", folder / "out"}, kFailed, {"--force"});
}

TEST(Compare, ListsTheRunsInAFolderBestFirst) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "runs/short", "dense_autoencoder", {"--epochs", "2"});
  small_checkpoint(folder / "runs/long", "dense_autoencoder", {"--epochs", "9"});
  testing::write_file(folder / "runs/notes.txt", "no run");
  create_folders(folder / "runs/broken");
  testing::write_file(folder / "runs/broken/run.json", "{");
  const auto lines = split_text(run_tool_of("compare", {folder / "runs/"}), '\n');
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[1].starts_with("long "));
  EXPECT_TRUE(lines[2].starts_with("short "));
  expect_contains(lines[3], {"broken ", "damaged: ", "run.json"});
  const auto result = testing::run("compare", {folder / "runs", "--json"});
  const auto runs = nlohmann::json::parse(result.output).at("runs");
  EXPECT_EQ(runs.at(0).at("epochs").at("finished"), 9);
  EXPECT_EQ(runs.at(2).at("state"), "damaged");
  const std::string csv = run_tool_of("compare", {folder / "runs", "--out", "-"});
  EXPECT_TRUE(csv.starts_with("folder,state,epochs,monitor,best,"));
  testing::write_file(folder / "runs/long/metrics.csv", "round,train_loss\n1,0.5\n");
  expect_refusal("compare", {folder / "runs/long", "--out", folder / "out"}, kFailed,
                 {"long/metrics.csv", "a column 'epoch'"});
}

TEST(Compare, DrawsBoundsInBitsPerDimension) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "vae", "variational_autoencoder");
  const runs::ListedRun run = runs::list_run(folder / "vae");
  const runs::MetricsTable bits = bits_per_dimension(run);
  EXPECT_DOUBLE_EQ(bits.column("train_loss").at(0),
                   run.metrics.column("train_loss").at(0) / (64 * std::numbers::ln2));
  run_tool_of("compare", {folder / "vae", "--bits-per-dimension", "--out", folder / "out"});
  EXPECT_EQ(fs::exists(folder / "out/curves.png"), figures::figures_available());

  small_checkpoint(folder / "plain", "dense_autoencoder");
  expect_refusal("compare", {folder / "plain", "--bits-per-dimension", "--out", folder / "none"},
                 kFailed, {"plain", "bound of -log p(x)", "that of dense"});
  small_checkpoint(folder / "beta", "variational_autoencoder", {"--beta", "4"});
  expect_refusal("compare", {folder / "beta", "--bits-per-dimension", "--out", folder / "none"},
                 kFailed, {"one of --beta 4"});
  EXPECT_FALSE(fs::exists(folder / "none"));
}

std::vector<std::string> notes_in(const std::string& text) {
  auto lines = split_text(text, '\n');
  std::erase_if(lines, [](const std::string& line) { return !line.starts_with("note      "); });
  return lines;
}

TEST(Compare, ListsRunsOfOtherLossesWithTheNotesOfAComparison) {
  const TemporaryFolder folder;
  const fs::path a = folder / "runs/a", b = folder / "runs/b";
  small_checkpoint(a, "dense_autoencoder");
  small_checkpoint(b, "variational_autoencoder");
  // What cannot be read has no loss that could be another.
  create_folders(folder / "runs/broken");
  testing::write_file(folder / "runs/broken/run.json", "{");
  const auto notes = notes_in(run_tool_of("compare", {a, b, "--out", folder / "out"}));
  ASSERT_EQ(notes.size(), 2U);
  expect_contains(notes[0], {"different columns: train_loss, validation_loss"});
  expect_contains(notes[1], {"losses are of different kinds: mse, bce"});

  EXPECT_EQ(notes_in(run_tool_of("compare", {folder / "runs"})), notes);
  EXPECT_TRUE(notes_in(run_tool_of("compare", {folder / "runs", "--quiet"})).empty());
  EXPECT_TRUE(
      notes_in(run_tool_of("compare", {a, b, "--quiet", "--out", folder / "quiet"})).empty());
  const auto listed = nlohmann::json::parse(run_tool_of("compare", {folder / "runs", "--json"}));
  EXPECT_EQ("note      " + listed.at("notes").at(1).get<std::string>(), notes[1]);
  const auto piped = testing::run("compare", {folder / "runs", "--out", "-"});
  EXPECT_TRUE(notes_in(piped.output).empty());
  EXPECT_EQ(notes_in(piped.errors), notes);
}

TEST(Compare, RefusesOptionsOfCurvesForAListOfRuns) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "runs/vae", "variational_autoencoder");
  for (const std::string option : {"--log-scale", "--bits-per-dimension"}) {
    expect_refusal("compare", {folder / "runs", option, "--out", folder / "list.csv"}, kWrongUsage,
                   {option + ": ", "expected runs", "runs, a folder of runs"});
    EXPECT_FALSE(fs::exists(folder / "list.csv"));
    expect_refusal("compare", {folder / "absent", option}, kFailed, {"absent"});
    run_tool_of("compare", {folder / "runs/vae", option, "--out", folder / option});
  }
}

TEST(Compare, RunsNoProgramOfAStranger) {
  const TemporaryFolder folder;
  const fs::path run = folder / "vae";
  const fs::path program =
      small_checkpoint(run, "variational_autoencoder", {"--save-parts", "safetensors"});
  const auto untrusted = [&](const std::string& out) {
    return std::vector<std::string>{run, "--bits-per-dimension", "--untrusted", "--out",
                                    folder / out};
  };
  const auto bits = bits_per_dimension(runs::list_run(run)).column("validation_loss");
  testing::write_file(folder / "program.pt", read_file(program));
  testing::write_file(program, "no program");
  expect_refusal("compare", {run, "--bits-per-dimension", "--out", folder / "none"}, kFailed,
                 {"best.pt"});
  EXPECT_EQ(bits_per_dimension(runs::list_run(run), {.untrusted = true}).column("validation_loss"),
            bits);
  run_tool_of("compare", untrusted("out"));

  // The name says little: what is loaded as a program is one.
  fs::remove(run / "best.safetensors");
  fs::rename(folder / "program.pt", run / "best.safetensors");
  expect_refusal("compare", untrusted("none"), kFailed,
                 {"best.safetensors: --untrusted: expected", "found a TorchScript file"});
  fs::remove(run / "best.safetensors");
  expect_refusal(
      "compare", untrusted("none"), kFailed,
      {"--untrusted: expected a model of safetensors with its card.json", "found best.pt alone",
       "export --format safetensors", "--save-parts safetensors"});
  EXPECT_FALSE(fs::exists(folder / "none"));
  // No model is needed for the rest.
  run_tool_of("compare", {run, "--untrusted", "--out", folder / "table"});
  run_tool_of("compare", {folder.path(), "--untrusted"});
}

TEST(Compare, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  expect_refusal("compare", {}, kWrongUsage, {"RUN..."});
  expect_refusal("compare", {folder.path()}, kFailed, {"found no run.json"});
  expect_refusal("compare", {folder / "a", folder / "b"}, kFailed, {"a", "run.json, found none"});
}

}  // namespace
}  // namespace hourglass::apps
