#include "hourglass/formats/npy.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/zip.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::formats {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// A file of this header, padded by nothing, and `values`.
std::string npy_of(const std::string& header, const std::string& values, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += {version, '\0', static_cast<char>(header.size()), '\0'};
  return bytes + header + values;
}

std::string parse_error(const std::string& bytes) {
  return error_of([&] { parse_npy(bytes, "a.npy"); });
}

// numpy.save of numpy.array([[1.5, -2.0]], numpy.float32), byte for byte.
std::string saved_by_numpy() {
  std::string bytes = "\x93NUMPY";
  bytes += {'\x01', '\0', '\x76', '\0'};
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
  header.resize(0x76 - 1, ' ');
  return bytes + header + "\n" + std::string("\0\0\xc0\x3f\0\0\0\xc0", 8);
}

TEST(NpyBytes, AreThoseOfNumPy) {
  EXPECT_EQ(npy_bytes(at::tensor({1.5F, -2.0F}).view({1, 2})), saved_by_numpy());
}

TEST(ParseNpy, ReadsWhatNumPySaved) {
  const at::Tensor values = parse_npy(saved_by_numpy(), "a.npy");
  EXPECT_TRUE(values.equal(at::tensor({1.5F, -2.0F}).view({1, 2})));
}

TEST(ParseNpy, ReadsFortranOrder) {
  // numpy.save of numpy.asfortranarray([[1, 2, 3], [4, 5, 6]], numpy.uint8).
  const at::Tensor values = parse_npy(
      npy_of("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "\1\4\2\5\3\6"), "a");
  EXPECT_TRUE(values.equal(at::tensor({1, 2, 3, 4, 5, 6}, at::kByte).view({2, 3})));
  EXPECT_TRUE(values.is_contiguous());
}

TEST(ParseNpy, ReadsWholeNumbersAndTruthValues) {
  const auto values_of = [](const std::string& type, const std::string& bytes) {
    return parse_npy(
               npy_of("{'descr': '" + type + "', 'fortran_order': False, 'shape': (2,), }", bytes),
               "a")
        .to(at::kDouble);
  };
  EXPECT_TRUE(values_of("<i4", std::string("\1\0\0\0\xff\xff\xff\xff", 8))
                  .equal(at::tensor({1.0, -1.0}, at::kDouble)));
  EXPECT_TRUE(values_of("<u2", std::string("\1\0\xff\xff", 4))
                  .equal(at::tensor({1.0, 65535.0}, at::kDouble)));
  EXPECT_TRUE(values_of("|i1", "\x80\x7f").equal(at::tensor({-128.0, 127.0}, at::kDouble)));
  EXPECT_TRUE(values_of("|b1", std::string("\1\0", 2)).equal(at::tensor({1.0, 0.0}, at::kDouble)));
  EXPECT_TRUE(
      values_of("<f2", std::string("\0\x3c\0\xc0", 4)).equal(at::tensor({1.0, -2.0}, at::kDouble)));
}

TEST(ParseNpy, ReadsHeadersOfVersionTwo) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }";
  const std::string bytes = std::string("\x93NUMPY\2\0", 8) + static_cast<char>(header.size()) +
                            std::string(3, '\0') + header;
  EXPECT_EQ(parse_npy(bytes + "\7", "a").item<int64_t>(), 7);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_THROW(parse_npy(bytes.substr(0, size), "a"), Error) << size;
  }
  EXPECT_THROW(parse_npy(std::string("\x93NUMPY\2\0\0\0", 10), "a"), Error) << "no length";
}

TEST(Npy, KeepsTypeShapeAndValues) {
  const TemporaryFolder folder;
  const at::Tensor counted = at::arange(24).view({2, 3, 4});
  const std::vector<at::Tensor> tensors = {
      counted.to(at::kFloat).transpose(0, 2),  // not contiguous
      at::tensor({0.1, std::numeric_limits<double>::quiet_NaN()}, at::kDouble),
      at::full({}, -(int64_t{1} << 60), at::kLong),
      at::tensor({0, 255}, at::kByte),
      at::empty({0, 3}, at::kFloat),
      at::empty({3, 0}, at::kFloat),
  };
  for (const at::Tensor& tensor : tensors) {
    write_npy(folder / "a.npy", tensor);
    const at::Tensor read = read_npy(folder / "a.npy");
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type());
    EXPECT_EQ(read.sizes(), tensor.sizes());
    EXPECT_TRUE(at::allclose(read, tensor, 0, 0, /*equal_nan=*/true));
    EXPECT_EQ(read_file(folder / "a.npy").size() % 64, tensor.nbytes() % 64) << "values aligned";
  }
}

