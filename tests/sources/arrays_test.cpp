#include "hourglass/sources/arrays.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/zip.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <limits>

namespace hourglass::sources {

using namespace datasets;
using namespace formats;

namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// A folder of arrays.
class Arrays {
 public:
  fs::path npy(const std::string& name, const at::Tensor& values) const {
    write_npy(folder_ / name, values);
    return folder_ / name;
  }
  fs::path npz(const std::vector<NamedTensor>& arrays) const {
    write_npz(folder_ / "a.npz", arrays);
    return folder_ / "a.npz";
  }

 private:
  TemporaryFolder folder_;
};

at::Tensor bytes(at::IntArrayRef shape) {
  return at::arange(c10::multiply_integers(shape)).remainder(256).to(at::kByte).view(shape);
}

TEST(ReadNpyRows, GivesItemsTheShapeOfABatch) {
  const Arrays arrays;
  const auto shape_of = [&](at::IntArrayRef shape) {
    return read_npy_rows(arrays.npy("x.npy", at::rand(shape)), {}).rows.values.sizes().vec();
  };
  EXPECT_EQ(shape_of({5}), (Shape{5, 1}));
  EXPECT_EQ(shape_of({5, 7}), (Shape{5, 7}));
  EXPECT_EQ(shape_of({5, 4, 6}), (Shape{5, 1, 4, 6}));
  EXPECT_EQ(shape_of({5, 3, 8, 6}), (Shape{5, 3, 8, 6}));
  EXPECT_EQ(shape_of({5, 8, 6, 4}), (Shape{5, 4, 8, 6}));
  EXPECT_EQ(shape_of({5, 7, 8, 6}), (Shape{5, 7, 8, 6})) << "neither may be channels";
  EXPECT_EQ(shape_of({5, 3, 8, 1}), (Shape{5, 3, 8, 1})) << "both may be";
}

TEST(ReadNpyRows, PutsLastChannelsFirstAndSaysSo) {
  const Arrays arrays;
  const at::Tensor images = bytes({2, 5, 4, 3});
  const StoredData data = read_npy_rows(arrays.npy("x.npy", images), {});
  EXPECT_TRUE(data.rows.values.equal(images.permute({0, 3, 1, 2})));
  EXPECT_TRUE(data.rows.values.is_contiguous());
  ASSERT_EQ(data.notes.size(), 1U);
  expect_contains(data.notes[0], {"x.npy", "5 x 4 x 3", "channels last"});
  const StoredData unclear = read_npy_rows(arrays.npy("x.npy", bytes({2, 3, 4, 3})), {});
  expect_contains(unclear.notes.at(0), {"first or last", "taken as first", "moveaxis"});
  EXPECT_TRUE(read_npy_rows(arrays.npy("x.npy", bytes({2, 3, 5, 5})), {}).notes.empty());
}

TEST(ReadNpyRows, KeepsBytesAndMakesOtherNumbersFloats) {
  const Arrays arrays;
  const StoredData images = read_npy_rows(arrays.npy("x.npy", bytes({2, 4, 4})), {});
  EXPECT_EQ(images.rows.values.scalar_type(), at::kByte);
  EXPECT_EQ(images.natural_scale.text(), "max:255");
  const fs::path path = arrays.npy("x.npy", at::arange(6, at::kLong).view({3, 2}));
  const StoredData numbers = read_npy_rows(path, {});
  EXPECT_TRUE(numbers.rows.values.equal(at::arange(6, at::kFloat).view({3, 2})));
  EXPECT_EQ(numbers.natural_scale.text(), "minmax");
  EXPECT_EQ(numbers.sha256, sha256(read_file(path)));
}

TEST(ReadNpyRows, NumbersTheClassesOfLabels) {
  const Arrays arrays;
  const fs::path x = arrays.npy("x.npy", at::rand({4, 2}));
  for (const auto& y : {at::tensor({7, -1, 7, 10}, at::kLong), at::tensor({7.0, -1.0, 7.0, 10.0}),
                        at::tensor({7, -1, 7, 10}, at::kLong).view({4, 1})}) {
    const StoredData data = read_npy_rows(x, arrays.npy("y.npy", y));
    EXPECT_TRUE(data.rows.labels.equal(at::tensor({1, 0, 1, 2}, at::kLong)));
    EXPECT_EQ(data.class_names, (std::vector<std::string>{"-1", "7", "10"}));
    EXPECT_EQ(data.sha256, sha256(read_file(x) + read_file(x.parent_path() / "y.npy")));
  }
}

TEST(ReadNpyRows, SaysWhatIsWrong) {
  const Arrays arrays;
  const fs::path x = arrays.npy("x.npy", at::rand({4, 2}));
  const auto refusal = [&](const at::Tensor& y) {
    return error_of([&] { read_npy_rows(x, arrays.npy("y.npy", y)); });
  };
  expect_contains(refusal(at::zeros({3})), {"y.npy", "expected 4 labels", "x.npy", "found 3"});
  expect_contains(refusal(at::zeros({4, 3})), {"[N] or [N, 1]", "4 x 3", "argmax"});
  expect_contains(refusal(at::tensor({0.0, 1.0, 0.5, 1.0})), {"whole numbers", "0.5", "row 2"});
  const auto without = [&](const at::Tensor& values) {
    return error_of([&] { read_npy_rows(arrays.npy("x.npy", values), {}); });
  };
  at::Tensor values = at::zeros({3, 2, 2});
  values[2][0][1] = std::numeric_limits<float>::quiet_NaN();
  expect_contains(without(values), {"x.npy", "finite", "row 2, value 1"});
  expect_contains(without(at::full({1}, 1e300, at::kDouble)), {"float32", "row 0"});
  expect_contains(without(at::zeros({})), {"rows of numbers", "shape []"});
  expect_contains(without(at::zeros({0, 3})), {"rows of numbers", "0 x 3"});
  expect_contains(error_of([] { read_npy_rows("absent.npy", {}); }), {"absent.npy", "No such"});
}

TEST(ReadNpzRows, ReadsWhatKerasCallsMnist) {
  const Arrays arrays;
  const fs::path path = arrays.npz({{"x_test", bytes({2, 4, 4})},
                                    {"x_train", bytes({6, 4, 4})},
                                    {"y_test", at::tensor({5, 9}, at::kByte)},
                                    {"y_train", at::tensor({9, 0, 5, 5, 0, 9}, at::kByte)}});
  DataOptions options;
  options.dataset = "npz:" + path.string();
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.validation, "test");
  EXPECT_EQ(data.info.training_rows, 6);
  EXPECT_EQ(data.info.stored_type, "uint8");
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"0", "5", "9"}));
  EXPECT_EQ(data.info.sha256, sha256(read_file(path)));
  const Batch test = data.test->batch(data.test->all_positions());
  EXPECT_TRUE(test.labels.equal(at::tensor({1, 2}, at::kLong)));
  EXPECT_EQ(test.input.sizes(), (at::IntArrayRef{2, 1, 4, 4}));
  EXPECT_FLOAT_EQ(test.input.flatten()[31].item<float>(), 31.0F / 255);
}

