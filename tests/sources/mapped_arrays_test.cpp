#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/formats/zip.h"
#include "hourglass/formats/zip_place.h"
#include "hourglass/sources/arrays.h"
#include "hourglass/sources/open.h"
#include "hourglass/sources/shards.h"
#include "hourglass/sources/source.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <limits>

namespace hourglass::sources {

using namespace datasets;
using namespace formats;

namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// The bytes of a tensor, without a header.
std::string raw_bytes(const at::Tensor& values) {
  return {static_cast<const char*>(values.const_data_ptr()), values.nbytes()};
}

/// Options that map every file.
DataOptions mapped(const std::string& dataset) {
  DataOptions options;
  options.dataset = dataset;
  options.map_above = 0;
  options.validation = {Validation::Kind::None};
  options.scale = {ScalingRule::Kind::None};
  return options;
}

/// All inputs of the training rows.
at::Tensor inputs_of(const DataOptions& options) {
  const DataSplits data = open_data(options, 1);
  return data.training->batch(data.training->all_positions()).input;
}

/// The inputs when the file is mapped, which must equal those when it is read.
at::Tensor inputs_both_ways(DataOptions options) {
  at::Tensor inputs = inputs_of(options);
  EXPECT_TRUE(open_data(options, 1).mapped);
  options.map_above = kMapAbove;
  EXPECT_FALSE(open_data(options, 1).mapped);
  EXPECT_TRUE(inputs_of(options).equal(inputs)) << options.dataset;
  return inputs;
}

TEST(MappedArrays, GiveWhatMemoryGivesForEveryFormAndType) {
  const TemporaryFolder folder;
  const at::Tensor numbers = at::arange(60, at::kLong).view({12, 5});
  for (const std::string type : {"uint8", "int8", "int16", "int32", "int64", "uint16", "uint32",
                                 "uint64", "float16", "bfloat16", "float32", "float64"}) {
    SCOPED_TRACE(type);
    const at::Tensor stored = numbers.to(*number_type(type));
    testing::write_file(folder / "x.bin", raw_bytes(stored));
    const std::string path = (folder / "x.bin").string();
    EXPECT_TRUE(inputs_both_ways(mapped(fmt::format("raw:{},{},5", path, type))).equal(numbers));
    if (type == "uint8" || type == "int64" || type == "float32" || type == "float64") {
      write_npy(folder / "x.npy", stored);
      EXPECT_TRUE(inputs_both_ways(mapped("npy:" + (folder / "x.npy").string())).equal(numbers));
      write_npz(folder / "x.npz", {{"X", stored}});
      EXPECT_TRUE(inputs_both_ways(mapped("npz:" + (folder / "x.npz").string())).equal(numbers));
    }
    if (type.find("uint") == 0 && type != "uint8") continue;  // not in safetensors
    write_safetensors(folder / "x.safetensors", {.tensors = {{"x", stored}, {"z", stored + 1}}});
    const std::string tensors = "safetensors:" + (folder / "x.safetensors").string();
    EXPECT_TRUE(inputs_both_ways(mapped(tensors + "#z")).equal(numbers + 1));
  }
}

TEST(MappedArrays, GoOnFromShardToShardInTheOrderOfTheirNames) {
  const TemporaryFolder folder;
  const at::Tensor rows = at::rand({9, 4});
  write_npy(folder / "x-2.npy", rows.narrow(0, 0, 3));
  write_npy(folder / "x-10.npy", rows.narrow(0, 3, 6));
  testing::write_file(folder / "note.txt", "no array");
  EXPECT_TRUE(inputs_both_ways(mapped("npy:" + folder.path().string())).equal(rows));
  EXPECT_TRUE(inputs_both_ways(mapped("npy:" + (folder / "x-*.npy").string())).equal(rows));
  write_npy(folder / "y.npy", at::tensor({3, 3, 3, 8, 8, 8, -1, 3, 3}, at::kLong));
  const DataSplits data = open_data(
      mapped("npy:" + (folder / "x-*.npy").string() + "," + (folder / "y.npy").string()), 1);
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"-1", "3", "8"}));
  EXPECT_TRUE(data.training->batch(data.training->all_positions())
                  .labels.equal(at::tensor({1, 1, 1, 2, 2, 2, 0, 1, 1}, at::kLong)));
  expect_contains(error_of([&] { open_data(mapped("npy:" + (folder / "z*.npy").string()), 1); }),
                  {"z*.npy", "expected files, found none"});
}

