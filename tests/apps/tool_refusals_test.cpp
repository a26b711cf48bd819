// What no tool takes, and what every tool takes: third-party files, refusals, exit codes.

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
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sys/stat.h>

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

TEST(Tools, RunOnAThirdPartyFile) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  const TemporaryFolder folder;
  for (const std::string name : {"autoencoder", "variational"}) {
    const auto path = third_party_model(name);
    const auto out = [&](const std::string& what) { return (folder / (name + what)).string(); };
    json_of("reconstruct", {path, "--dataset", "digits", "--out", out("rows")});
    json_of("encode", {path, "--dataset", "digits", "--out", out("codes.npy")});
    EXPECT_EQ(read_npy(out("codes.npy")).sizes(), at::IntArrayRef({1797, 3}));
    json_of("decode", {path, out("codes.npy"), "--out", out("items.npy")});
    EXPECT_EQ(read_npy(out("items.npy")).sizes(), at::IntArrayRef({1797, 1, 8, 8}));
    json_of("generate",
            {path, "--samples", "4", "--dataset", "digits", "--quiet", "--out", out("samples")});
    json_of("generate", {path, "--at", "1,2,3", "--out", out("points")});
  }
  expect_refusal(
      "encode",
      {third_party_model("forward_only"), "--dataset", "digits", "--out", folder / "x.csv"},
      kFailed, {"forward_only.pt", "expected a method 'encode'"});
  expect_refusal("decode",
                 {third_party_model("forward_only"), folder / "autoencodercodes.npy", "--out",
                  folder / "x.npy"},
                 kFailed, {"forward_only.pt", "expected a method 'decode'"});
  expect_refusal("encode", {third_party_model("autoencoder"), "--out", folder / "x.csv"}, kFailed,
                 {"autoencoder.pt", "add --dataset"});
}

/// Each tool, with arguments that make it read the checkpoint at `path`.
std::vector<std::pair<std::string, Arguments>> readers(const fs::path& path,
                                                       const TemporaryFolder& folder) {
  testing::write_file(folder / "codes.csv", "0.1,0.2\n");
  return {{"inspect", {path}},
          {"reconstruct", {path, "--out", folder / "a"}},
          {"encode", {path, "--out", folder / "b.csv"}},
          {"decode", {path, folder / "codes.csv", "--out", folder / "c.npy"}},
          {"generate", {path, "--at", "0,0", "--out", folder / "d"}}};
}

TEST(Tools, RefuseFilesThatAreNoCheckpoints) {
  const TemporaryFolder folder;
  const auto zip = folder / "weights.npz";
  write_npz(zip, {{"a", at::zeros({2})}});
  const auto text = testing::write_file(folder / "page.pt", "<html>not found</html>");
  for (const auto& path : {folder / "absent.pt", zip, text}) {
    for (const auto& [tool, arguments] : readers(path, folder)) {
      expect_refusal(tool, arguments, kFailed, {tool + ": ", path.filename()});
    }
  }
}

TEST(Tools, RefuseRowsThatTheModelCannotTake) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  for (const std::string tool : {"reconstruct", "encode"}) {
    const Arguments out = {"--out", folder / "out.csv"};
    const auto refuse = [&](Arguments arguments, std::initializer_list<std::string> parts) {
      arguments.insert(arguments.begin(), path);
      arguments.insert(arguments.end(), out.begin(), out.end());
      expect_refusal(tool, arguments, kFailed, parts);
    };
    refuse({"--dataset", "iris"}, {"iris", "1 x 8 x 8", "found 4"});
    refuse({"--indices", "5,1797"}, {"--indices", "0 to 1796", "1797"});
  }
  expect_refusal("show", {"--indices", "1797"}, kFailed, {"--indices", "0 to 1796"});
  expect_refusal("show", {"--indices", "0-200000000"}, kWrongUsage, {"--indices", "100 million"});
  expect_refusal("generate", {path, "--samples", "99999999999"}, kWrongUsage,
                 {"--samples", "10000000"});
  expect_refusal("export", {path, "--input-shape", "3,3"}, kFailed,
                 {"--input-shape", "1 x 8 x 8", "3 x 3"});
  expect_refusal("export", {path, "--name", "../x"}, kWrongUsage, {"--name", "../x"});
  expect_refusal("show", {"--random", "2000", "--numbers"}, kFailed, {"--random", "1797", "2000"});
  expect_refusal("generate", {path, "--interpolate", "0,1797", "--out", folder / "x"}, kFailed,
                 {"--interpolate", "0 to 1796", "1797"});
  expect_refusal("generate", {path, "--at", "1,2,3", "--out", folder / "x"}, kFailed,
                 {"codes of 2 values", "found 3"});
  expect_refusal("generate", {path, "--traverse", "2", "--out", folder / "x"}, kFailed,
                 {"0 to 1", "found 2"});
}

