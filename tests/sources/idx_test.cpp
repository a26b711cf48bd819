#include "hourglass/sources/idx.h"

#include "hourglass/core/files.h"
#include "hourglass/tests/sources/idx_files.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

namespace hourglass::sources {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::gzip;
using testing::idx_file;
using testing::idx_header;
using testing::TemporaryFolder;

at::Tensor read_idx(const std::filesystem::path& path) {
  return parse_idx(read_file(path), path.string());
}

/// The error of reading a file of these bytes.
std::string idx_error(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "images.idx", bytes);
  std::string message = error_of([&] { read_idx(path); });
  expect_contains(message, {"images.idx: "});
  return message;
}

TEST(ReadIdx, ReadsEveryRankPlainAndCompressed) {
  const TemporaryFolder folder;
  for (const Shape& shape : {Shape{5}, Shape{5, 3}, Shape{5, 2, 3}, Shape{5, 3, 2, 2}}) {
    const auto plain = testing::write_file(folder / "a.gz", idx_file(shape));
    const auto compressed = testing::write_file(folder / "a", gzip(idx_file(shape)));
    const at::Tensor values = read_idx(plain);
    EXPECT_EQ(values.sizes().vec(), shape);
    EXPECT_EQ(values.scalar_type(), at::kByte);
    EXPECT_TRUE(values.flatten().equal(at::arange(values.numel(), at::kByte)));
    EXPECT_TRUE(read_idx(compressed).equal(values)) << "the name must not decide";
  }
}

TEST(ReadIdx, ReadsTheRealMnist) {
  HOURGLASS_NEEDS_DATA("mnist/train-images-idx3-ubyte.gz");
  const at::Tensor images = read_idx(testing::real_data("mnist/train-images-idx3-ubyte.gz"));
  EXPECT_EQ(images.sizes().vec(), (Shape{60000, 28, 28}));
  // The mean grey value of MNIST's training images is known: 0.1307 of 255.
  EXPECT_NEAR(images.to(at::kFloat).mean().item<double>() / 255, 0.1307, 5e-5);
  const at::Tensor labels = read_idx(testing::real_data("mnist/train-labels-idx1-ubyte.gz"));
  EXPECT_EQ(labels.sizes().vec(), (Shape{60000}));
  EXPECT_TRUE(labels.narrow(0, 0, 5).equal(at::tensor({5, 0, 4, 1, 9}, at::kByte)));
}

TEST(ReadIdx, ReadsTwoGzipMembersAsOneFile) {
  const std::string bytes = idx_file({4, 4});
  const TemporaryFolder folder;
  const auto path =
      testing::write_file(folder / "a", gzip(bytes.substr(0, 10)) + gzip(bytes.substr(10)));
  EXPECT_TRUE(read_idx(path).flatten().equal(at::arange(16, at::kByte)));
}

TEST(ReadIdx, NamesTheHeaderFieldThatIsCutOff) {
  const std::string whole = idx_file({3, 4, 5});
  const std::vector<std::string> fields = {"the magic number", "dimension 1 of 3",
                                           "dimension 2 of 3", "dimension 3 of 3"};
  for (size_t length = 1; length < 16; ++length) {
    const std::string expected =
        fmt::format("expected 4 bytes of {}, found {}", fields[length / 4], length % 4);
    expect_contains(idx_error(whole.substr(0, length)), {expected});
    expect_contains(idx_error(gzip(whole.substr(0, length))), {expected});
  }
}

TEST(ReadIdx, RefusesTooFewAndTooManyValues) {
  const std::string whole = idx_file({3, 4, 5});
  expect_contains(idx_error(whole.substr(0, 16)), {"expected 3 × 4 × 5 bytes", "found 0"});
  expect_contains(idx_error(whole.substr(0, 75)), {"expected 3 × 4 × 5 bytes", "found 59"});
  expect_contains(idx_error(whole + "x"), {"expected 3 × 4 × 5 bytes", "found 61"});
  expect_contains(idx_error(gzip(whole.substr(0, 16))), {"expected 3 × 4 × 5 bytes", "found 0"});
  expect_contains(idx_error(gzip(whole.substr(0, 75))), {"expected 3 × 4 × 5 bytes", "found 59"});
  expect_contains(idx_error(gzip(whole + "x")), {"expected 3 × 4 × 5 bytes", "found more"});
}

