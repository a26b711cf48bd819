// What a program without our card does when it is loaded is tried in a child process first.

#include "hourglass/formats/torchscript_loading.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/torchscript_archive.h"
#include "hourglass/formats/weights.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// A program that runs a line as it is loaded.
fs::path program_with(const TemporaryFolder& folder, const std::string& line) {
  torch::jit::Module module("foreign");
  module.define(
      "def __getstate__(self) -> int:\n  return 1\n"
      "def __setstate__(self, state: int) -> None:\n  " +
      line +
      "\n"
      "def forward(self, x):\n  return x\n");
  module.save(folder / "foreign.pt");
  return folder / "foreign.pt";
}

TEST(LoadTorchScript, TakesAProgramWithoutACard) {
  const TemporaryFolder folder;
  const fs::path path = program_with(folder, "print(state)");
  EXPECT_FALSE(has_card(path));
  torch::jit::ExtraFilesMap extra;
  auto module = load_torchscript(path, at::kCPU, extra);
  const at::Tensor x = at::ones({2, 3});
  EXPECT_TRUE(at::equal(module.forward({x}).toTensor(), x));
}

TEST(LoadTorchScript, RefusesAProgramThatWantsMoreMemoryThanItsFileCanNeed) {
  const TemporaryFolder folder;
  const fs::path path = program_with(folder, "print(torch.zeros([2000, 1000, 1000]))");  // 8 GB
  expect_contains(error_of([&] { evaluation::ExportedModel::load(path); }),
                  {"foreign.pt: ", "TorchScript", "memory"});
  expect_contains(error_of([&] { read_weights(path); }), {"foreign.pt: ", "TorchScript", "memory"});
}

}  // namespace
}  // namespace hourglass::formats