TEST(Tools, RefuseNumbersThatAreNotFiniteAndNameTheirPlace) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  at::Tensor codes = at::zeros({5, 2});
  codes[3][1] = std::numeric_limits<float>::quiet_NaN();
  write_npy(folder / "codes.npy", codes);
  expect_refusal("decode", {path, folder / "codes.npy", "--out", folder / "x.npy"}, kFailed,
                 {"codes.npy", "finite", "row 3"});
  testing::write_file(folder / "codes.csv", "code1,code2\n1,2\n3,nan\n");
  expect_refusal("decode", {path, folder / "codes.csv", "--out", folder / "x.npy"}, kFailed,
                 {"codes.csv", "3"});

  testing::write_file(folder / "items.csv", "1,2\n3,nan\n");
  const std::string set = "csv:" + (folder / "items.csv").string();
  for (const std::string tool : {"reconstruct", "encode", "evaluate", "detect_anomalies"}) {
    const auto out = folder / (tool == "encode" ? "x.csv" : "x.png");
    expect_refusal(tool, {path, "--dataset", set, "--label-column", "none", "--out", out}, kFailed,
                   {"items.csv", "line 2, column 1", "nan"});
  }
}

TEST(Tools, RefuseToOverwriteWithoutForce) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const auto file = testing::write_file(folder / "codes.csv", "mine");
  expect_refusal("encode", {path, "--out", file}, kFailed, {"codes.csv", "--force"});
  EXPECT_EQ(read_file(file), "mine");
  run_tool_of("encode", {path, "--out", file, "--force", "--no-picture"});
  EXPECT_NE(read_file(file), "mine");
  run_tool_of("reconstruct", {path, "--out", folder / "out"});
  expect_refusal("reconstruct", {path, "--out", folder / "out"}, kFailed, {"--force"});
}

TEST(Tools, RefuseOutputsThatCannotBeWritten) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  testing::write_file(folder / "file", "");
  expect_refusal("encode", {path, "--out", folder / "absent/codes.npy", "--no-picture"}, kFailed,
                 {"codes.npy", "expected a folder", "found none"});
  // Before the work, though what it gives is written last.
  expect_refusal("detect_anomalies",
                 {path, "--out", folder / "found", "--save-threshold", folder / "absent/t.json"},
                 kFailed, {"t.json", "expected a folder"});
  EXPECT_FALSE(fs::exists(folder / "found"));
  expect_refusal("activations", {path, "--save", folder / "absent/a.npz"}, kFailed,
                 {"a.npz", "expected a folder"});
  expect_refusal("reconstruct", {path, "--out", folder / "file/out"}, kFailed, {"file"});
  expect_refusal("generate", {path, "--at", "0,0", "--out", folder / "file/out"}, kFailed,
                 {"file"});
}

TEST(Tools, LeaveNoFolderWhereTheyRefuse) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const Arguments wrong_point = {path, "--at", "1,2,3", "--out"};
  const auto refuse = [&](const std::string& tool, Arguments arguments, const fs::path& out) {
    arguments.push_back(out);
    expect_refusal(tool, arguments, kFailed, {tool + ": "});
  };
  // Parents, too, which are made with it.
  refuse("generate", wrong_point, folder / "made/deep/");
  refuse("export", {path, "--format", "saelens", "--out"}, folder / "made/export");
  EXPECT_FALSE(fs::exists(folder / "made"));
  // What was there stays, empty or not.
  fs::create_directory(folder / "mine");
  refuse("generate", wrong_point, folder / "mine");
  refuse("generate", wrong_point, folder / "mine/inner");
  EXPECT_TRUE(fs::is_directory(folder / "mine"));
  EXPECT_FALSE(fs::exists(folder / "mine/inner"));
}

TEST(Tools, NameTheOptionOfAFileThatIsThereAlready) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const std::vector<std::pair<std::string, Arguments>> calls = {
      {"detect_anomalies", {"--save-threshold", folder / "kept.json"}},
      {"retrieve", {"--evaluate", "1", "--save-index", folder / "kept.npz"}},
      {"generate", {"--samples", "2", "--save-sampler", folder / "kept.safetensors"}},
      {"activations", {"--save", folder / "kept.npz"}},
      {"activations", {"--save", folder / "kept.npy", "--layers", "output"}}};
  for (auto [tool, arguments] : calls) {
    const auto option = std::find_if(arguments.begin(), arguments.end(),
                                     [](const auto& word) { return word.starts_with("--save"); });
    const fs::path file = testing::write_file(*(option + 1), "mine");
    const std::string hint = "exists already; add --force, or choose another " + *option + "\n";
    arguments.insert(arguments.begin(), path);
    arguments.insert(arguments.end(), {"--out", folder / "out"});
    expect_refusal(tool, arguments, kFailed, {file.filename(), hint});
    EXPECT_EQ(read_file(file), "mine") << tool;
  }
}

