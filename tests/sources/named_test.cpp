#include "hourglass/sources/named.h"

#include "hourglass/core/files.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/embedded.h"
#include "hourglass/tests/sources/idx_files.h"
#include "hourglass/tests/sources/places.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::sources {

using namespace formats;

namespace {

namespace fs = std::filesystem;

using testing::EmptyPlaces;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_small_mnist;

TEST(Embedded, HoldsTheFilesByteForByte) {
  EXPECT_EQ(embedded::digits_csv().size(), 264712U);
  EXPECT_EQ(sha256(embedded::digits_csv()),
            "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8");
  EXPECT_EQ(sha256(embedded::iris_csv()),
            "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449");
}

TEST(ReadDigits, ReadsTheBuiltInCopy) {
  const EmptyPlaces places;
  const StoredData data = read_digits("");
  EXPECT_EQ(data.rows.values.sizes().vec(), (Shape{1797, 1, 8, 8}));
  EXPECT_TRUE(
      data.rows.values[0][0][0].equal(at::tensor({0.F, 0.F, 5.F, 13.F, 9.F, 1.F, 0.F, 0.F})));
  EXPECT_EQ(data.rows.values.max().item<float>(), 16);
  EXPECT_EQ(data.rows.labels[1796].item<int64_t>(), 8);
  EXPECT_EQ(data.class_names.size(), 10U);
  EXPECT_EQ(data.class_names[9], "9");
  EXPECT_EQ(data.sha256, sha256(embedded::digits_csv()));
  EXPECT_TRUE(data.test.empty());
  EXPECT_TRUE(data.notes.empty());
}

TEST(ReadIris, ReadsTheBuiltInCopyAndSaysWhatItSkipped) {
  const EmptyPlaces places;
  const StoredData data = read_iris("");
  EXPECT_EQ(data.rows.values.sizes().vec(), (Shape{150, 4}));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"setosa", "versicolor", "virginica"}));
  ASSERT_EQ(data.notes.size(), 1U);
  expect_contains(data.notes[0], {"iris.csv: skipped line 1", "150,4,setosa"});
}

TEST(ReadMnist, ReadsTheRealFiles) {
  HOURGLASS_NEEDS_DATA("mnist/train-images-idx3-ubyte.gz");
  const StoredData data = read_mnist("");
  EXPECT_EQ(data.rows.values.sizes().vec(), (Shape{60000, 1, 28, 28}));
  EXPECT_EQ(data.rows.values.scalar_type(), at::kByte);
  EXPECT_EQ(data.test.values.sizes().vec(), (Shape{10000, 1, 28, 28}));
  EXPECT_EQ(data.test.labels[0].item<int64_t>(), 7);
  EXPECT_EQ(data.sha256, "227111746c1956b229de0ae762b7dbf2885be3ac547ca613501aaed94e0a39d0");
}

TEST(ReadFashionMnist, ReadsTheRealFiles) {
  if (!fs::exists("/usr/share/datasets/fashion-mnist")) {
    GTEST_SKIP() << "needs `apt install dataset-fashion-mnist`";
  }
  const EmptyPlaces places;
  const StoredData data = read_fashion_mnist("");
  EXPECT_EQ(data.rows.values.sizes().vec(), (Shape{60000, 1, 28, 28}));
  EXPECT_TRUE(data.rows.labels.bincount().equal(at::full({10}, 6000, at::kLong)));
  EXPECT_TRUE(data.test.labels.bincount().equal(at::full({10}, 1000, at::kLong)));
  EXPECT_EQ(data.class_names[static_cast<size_t>(data.rows.labels[0].item<int64_t>())],
            "Ankle boot");
}

