// `report` and a trainer's --report: a page that needs nothing but itself.

#include "hourglass/cli/html.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/recorded_run.h"
#include "hourglass/cli/run_report.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/picture.h"
#include "hourglass/formats/digest.h"
#include "hourglass/tests/apps/tool_runs.h"

namespace hourglass::cli {

using namespace formats;
using namespace figures;

namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::expect_refusal;
using testing::small_checkpoint;
using testing::TemporaryFolder;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

void expect_lacks(const std::string& text, std::initializer_list<std::string> parts) {
  for (const auto& part : parts) EXPECT_EQ(text.find(part), std::string::npos) << part;
}

/// What is opened is closed, in order.
void expect_well_formed(const std::string& page) {
  const std::vector<std::string> empty = {"meta", "img", "!doctype"};
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::string inside = page.substr(at + 1, page.find('>', at) - at - 1);
    const std::string name = inside.substr(0, inside.find_first_of(" \n"));
    if (std::find(empty.begin(), empty.end(), name) != empty.end()) continue;
    if (!name.starts_with('/')) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << inside;
    ASSERT_EQ("/" + open.back(), name);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

/// Changes run.json, on purpose: without its digest.
void edit_record(const fs::path& folder, const std::function<void(nlohmann::json&)>& edit) {
  auto record = nlohmann::json::parse(read_file(folder / "run.json"));
  edit(record);
  record.erase("sha256");
  testing::write_file(folder / "run.json", record.dump());
}

TEST(HtmlText, EscapesWhatHtmlWouldRead) {
  EXPECT_EQ(html_text("<a href=\"x\">R&D's</a>"),
            "&lt;a href=&quot;x&quot;&gt;R&amp;D&#39;s&lt;/a&gt;");
}

TEST(HtmlImage, RefusesWhatIsNoPng) {
  const TemporaryFolder folder;
  testing::write_file(folder / "a.png", "text");
  expect_contains(error_of([&] { html_image(folder / "a.png", "a"); }), {"a.png", "PNG"});
}

TEST(Report, SaysWhichSwitchesOfARecipeWereTurnedOff) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "sparse_autoencoder", {"--tied-weights=false"});
  EXPECT_EQ(testing::run("report", {folder / "run"}).exit_code, kDone);
  expect_contains(read_file(folder / "run/report.html"),
                  {"--recipe digits-sparse", "--tied-weights=false"});
}

TEST(Report, WritesNoOptionThatATrainerRefusesAsUseless) {
  const TemporaryFolder folder;
  const auto file =
      testing::write_file(folder / "mine.json", R"({"recipe": "digits-2d", "levels": 16})");
  small_checkpoint(folder / "run", "dense_autoencoder", {"--config", file});
  const std::string page = report_page(folder / "run");
  expect_contains(page, {"dense_autoencoder --recipe digits-2d", "--epochs 3"});
  expect_lacks(page, {"--levels"});
}

TEST(Report, ShowsARunOnOnePageThatNeedsNothingElse) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "dense_autoencoder", {"--learning-rate", "0.002"});
  const auto result = testing::run("report", {folder / "run"});
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  EXPECT_EQ(result.output, (folder / "run/report.html").string() + "\n");
  const std::string page = read_file(folder / "run/report.html");
  expect_well_formed(page);
  expect_contains(page, {"<title>digits-2d</title>", "Best epoch", "Training loss",
                         "encoder.dense1", "Dense, sigmoid", "1 x 8 x 8", "1,797", "learning-rate",
                         "(otherwise none)", "dense_autoencoder --recipe digits-2d",
                         "--learning-rate 0.002", "--resume", "torch.jit.load", "torch::jit::load",
                         "libtorch", "hourglass", "prefers-color-scheme: dark", "@media print"});
  expect_lacks(page, {"http://", "https://", "<script", "<link", "url("});
  const auto record = nlohmann::json::parse(read_file(folder / "run/run.json"));
  const double loss = record.at("results").at("best").at("training").at("loss");
  expect_contains(page,
                  {fmt::format("{:.6g}", loss), record.at("data").at("sha256").get<std::string>()});
}

TEST(Report, EmbedsEveryPicture) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "dense_autoencoder");
  expect_contains(report_page(folder / "run"), {"This run has drawn none."});
  if (!figures_available()) GTEST_SKIP() << "needs pictures";
  create_folders(folder / "run/figures");
  for (const char* name : {"loss_curve", "zebra <1>"}) {
    Picture(40, 20).save(folder / "run/figures" / (std::string(name) + ".png"));
  }
  const std::string page = report_page(folder / "run");
  expect_well_formed(page);
  const std::string bytes = read_file(folder / "run/figures/loss_curve.png");
  expect_contains(
      page, {"src=\"data:image/png;base64," + base64(bytes) + "\"", "width=\"16\" height=\"8\"",
             "Loss over the epochs, and each of its terms.", "zebra &lt;1&gt;"});
  EXPECT_EQ(count_of(page, "<img "), 2U);
  EXPECT_EQ(count_of(page, "src="), 2U);
}