TEST(Tools, RefuseToWriteRowsOfATableAsImagesBeforeTheWork) {
  if (!figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  const auto path =
      testing::small_checkpoint(folder / "run", "dense_autoencoder", {"--dataset", "iris"});
  expect_refusal("reconstruct", {path, "--write-images", "--out", folder / "x"}, kFailed,
                 {"--write-images: expected items that are images", "iris of 4", "leave it out"});
  EXPECT_FALSE(fs::exists(folder / "x"));
}

TEST(Tools, WriteNothingToAStandardOutputThatIsClosed) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  const auto code_of = [&](const std::string& out) {
    return testing::run("/bin/sh", {"-c", "exec \"$0\" \"$@\" >&-", testing::program_path("encode"),
                                    path, "--no-picture", "--out", out})
        .exit_code;
  };
  EXPECT_EQ(code_of("-"), kFailed);
  EXPECT_EQ(code_of(folder / "codes.npy"), kDone);
}

TEST(Tools, WrongUsageEndsWithCodeTwoBeforeAnyFileIsOpened) {
  const std::string absent = "/nowhere/absent.pt";
  expect_refusal("inspect", {}, kWrongUsage, {"CKPT", "found 0 arguments"});
  expect_refusal("inspect", {absent, "--dif", "x"}, kWrongUsage, {"--diff"});
  expect_refusal("show", {"--dataset", "digts"}, kWrongUsage, {"digits"});
  expect_refusal("show", {"--random", "3", "--indices", "1"}, kWrongUsage,
                 {"--random", "--indices"});
  expect_refusal("encode", {absent, "--out", "codes.txt"}, kWrongUsage,
                 {".csv", ".npy", "codes.txt"});
  expect_refusal("encode", {absent, "--indices", "9-3"}, kWrongUsage, {"--indices", "9-3"});
  expect_refusal("decode", {absent}, kWrongUsage, {"CODES"});
  expect_refusal("generate", {absent}, kWrongUsage, {"--at", "--samples", "found 0"});
  expect_refusal("generate", {absent, "--samples", "3", "--manifold", "4"}, kWrongUsage,
                 {"found 2"});
  expect_refusal("generate", {absent, "--at", "1,2;3"}, kWrongUsage, {"--at", "1,2;3"});
  expect_refusal("generate", {absent, "--interpolate", "3"}, kWrongUsage, {"two rows", "found 1"});
  expect_refusal("reconstruct", {absent, "a.png", "--indices", "3"}, kWrongUsage,
                 {"images or rows"});
}

TEST(Tools, RefuseOptionsThatWouldDoNothing) {
  struct Case {
    std::string tool;
    Arguments arguments;
    std::string option, hint;
  };
  const std::string absent = "/nowhere/absent.pt";
  const std::vector<Case> cases = {
      {"generate", {absent, "--samples", "3", "--steps", "4"}, "--steps", "--interpolate"},
      {"generate", {absent, "--samples", "3", "--spherical"}, "--spherical", "--interpolate"},
      {"generate", {absent, "--traverse", "1", "--spherical"}, "--spherical", "--interpolate"},
      {"generate", {absent, "--samples", "3", "--dims", "0,2"}, "--dims", "--manifold"},
      {"generate", {absent, "--at", "1,2", "--sampler", "maf"}, "--sampler", "--samples"},
      {"generate", {absent, "--interpolate", "1,2", "--sampler", "maf"}, "--sampler", "--samples"},
      {"generate", {absent, "--at", "1,2", "--seed", "3"}, "--seed", "--samples"},
      {"generate", {absent, "--manifold", "3", "--seed", "3"}, "--seed", "--samples"},
      {"detect_anomalies",
       {absent, "--score", "reconstruction", "--samples", "3"},
       "--samples",
       "--score elbo"},
      {"detect_anomalies",
       {absent, "--score", "mahalanobis", "--seed", "3"},
       "--seed",
       "--score elbo"},
      {"detect_anomalies", {absent, "--score", "elbo", "--seed", "3"}, "--seed", "--samples"},
      {"detect_anomalies", {"a.json", "--step-average", "median"}, "--step-average", "series"},
      {"evaluate", {absent, "--chart", "psnr"}, "--chart", "--out"},
      {"show", {"--seed", "3"}, "--seed", "--random"}};
  for (const auto& [tool, arguments, option, hint] : cases) {
    expect_refusal(tool, arguments, kWrongUsage, {fmt::format("{}: {}: ", tool, option), hint});
  }
}