TEST(ReadIdx, RefusesWhatIsNoIdxFile) {
  expect_contains(idx_error(""), {"found an empty file"});
  expect_contains(idx_error(gzip("")), {"expected 4 bytes of the magic number, found 0"});
  expect_contains(idx_error("PK\x03\x04....."), {"begins with 00 00", "found 50 4b"});
  expect_contains(idx_error("<!DOCTYPE html><html>404</html>"), {"web page", "download it again"});
  expect_contains(idx_error(gzip("<html>404</html>")), {"web page"});
}

TEST(ReadIdx, RefusesOtherTypesAndRanks) {
  std::string bytes = idx_file({3, 4});
  bytes[2] = 0x0D;
  expect_contains(idx_error(bytes), {"type 0x08 (unsigned bytes)", "0x0d (32-bit floats)"});
  bytes[2] = 0x07;
  expect_contains(idx_error(bytes), {"0x07 (an unknown type)"});
  expect_contains(idx_error(idx_header({})), {"expected 1 to 4 dimensions, found 0"});
  expect_contains(idx_error(idx_header({1, 1, 1, 1, 1}) + "x"), {"1 to 4 dimensions, found 5"});
  expect_contains(idx_error(idx_header({0, 4})), {"dimension 1 of 2 is 0"});
}

TEST(ReadIdx, RefusesAbsurdDimensionsBeforeItAsksForMemory) {
  const int64_t huge = int64_t{1} << 31, most = 0xffffffff;
  for (const Shape& shape : {Shape{huge, 28, 28}, Shape{60000, huge, huge}, Shape{most},
                             Shape{most, most, most, most}, Shape{1, huge, 1, huge}}) {
    expect_contains(idx_error(idx_header(shape) + "x"),
                    {std::to_string(shape.back()) + " bytes", "found 1"});
    expect_contains(idx_error(gzip(idx_header(shape) + "x")),
                    {"found a gzip file that holds at most"});
  }
}

TEST(ReadIdx, InflatesNoMoreThanTheHeaderPromises) {
  // 128 MiB of zeros behind a header that promises 100 values.
  std::string bomb = gzip(idx_header({10, 10}));
  const std::string zeros = gzip(std::string(1 << 20, '\0'));
  for (int i = 0; i < 128; ++i) bomb += zeros;
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  expect_contains(idx_error(bomb), {"expected 10 × 10 bytes", "found more"});
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 << 10) << "KiB";
}

TEST(ReadIdx, RefusesDamagedGzipStreams) {
  const std::string whole = gzip(idx_file({30, 40}));
  expect_contains(idx_error(whole.substr(0, 2)), {"gzip stream is damaged", "get the file again"});
  expect_contains(idx_error(whole.substr(0, whole.size() / 2)), {"gzip stream is damaged"});
  expect_contains(idx_error(whole.substr(0, whole.size() - 1)), {"gzip stream is damaged"});
  std::string wrong_checksum = whole;
  wrong_checksum[whole.size() - 8] ^= 1;
  expect_contains(idx_error(wrong_checksum), {"gzip stream is damaged", "incorrect data check"});
  std::string wrong_body = whole;
  wrong_body[whole.size() / 2] ^= 0x55;
  expect_contains(idx_error(wrong_body), {"gzip stream is damaged"});
}

TEST(ReadIdx, SaysWhyAFileCannotBeOpened) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { read_idx(folder / "absent"); }), {"absent", "No such file"});
  expect_contains(error_of([&] { read_idx(folder.path()); }), {"found a folder"});
}

TEST(ReadIdx, SaysThatItHasNoPermission) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "a", idx_file({2}));
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(path, std::filesystem::perms::none);
  // Root may read everything, so the test steps back to the user nobody.
  constexpr uid_t kNobody = 65534;
  const bool root = geteuid() == 0;
  ASSERT_EQ(seteuid(root ? kNobody : geteuid()), 0);
  const std::string message = error_of([&] { read_idx(path); });
  ASSERT_EQ(seteuid(root ? 0 : geteuid()), 0);
  expect_contains(message, {"cannot open: Permission denied"});
}

TEST(ReadIdx, RefusesAGzipFileOfManyTimesItsSize) {
  std::string noise(400'000, '\0');
  uint32_t state = 1;
  for (char& byte : noise) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  const auto error = idx_error(gzip(idx_header({3'000'000, 10, 10}) + noise));
  expect_contains(error, {"at most 100 times", "found 300,000,000", "HOURGLASS_UNPACK_RATIO"});
}

}  // namespace
}  // namespace hourglass::sources