TEST(Report, MeasuresTheModelBesidePcaOfItsSize) {
  const TemporaryFolder folder;
  const auto model = small_checkpoint(folder / "run", "variational_autoencoder", {"--report"});
  const auto found = testing::json_of("evaluate", {model});
  const auto& measured = found.at("checkpoints").at(0);
  const std::string page = read_file(folder / "run/report.html");
  expect_well_formed(page);
  expect_contains(page, {"<h2>Measures</h2>", "PCA of its size", "SSIM", "1-NN",
                         "359 validation rows", "fitted on 1,438 training rows",
                         fmt::format("{:.6f}", measured.at("model").at("mse").get<double>()),
                         fmt::format("{:.6f}", measured.at("pca").at("mse").get<double>())});
}

TEST(Report, TrainsTheSameAgainWithWhatFollowsFromOptionsAndWhatWasSetBack) {
  const TemporaryFolder folder;
  // Dictionaries clip gradients, and have a linear code.
  small_checkpoint(folder / "run", "sparse_autoencoder",
                   {"--sparsity", "topk:8", "--clip-norm", "none"});
  const std::string command = RecordedRun(folder / "run").training_command();
  expect_contains(command, {"sparse_autoencoder", "--sparsity topk:8", "--clip-norm none"});
  expect_lacks(command, {"--code-activation", "--epsilon"});
}

/// The measures and layers that a page tells.
std::string told_of_the_model(const std::string& page) {
  const size_t measures = page.find("<h2>Measures</h2>"), layers = page.find("<h2>Layers</h2>");
  EXPECT_TRUE(measures < layers && layers < page.size());
  return page.substr(measures, page.find("<h2>Use</h2>") - measures);
}

TEST(Report, OfAStrangersRunTakesTheModelThatIsData) {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  small_checkpoint(run, "dense_autoencoder", {"--save-parts", "safetensors"});
  const std::string trusted = report_page(run);
  testing::write_file(run / "best.pt", "no program");
  expect_contains(report_page(run), {"best.pt: "});
  const auto result = testing::run("report", {run, "--untrusted"});
  EXPECT_EQ(result.exit_code, kDone);
  EXPECT_EQ(result.errors, "");
  const std::string page = read_file(run / "report.html");
  expect_well_formed(page);
  EXPECT_EQ(told_of_the_model(page), told_of_the_model(trusted));
  expect_contains(page, {"inspect " + (run / "best.safetensors").string(), "Train the same again",
                         "dense_autoencoder --recipe digits-2d"});
  // Nobody is asked to run what was not run for the page.
  expect_lacks(page, {"best.pt", "jit", "--resume"});
}

TEST(Report, OfAStrangersRunLeavesOutAModelThatIsAProgram) {
  const TemporaryFolder folder;
  const fs::path run = folder / "run", program = small_checkpoint(run, "dense_autoencoder");
  const auto expect_no_model = [&](const std::string& found) {
    const auto result = testing::run("report", {run, "--untrusted", "--force"});
    EXPECT_EQ(result.exit_code, kDone);
    EXPECT_EQ(count_of(result.errors, "\n"), 1U) << result.errors;
    const std::string reason =
        "best.safetensors: --untrusted: expected a model of safetensors with its card.json, which "
        "runs nothing, found " +
        found;
    EXPECT_TRUE(result.errors.starts_with("note      ")) << result.errors;
    expect_contains(result.errors, {"no measures", reason, "export --format safetensors"});
    const std::string page = read_file(run / "report.html");
    expect_well_formed(page);
    expect_contains(page, {reason, "Best epoch", "Training loss"});
    expect_lacks(page, {"<h2>Measures</h2>", "<h2>Layers</h2>", "torch.jit.load", "--resume"});
  };
  expect_no_model("best.pt alone, a program");
  // The name says little: what is loaded as a program is one.
  fs::rename(program, run / "best.safetensors");
  expect_no_model("a TorchScript file");
  fs::remove(run / "best.safetensors");
  expect_no_model("none");
  EXPECT_EQ(testing::run("report", {run, "--untrusted", "--force", "--quiet"}).errors, "");
}

TEST(Report, SaysThatTheDataAreNotThere) {
  const TemporaryFolder folder;
  const auto table = testing::write_file(folder / "mine.csv", "0,0\n1,1\n0,1\n1,0\n0.5,1\n");
  small_checkpoint(folder / "run", "dense_autoencoder",
                   {"--dataset", "csv:" + table.string(), "--label-column", "none", "--widths", "1",
                    "--validation", "none"});
  expect_contains(report_page(folder / "run"), {"which the model was trained on"});
  testing::write_file(table, "0,0\n1,1\n0,1\n1,0\n0.25,1\n");
  expect_contains(report_page(folder / "run"), {"not measured", "the data have changed"});
  fs::remove(table);
  const std::string page = report_page(folder / "run");
  expect_well_formed(page);
  expect_contains(page, {"The model was not measured: ", "mine.csv", "Best epoch"});
}