TEST(Tools, RefuseOptionsThatTheModelHasNoUseFor) {
  const TemporaryFolder folder;
  const auto path = digits_model(folder);
  expect_refusal("encode", {path, "--condition", "label", "--out", folder / "x.csv"}, kWrongUsage,
                 {"best.pt", "--condition", "takes none", "leave it out"});
  EXPECT_FALSE(fs::exists(folder / "x.csv"));
  const std::string out = folder / "found";
  expect_refusal("detect_anomalies", {path, "--samples", "3", "--seed", "2", "--out", out},
                 kWrongUsage, {"--samples", "--score elbo"});
  expect_refusal("detect_anomalies", {path, "--step-average", "median", "--out", out}, kWrongUsage,
                 {"--step-average", "series"});
  EXPECT_FALSE(fs::exists(out));
}

/// The bytes that two hexadecimal digits each tell.
std::string bytes_of(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// As HDF5 1.10 writes a file that nothing is in.
std::string empty_hdf5() {
  const std::string superblock =
      "894844460d0a1a0a030808000000000000000000ffffffffffffffff"
      "c3000000000000003000000000000000061a6137";
  const std::string root =
      "4f4844520220a68a0d6ba68a0d6ba68a0d6ba68a0d6b7802120000"
      "0000ffffffffffffffffffffffffffffffff0a02000100000058";
  return bytes_of(superblock + root) + std::string(90, '\0') + bytes_of("f751d147");
}

TEST(Import, CallsSettingsOfKerasByTheirNames) {
  const TemporaryFolder folder;
  testing::write_file(folder / "weights.h5", empty_hdf5());
  const auto model = testing::write_file(folder / "capped.json", R"({
    "class_name": "Sequential", "config": {"name": "capped", "layers": [
      {"class_name": "InputLayer", "config": {"name": "input", "batch_shape": [null, 4]}},
      {"class_name": "ReLU", "config": {"name": "relu", "max_value": 6.0}}]}})");
  expect_refusal("import", {model, "--weights", folder / "weights.h5", "--out", folder / "x.pt"},
                 kFailed, {"capped.json", "'relu'", "expected 'max_value' none, found 6.0"});
  // An option stays one.
  expect_refusal("import", {model, "--out", folder / "x.pt"}, kFailed, {"with --weights"});
}

TEST(Import, SaysWhatAFolderIsNot) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "saved.keras");
  expect_refusal("import", {folder / "saved.keras", "--out", folder / "x.pt"}, kFailed,
                 {"saved.keras", "expected a .keras archive", "found a folder", "model.save("});
}

TEST(Tools, RefusePipesAndDevicesAsData) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string kind : {"csv:", "npy:", "npz:", "idx:", "series:", "safetensors:"}) {
    expect_refusal("show", {"--dataset", kind + pipe}, kFailed,
                   {pipe, "found a pipe", "file first"});
    expect_refusal("show", {"--dataset", kind + "/dev/zero"}, kFailed, {"/dev/zero", "a device"});
  }
  expect_refusal("inspect", {pipe}, kFailed, {pipe, "found a pipe"});
}

TEST(Tools, SendNoNamesOfFilesToTheTerminalThatMoveItsCursor) {
  expect_refusal("inspect", {"no\x1b[2J\nfile.pt"}, kFailed, {"no\\x1b[2J\\nfile.pt: cannot open"});
}

TEST(Tools, RefuseRowsBehindAllNumbersAtOnce) {
  for (const char* rows : {"9223372036854775807", "9223372036854775806-9223372036854775807"}) {
    expect_refusal("show", {"--indices", rows}, kWrongUsage, {"--indices", rows});
  }
  expect_refusal("inspect", {"x.pt", "--threads", "4294967297"}, kWrongUsage,
                 {"--threads", "1 to 1024", "4294967297"});
}

TEST(Tools, HelpEndsWithCodeZeroAndShowsExamples) {
  for (const std::string tool :
       {"inspect", "show", "reconstruct", "encode", "decode", "generate"}) {
    expect_contains(run_tool_of(tool, {"--help"}),
                    {"Usage: " + tool, "Output", "\nExamples\n  " + tool});
  }
}

}  // namespace
}  // namespace hourglass::apps