TEST(ReadNpzRows, ReadsOneTableOrArray) {
  const Arrays arrays;
  const at::Tensor x = at::rand({3, 2}), y = at::tensor({1, 0, 1}, at::kLong);
  EXPECT_TRUE(read_npz_rows(arrays.npz({{"y", y}, {"X", x}})).rows.labels.equal(y));
  EXPECT_TRUE(read_npz_rows(arrays.npz({{"x", x}, {"other", y}})).rows.values.equal(x));
  const StoredData only = read_npz_rows(arrays.npz({{"arr_0", x}}));
  EXPECT_TRUE(only.rows.values.equal(x));
  EXPECT_FALSE(only.rows.labels.defined());
  DataOptions options;
  options.dataset = "npz:" + arrays.npz({{"x", at::rand({20, 2})}}).string();
  EXPECT_EQ(open_data(options, 1).info.validation, "split:0.1");
  options.validation = {Validation::Kind::Test};
  EXPECT_THROW(open_data(options, 1), UsageError);
}

TEST(ReadNpzRows, SaysWhatIsMissing) {
  const Arrays arrays;
  const at::Tensor x = at::rand({3, 2}), y = at::tensor({1, 0, 1}, at::kLong);
  const auto refusal = [&](const std::vector<NamedTensor>& members) {
    return error_of([&] { read_npz_rows(arrays.npz(members)); });
  };
  expect_contains(refusal({{"images", x}, {"classes", y}}),
                  {"a.npz", "x_train", "X and y", "found images, classes"});
  expect_contains(refusal({{"x_train", x}, {"y_train", y}, {"x_test", x}}), {"y_train and y_test"});
  expect_contains(refusal({{"x_train", x}, {"x_test", at::rand({3, 5})}}),
                  {"x_test", "items of 2", "x_train", "found 5"});
  const TemporaryFolder folder;
  testing::write_file(folder / "b.npz", read_file(arrays.npz({{"x", x}})).substr(0, 100));
  expect_contains(error_of([&] { read_npz_rows(folder / "b.npz"); }), {"b.npz", "ZIP archive"});
  write_zip(folder / "c.npz", {{"x.npy", npy_bytes(x).substr(0, 90)}});
  expect_contains(error_of([&] { read_npz_rows(folder / "c.npz"); }), {"c.npz: x.npy", "cut off"});
}

TEST(OpenData, KnowsTheFormsOfArrays) {
  DataOptions options;
  for (const std::string text : {"npy:", "npy:,y.npy", "npy:a,b,c", "npz:"}) {
    options.dataset = text;
    EXPECT_THROW(open_data(options, 1), UsageError) << text;
  }
  for (const std::string suffix : {"npy", "npz"}) {
    options.dataset = "mine." + suffix;
    expect_contains(error_of([&] { open_data(options, 1); }),
                    {fmt::format("did you mean '{0}:mine.{0}'", suffix)});
  }
}

}  // namespace
}  // namespace hourglass::sources