TEST(Report, AsksForNumbersWhereAModelIsToldColumns) {
  const TemporaryFolder folder;
  const auto table =
      testing::write_file(folder / "mine.csv", "a,b,c\n0,0,1\n1,1,2\n0,1,3\n1,0,4\n");
  small_checkpoint(folder / "run", "conditional_autoencoder",
                   {"--dataset", "csv:" + table.string(), "--label-column", "none", "--condition",
                    "columns:c", "--scale", "minmax", "--widths", "1", "--validation", "none"});
  expect_contains(report_page(folder / "run"),
                  {"--samples 16 --condition N  # numbers in units of the data: c"});
}

TEST(Report, EscapesNamesOfTheUser) {
  const TemporaryFolder folder;
  const fs::path run = folder / "a <b> & 'c'";
  small_checkpoint(run, "dense_autoencoder");
  edit_record(run, [](auto& record) {
    record["data"]["name"] = "csv:<script>alert(1)</script>";
    record["data"]["class_names"] = {"<i>", "b&w"};
    record["data"]["notes"] = {"row 3 \"<td>\""};
  });
  const std::string page = report_page(run);
  expect_well_formed(page);
  expect_contains(page, {"csv:&lt;script&gt;alert(1)", "&lt;i&gt;, b&amp;w", "a &lt;b&gt; &amp;"});
  expect_lacks(page, {"<script", "<i>", "<b>"});
}

TEST(Report, SaysThatARunHasNoResultsYet) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "dense_autoencoder");
  edit_record(folder / "run", [](auto& record) { record["results"] = nullptr; });
  fs::remove(folder / "run/best.pt");
  fs::remove(folder / "run/metrics.csv");
  const std::string page = report_page(folder / "run");
  expect_well_formed(page);
  expect_contains(page, {"no results yet", "dense_autoencoder --resume", "best.pt", "metrics.csv"});
  expect_lacks(page, {"Best epoch", "torch.jit.load"});
}

TEST(Report, SaysHowARunEnded) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "dense_autoencoder", {"--stop-after", "2"});
  expect_contains(report_page(folder / "run"), {"stopped after epoch 2 of 3"});
  edit_record(folder / "run", [](auto& record) {
    record["results"]["expected"] = {
        {"column", "train_loss"}, {"epoch", 2}, {"at_most", 0.034}, {"value", 0.05}};
  });
  expect_contains(report_page(folder / "run"),
                  {"expects at most 0.034", "class=\"missed\"", "train_loss after epoch 2"});
}

TEST(Report, OfATrainerIsWrittenAtTheEnd) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "dense_autoencoder", {"--report"});
  expect_contains(read_file(folder / "run/report.html"), {"Best epoch"});
  const auto record = nlohmann::json::parse(read_file(folder / "run/run.json"));
  EXPECT_FALSE(record.at("options").contains("report"));
}

TEST(Report, OfARecordThatNamesNothingKnownIsNoWrongUsage) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "dense_autoencoder");
  const auto record = nlohmann::json::parse(read_file(folder / "run/run.json"));
  for (const std::string field : {"network", "recipe", "variant"}) {
    auto wrong = record;
    wrong.erase("sha256");  // or it would be taken for damaged
    wrong[field] = "x\x1b[2J\ny";
    testing::write_file(folder / "run/run.json", wrong.dump());
    expect_refusal("report", {folder / "run"}, kFailed, {"run.json: ", "x\\x1b[2J\\ny"});
  }
}

TEST(Report, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  expect_refusal("report", {}, kWrongUsage, {"RUN_DIR"});
  expect_refusal("report", {folder / "absent"}, kFailed, {"absent", "run.json"});
  testing::write_file(folder / "run.json", "no JSON");
  expect_refusal("report", {folder.path()}, kFailed, {"run.json", "expected JSON"});
  fs::remove(folder / "run.json");
  small_checkpoint(folder / "run", "dense_autoencoder", {"--report"});
  expect_refusal("report", {folder / "run"}, kFailed, {"report.html", "--force"});
  EXPECT_EQ(testing::run("report", {folder / "run", "--force"}).exit_code, kDone);
  expect_refusal("report", {folder / "run", "--out", folder / "absent" / "a.html"}, kFailed,
                 {"a.html"});
  const auto piped = testing::run("report", {folder / "run", "--out", "-"});
  EXPECT_TRUE(piped.output.starts_with("<!doctype html>"));
}

/// No link's target is written, and no device replaced.
TEST(Report, ReplacesRegularFilesAlone) {
  const TemporaryFolder folder;
  testing::write_file(folder / "precious", "mine");
  fs::create_symlink("precious", folder / "link.html");
  expect_refusal("report", {folder / "run", "--out", folder / "link.html", "--force"}, kFailed,
                 {"link.html: expected a file to replace, or none, found a symbolic link"});
  EXPECT_EQ(read_file(folder / "precious"), "mine");
  EXPECT_TRUE(fs::is_symlink(folder / "link.html"));
}

}  // namespace
}  // namespace hourglass::cli
