#include "hourglass/evaluation/code_index.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/npy.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TEST(CodeIndexFile, HoldsWhatWasKept) {
  const TemporaryFolder folder;
  const CodeIndex index = {.entries = {at::randn({5, 3}), at::tensor({1, 0, 2, 1, 1}, at::kLong)},
                           .distance = Distance::Cosine,
                           .checkpoint_sha256 = "abc",
                           .data_name = "digits",
                           .data_sha256 = "def",
                           .part = "train"};
  save_index(folder / "index.npz", index);
  const CodeIndex read = load_index(folder / "index.npz");
  EXPECT_TRUE(at::equal(read.entries.codes, index.entries.codes));
  EXPECT_TRUE(at::equal(read.entries.labels, index.entries.labels));
  EXPECT_EQ(read.distance, Distance::Cosine);
  EXPECT_EQ(read.checkpoint_sha256, "abc");
  EXPECT_EQ(read.data_name, "digits");
  EXPECT_EQ(read.data_sha256, "def");
  EXPECT_EQ(read.part, "train");
}

TEST(CodeIndexFile, IsRefusedInOneLineWhereItIsNotOne) {
  const TemporaryFolder folder;
  const auto error_of_arrays = [&](const std::vector<NamedTensor>& arrays) {
    formats::write_npz(folder / "index.npz", arrays);
    return error_of([&] { load_index(folder / "index.npz"); });
  };
  const auto about = [](const std::string& text) {
    return NamedTensor{"about", at::tensor(std::vector<uint8_t>(text.begin(), text.end()))};
  };
  const NamedTensor codes = {"codes", at::rand({2, 3})};
  expect_contains(error_of_arrays({codes}), {"index.npz", "about"});
  expect_contains(error_of_arrays({codes, about("no JSON")}), {"index.npz", "about"});
  expect_contains(error_of_arrays({codes, about(R"({"format": 1, "distance": "l3"})")}),
                  {"index.npz", "'distance'", "l2", "l3"});
  expect_contains(error_of_arrays({codes, about(R"({"format": 1, "distance": "l2"})")}),
                  {"index.npz", "'checkpoint_sha256'"});
  expect_contains(
      error_of_arrays({codes, {"labels", at::tensor({1, 2, 3}, at::kLong)}, about("{}")}),
      {"index.npz", "label"});
  expect_contains(error_of_arrays({codes, {"labels", at::tensor({1, -2}, at::kLong)}, about("{}")}),
                  {"index.npz", "a label of at least 0"});
}

}  // namespace
}  // namespace hourglass::evaluation