TEST(MappedArrays, RefuseShardsThatDifferWhetherTheyAreMappedOrRead) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::rand({3, 4}));
  for (const int64_t map_above : {int64_t{0}, kMapAbove}) {
    DataOptions options = mapped("npy:" + folder.path().string());
    options.map_above = map_above;
    write_npy(folder / "b.npy", at::rand({3, 5}));
    expect_contains(error_of([&] { open_data(options, 1); }),
                    {"b.npy", "expected items of 4 as in", "a.npy", "found 5"});
    write_npy(folder / "b.npy", at::zeros({3, 4}, at::kByte));
    expect_contains(error_of([&] { open_data(options, 1); }),
                    {"b.npy", "expected float32 as in", "a.npy", "found uint8"});
  }
}

TEST(MappedArrays, GiveItemsTheShapeOfABatch) {
  const TemporaryFolder folder;
  for (const Shape& shape : {Shape{5}, {5, 7}, {5, 4, 6}, {5, 3, 8, 6}, {5, 8, 6, 3}}) {
    write_npy(folder / "x.npy", at::rand(shape));
    inputs_both_ways(mapped("npy:" + (folder / "x.npy").string()));
  }
}

TEST(MappedArrays, HaveAnIdentityOfSizesTimesAndSamples) {
  const TemporaryFolder folder;
  at::Tensor values = at::zeros({40'000, 5});
  const auto digest_of = [&](bool keep_time) {
    const bool there = fs::exists(folder / "x.npy");
    const auto time = there ? fs::last_write_time(folder / "x.npy") : fs::file_time_type();
    write_npy(folder / "x.npy", values);
    if (keep_time) fs::last_write_time(folder / "x.npy", time);
    return read_arrays(folder / "x.npy", {}, {}, 0).sha256;
  };
  const std::string first = digest_of(false);
  EXPECT_EQ(digest_of(true), first);
  values[39'999][4] = 1;
  const std::string changed = digest_of(true);
  EXPECT_NE(changed, first) << "the last block is looked at";
  fs::last_write_time(folder / "x.npy",
                      fs::last_write_time(folder / "x.npy") - std::chrono::hours(1));
  EXPECT_NE(read_arrays(folder / "x.npy", {}, {}, 0).sha256, changed);
  const DataSplits data = open_data(mapped("npy:" + (folder / "x.npy").string()), 1);
  EXPECT_EQ(data.info.identity, kSampledIdentity);
  const StoredData small = read_npy_rows(folder / "x.npy", {});
  EXPECT_EQ(small.identity, "");
  EXPECT_EQ(small.sha256, sha256(read_file(folder / "x.npy")));
}

TEST(MappedArrays, NameTheRowThatIsNotFiniteWhenItIsRead) {
  const TemporaryFolder folder;
  at::Tensor values = at::zeros({20'000, 3});
  values[300][1] = std::numeric_limits<float>::infinity();
  write_npy(folder / "x.npy", values);  // between two stretches of the sample
  const DataSplits data = open_data(mapped("npy:" + (folder / "x.npy").string()), 1);
  expect_contains(error_of([&] { data.training->batch(at::tensor({300}, at::kLong)); }),
                  {"x.npy: row 300", "finite", "value 1"});
}

TEST(MappedArrays, ScaleByASampleAndSaySo) {
  const TemporaryFolder folder;
  const at::Tensor values = at::arange(40'000, at::kFloat).view({20'000, 2});
  write_npy(folder / "x.npy", values);
  DataOptions options = mapped("npy:" + (folder / "x.npy").string());
  options.scale = {ScalingRule::Kind::MinMax};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.scaling.offset, (std::vector<double>{0, 1})) << "the first row is looked at";
  EXPECT_FLOAT_EQ(static_cast<float>(data.info.scaling.factor[0]), 1 / 39'998.0F) << "and the last";
  expect_contains(data.info.notes.at(0), {"16,384 of the 20,000 training rows"});
  options.validation = *Validation::parse("split:0.1");
  const DataSplits split = open_data(options, 1);
  EXPECT_EQ(split.info.training_rows, 20'000 - 8 * 256);
  EXPECT_EQ(split.info.validation_rows, 8 * 256);
}

TEST(MappedArrays, AreChosenByRowsAndClassesAsOthersAre) {
  const TemporaryFolder folder;
  const at::Tensor values = at::rand({10'000, 3});
  write_npy(folder / "x.npy", values);
  write_npy(folder / "y.npy", at::arange(10'000, at::kLong).remainder(4));
  for (const char* rows : {"10-19", "column1 < 0.25 and label == 3", "row >= 9990"}) {
    DataOptions options =
        mapped("npy:" + (folder / "x.npy").string() + "," + (folder / "y.npy").string());
    options.rows = *RowChoice::parse(rows);
    options.classes = *ClassChoice::parse("1,3");
    inputs_both_ways(options);
    options.validation = {};
    inputs_both_ways(options);
    EXPECT_EQ(open_data(options, 1).info.validation, "split:0.1");
  }
}

TEST(MappedArrays, TakeAnotherShapeAndPairWithTargets) {
  const TemporaryFolder folder;
  write_npy(folder / "x.npy", at::rand({50, 12}));
  write_npy(folder / "z.npy", at::rand({50, 12}));
  DataOptions options = mapped("npy:" + (folder / "x.npy").string());
  options.targets = "npy:" + (folder / "z.npy").string();
  options.item_shape = {3, 2, 2};
  EXPECT_EQ(inputs_both_ways(options).sizes(), (at::IntArrayRef{50, 3, 2, 2}));
  const auto info = open_data(options, 1).info;
  EXPECT_FALSE(info.identity.empty());
  EXPECT_EQ(info.targets->identity, info.identity);
}

TEST(MappedArrays, SayWhatIsWrong) {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& dataset) {
    return error_of([&] { open_data(mapped(dataset), 1); });
  };
  const std::string raw = testing::write_file(folder / "x.bin", std::string(41, '\0')).string();
  expect_contains(refusal("raw:" + raw + ",float32,2x5"),
                  {"x.bin", "rows of 40 bytes", "float32 2 x 5", "found 41", "1 more than 1 rows"});
  write_npy(folder / "x.npy", at::rand({4, 3}));
  const std::string npy = read_file(folder / "x.npy");
  testing::write_file(folder / "cut.npy", npy.substr(0, npy.size() - 1));
  expect_contains(refusal("npy:" + (folder / "cut.npy").string()), {"cut.npy", "cut off"});
  std::string fortran = npy;
  fortran.replace(fortran.find("False"), 5, "True ");
  testing::write_file(folder / "f.npy", fortran);
  expect_contains(refusal("npy:" + (folder / "f.npy").string()),
                  {"f.npy", "Fortran order", "ascontiguousarray"});
  write_safetensors(folder / "x.safetensors",
                    {.tensors = {{"first", at::rand({4, 3})}, {"second", at::rand({4, 3})}}});
  const std::string tensors = "safetensors:" + (folder / "x.safetensors").string();
  expect_contains(refusal(tensors), {"expected one tensor, found first, second", "#first"});
  expect_contains(refusal(tensors + "#secnd"), {"secnd", "did you mean 'second'"});
}

TEST(StoredInZip, FindsWhatIsNotCompressed) {
  const TemporaryFolder folder;
  write_zip(folder / "a.zip", {{"one", "1"}, {"two", "22"}});
  const std::string bytes = read_file(folder / "a.zip");
  EXPECT_EQ(stored_in_zip(bytes, "two"), "22");
  EXPECT_EQ(stored_in_zip(bytes, "one"), "1");
  EXPECT_FALSE(stored_in_zip(bytes, "three"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(stored_in_zip(std::string_view(bytes).substr(0, size), "two")) << size;
  }
}

TEST(ParseSource, KnowsRawFilesByTheirTypeAndShape) {
  const Source source = parse_source("raw:a,b.bin,bfloat16,3x32x32", "dataset");
  EXPECT_EQ(source.path, "a,b.bin");
  EXPECT_EQ(source.form.type, at::kBFloat16);
  EXPECT_EQ(source.form.item_shape, (Shape{3, 32, 32}));
  for (const char* text :
       {"raw:", "raw:x.bin", "raw:x.bin,float32", "raw:x.bin,float31,4", "raw:x.bin,float32,4x0",
        "raw:,float32,4", "safetensors:", "safetensors:#x"}) {
    EXPECT_THROW(parse_source(text, "dataset"), UsageError) << text;
  }
}

TEST(ParseSource, RefusesRawItemsOfMoreBytesThanCanBeCounted) {
  // 2^61 and 2^60 values of 8 bytes.
  for (const std::string shape :
       {"2305843009213693952", "1152921504606846976", "1073741824x1073741824"}) {
    const auto parse = [&] { parse_source("raw:x.bin,float64," + shape, "dataset"); };
    EXPECT_THROW(parse(), UsageError) << shape;
    expect_contains(error_of(parse), {"`dataset`", "2^63 bytes", "found '" + shape + "'"});
  }
  EXPECT_NO_THROW(parse_source("raw:x.bin,uint8,2305843009213693952", "dataset"));
}

TEST(DataOptions, MapAboveIsANumberWhoseBytesCanBeCounted) {
  DataOptions options;
  FieldTable table;
  options.describe(table);
  const Field& map_above = *table.find("map_above");
  EXPECT_NO_THROW(map_above.set("1000000000000"));
  for (const std::string megabytes : {"1000000000001", "10000000000000", "9223372036854775807"}) {
    EXPECT_THROW(map_above.set(megabytes), UsageError) << megabytes;
    expect_contains(error_of([&] { map_above.set(megabytes); }),
                    {"`map_above`", "at most 1000000000000", megabytes});
  }
  EXPECT_EQ(options.map_above, 1'000'000'000'000);
}

}  // namespace
}  // namespace hourglass::sources
