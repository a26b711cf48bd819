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
  EXPECT_TRUE(fs::is_empty(folder / "found"));
  expect_refusal("activations", {path, "--save", folder / "absent/a.npz"}, kFailed,
                 {"a.npz", "expected a folder"});
  expect_refusal("reconstruct", {path, "--out", folder / "file/out"}, kFailed, {"file"});
  expect_refusal("generate", {path, "--at", "0,0", "--out", folder / "file/out"}, kFailed,
                 {"file"});
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