TEST(ReadMnist, LooksInOnePlaceAfterTheOther) {
  const EmptyPlaces places;
  const TemporaryFolder given;
  // Each place holds a training set of its own size; the one found is known by it.
  write_small_mnist(given / "mnist", 3);
  write_small_mnist(places.variable() / "mnist", 4);
  write_small_mnist(places.cache() / "mnist", 5);
  EXPECT_EQ(read_mnist(given.path()).rows.size(), 3);
  EXPECT_EQ(read_mnist("").rows.size(), 4);
  fs::remove_all(places.variable() / "mnist");
  EXPECT_EQ(read_mnist("").rows.size(), 5);
  // Without XDG_CACHE_HOME the cache is in the home folder.
  unsetenv("XDG_CACHE_HOME");
  write_small_mnist(places.home() / ".cache/hourglass/mnist", 6);
  EXPECT_EQ(read_mnist("").rows.size(), 6);
}

TEST(ReadMnist, PassesOverAnIncompleteSetAndSaysSo) {
  const EmptyPlaces places;
  const TemporaryFolder given;
  write_small_mnist(given / "mnist", 3);
  fs::remove(given / "mnist/t10k-labels-idx1-ubyte");
  write_small_mnist(places.cache() / "mnist", 5);
  const StoredData data = read_mnist(given.path());
  EXPECT_EQ(data.rows.size(), 5);
  ASSERT_EQ(data.notes.size(), 1U);
  expect_contains(data.notes[0], {"mnist: not found in --data-dir", places.cache().string()});
}

TEST(ReadMnist, SaysWhereItLookedAndWhatToRun) {
  const EmptyPlaces places;
  const std::string message = error_of([] { read_mnist("/nowhere"); });
  expect_contains(message,
                  {"mnist: expected train-images-idx3-ubyte.gz", "/nowhere/mnist (`data_dir`)",
                   (places.variable() / "mnist").string() + " ($HOURGLASS_DATA)",
                   (places.cache() / "mnist").string() + " (the user's cache)",
                   "/usr/share/datasets/mnist", "run `scripts/download_data.sh mnist`"});
}

TEST(ReadMnist, AcceptsCompressedAndPlainFilesSideBySide) {
  const EmptyPlaces places;
  const fs::path folder = places.cache() / "mnist";
  write_small_mnist(folder, 3);
  const fs::path labels = folder / "train-labels-idx1-ubyte";
  testing::write_file(labels.string() + ".gz", testing::gzip(read_file(labels)));
  fs::remove(labels);
  EXPECT_EQ(read_mnist("").rows.size(), 3);
}

TEST(ReadMnist, RefusesFilesThatDoNotBelongTogether) {
  const EmptyPlaces places;
  const fs::path folder = places.cache() / "mnist";
  write_small_mnist(folder, 3);
  testing::write_file(folder / "train-labels-idx1-ubyte", testing::idx_labels({1, 2}));
  expect_contains(error_of([] { read_mnist(""); }),
                  {"train-labels-idx1-ubyte: expected 3 labels", "found 2"});
  testing::write_file(folder / "train-labels-idx1-ubyte", testing::idx_labels({1, 2, 10}));
  expect_contains(error_of([] { read_mnist(""); }), {"labels from 0 to 9, found 10"});
  write_small_mnist(folder, 3);
  testing::write_file(folder / "t10k-images-idx3-ubyte", testing::idx_file({2, 5, 5}));
  expect_contains(error_of([] { read_mnist(""); }), {"differ in size"});
}

TEST(ReadDigits, PrefersAFileToTheBuiltInCopy) {
  const EmptyPlaces places;
  std::string row;
  for (int i = 0; i < 64; ++i) row += "7,";
  testing::write_file(places.variable() / "digits.csv", row + "0\n" + row + "1\n");
  EXPECT_EQ(read_digits("").rows.size(), 2);
  testing::write_file(places.variable() / "digits.csv", "1,2,0\n");
  expect_contains(error_of([] { read_digits(""); }), {"expected 64 values", "found 2"});
}

TEST(ReadDigits, FallsBackWhenTheGivenFolderLacksIt) {
  const EmptyPlaces places;
  const StoredData data = read_digits("/nowhere");
  EXPECT_EQ(data.rows.size(), 1797);
  ASSERT_EQ(data.notes.size(), 1U);
  expect_contains(data.notes[0], {"digits.csv: not found in --data-dir /nowhere", "built-in copy"});
}

}  // namespace
}  // namespace hourglass::sources