TEST(NpyBytes, RefusesOtherTypes) {
  expect_contains(error_of([] { npy_bytes(at::zeros({2}, at::kHalf)); }), {"float32", "Half"});
}

TEST(ParseNpy, SaysWhatItCannotRead) {
  const auto described = [](const std::string& descr, const std::string& order = "False") {
    return npy_of("{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': (1,), }",
                  "abcd");
  };
  expect_contains(parse_error(described("'>f4'")), {"a.npy", "little-endian", ">f4", "astype"});
  expect_contains(parse_error(described("'|O'")), {"numbers", "|O", "never unpickled"});
  expect_contains(parse_error(described("'<U3'")), {"expected numbers", "<U3"});
  expect_contains(parse_error(described("[('x', '<f4')]")), {"[('x', '<f4')]"});
  expect_contains(parse_error(""), {"\\x93NUMPY", "empty file"});
  expect_contains(parse_error("1.5,2\n1.0,3\n"), {"\\x93NUMPY", "12 other bytes"});
  expect_contains(parse_error(npy_of("{}", "", 4)), {"1.0, 2.0 or 3.0", "4.0"});
  expect_contains(parse_error(npy_of("{'descr': '<f4'}", "")), {"'shape'"});
  expect_contains(parse_error(saved_by_numpy().substr(0, 50)), {"header of 118 bytes", "40"});
}

TEST(ParseNpy, TakesNoMemoryOnTheHeadersWordAlone) {
  const auto shaped = [](const std::string& shape) {
    return npy_of("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }", "abcd");
  };
  EXPECT_TRUE(parse_npy(shaped("(1, 1)"), "a.npy").defined());
  expect_contains(parse_error(shaped("(2,)")), {"(2,)", "found 4 bytes"});
  expect_contains(parse_error(shaped("()") + "x"), {"found 5 bytes"});
  expect_contains(parse_error(shaped("(0,)")), {"(0,)", "found 4 bytes"});
  // Products that wrap around to 1 and to 0.
  expect_contains(parse_error(shaped("(4294967297, 4294967297)")), {"found 4 bytes"});
  expect_contains(parse_error(shaped("(4294967296, 4294967296)")), {"found 4 bytes"});
  std::string many = "(";
  for (int i = 0; i < 65; ++i) many += "1,";
  expect_contains(parse_error(shaped(many + ")")), {"shape"});
  expect_contains(parse_error(shaped("(0, 4611686018427387904, 4)")), {"found 4 bytes"});
  for (const std::string shape :
       {"(-1,)", "(1.5,)", "(99999999999999999999,)", "(1", "7", "(,1)"}) {
    expect_contains(parse_error(shaped(shape)), {"shape"});
  }
}

TEST(ParseNpy, RefusesAFileCutOffAnywhere) {
  const std::string whole = saved_by_numpy();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse_npy(whole.substr(0, size), "a.npy"), Error) << size;
  }
}

TEST(WriteNpz, HoldsAnNpyFileAName) {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"encoder.dense1", at::ones({2, 2})}, {"input", at::zeros({3})}});
  const auto entries = list_zip(folder / "a.npz");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "encoder.dense1.npy");
  EXPECT_EQ(entries[1].name, "input.npy");
  EXPECT_NE(read_file(folder / "a.npz").find(npy_bytes(at::ones({2, 2}))), std::string::npos);
}

TEST(ReadNpz, GivesWhatWasWrittenInItsOrder) {
  const TemporaryFolder folder;
  const at::Tensor rows = at::arange(3, at::kLong), values = at::rand({3, 2});
  write_npz(folder / "a.npz", {{"rows", rows}, {"layers/encoder.0", values}});
  const auto arrays = read_npz(folder / "a.npz");
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays[0].name, "rows");
  EXPECT_TRUE(at::equal(arrays[0].value, rows));
  EXPECT_EQ(arrays[1].name, "layers/encoder.0");
  EXPECT_TRUE(at::equal(arrays[1].value, values));
}

TEST(ReadNpz, NamesTheMemberThatIsNoArray) {
  const TemporaryFolder folder;
  write_zip(folder / "a.npz", {{"x.npy", "text"}});
  expect_contains(error_of([&] { read_npz(folder / "a.npz"); }),
                  {"a.npz: x.npy", "expected an NPY file"});
}

TEST(WriteNpz, RefusesNamesThatAreNoneOrComeTwice) {
  const TemporaryFolder folder;
  const at::Tensor x = at::ones({1});
  expect_contains(error_of([&] {
                    write_npz(folder / "a.npz", {{"x", x}, {"x", x}});
                  }),
                  {"a.npz", "'x' twice"});
  expect_contains(error_of([&] { write_npz(folder / "a.npz", {{"", x}}); }), {"found ''"});
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace hourglass::formats
