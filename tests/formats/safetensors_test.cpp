#include "hourglass/formats/safetensors.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/tests/formats/safetensors_files.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace hourglass::formats {
namespace {

using testing::complaint_of;

using hourglass::testing::expect_contains;
using hourglass::testing::TemporaryFolder;

TEST(Safetensors, ReadsWhatPythonSaved) {
  const TensorFile file = parse_safetensors(saved_by_python(), "a.safetensors");
  const TensorFile expected = as_saved_by_python();
  ASSERT_EQ(file.tensors.size(), expected.tensors.size());
  for (const auto& [name, value] : expected.tensors) {
    EXPECT_TRUE(same_bits(file.find(name), value)) << name;
  }
  EXPECT_EQ(file.metadata, expected.metadata);
}

TEST(Safetensors, WritesThePlacesAndValuesThatPythonDoes) {
  const std::string written = safetensors_bytes(as_saved_by_python());
  const std::string python = saved_by_python();
  const auto behind = [](const std::string& bytes) {
    return bytes.substr(bytes.find("\"count\""));
  };
  // The padding differs: our header has two digests more.
  const size_t end = python.find("}}  ") + 2 - python.find("\"count\"");
  EXPECT_EQ(behind(written).substr(0, end), behind(python).substr(0, end));
  EXPECT_EQ(written.substr(written.size() - 29), python.substr(python.size() - 29));
}

TEST(Safetensors, WritesTheseBytes) {
  // $ printf '\0\0\xc0\x3f\2\3' | sha256sum
  const std::string data = "3d5cb4911aac1e811946e3015dd391bd31dd30bc120847871771e144036b6c6e";
  // Python: sha256(json.dumps(header, sort_keys=True, separators=(",", ":")).encode())
  const std::string header = "82479f7f9e901fcea1938caf0e57b8cd15931348ace8029a30b92b7927522e01";
  std::string text = R"({"__metadata__":{"data_sha256":")" + data + R"(","header_sha256":")" +
                     header +
                     R"("},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                     R"("a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(safetensors_bytes(
                {.tensors = {{"a", at::tensor({2, 3}, at::kByte)}, {"b", at::tensor({1.5F})}}}),
            file_of(text, std::string("\0\0\xc0\x3f\2\3", 6)));
}

TEST(Safetensors, KeepsTypeShapeAndBits) {
  const TemporaryFolder folder;
  const at::Tensor counted = at::arange(120).view({2, 3, 4, 5});
  TensorFile file;
  for (const auto type : {at::kLong, at::kDouble, at::kFloat, at::kInt, at::kBFloat16, at::kHalf,
                          at::kShort, at::kChar, at::kByte, at::kBool}) {
    const std::string name = at::toString(type);
    file.tensors.push_back({name + ".plain", counted.to(type)});
    file.tensors.push_back({name + ".transposed", counted.to(type).transpose(0, 2)});
    file.tensors.push_back(
        {name + ".channels_last", counted.to(type).to(at::MemoryFormat::ChannelsLast)});
    file.tensors.push_back({name + ".every_third", counted.to(type).flatten().slice(0, 1, {}, 3)});
    file.tensors.push_back(
        {name + ".broadcast", counted.to(type).select(3, 0).unsqueeze(3).expand({2, 3, 4, 2})});
    file.tensors.push_back({name + ".scalar", at::ones({}, type)});
    file.tensors.push_back({name + ".empty", at::empty({0, 3}, type)});
  }
  file.tensors.push_back(
      {"nan", at::full({2}, std::numeric_limits<double>::quiet_NaN(), at::kDouble)});
  file.tensors.push_back({"", at::ones({1}).requires_grad_()});
  file.tensors.push_back({"größe \"1\"\n", at::ones({1})});
  file.metadata = {{"", ""}, {"schlüssel", "a\tb"}};
  write_safetensors(folder / "a.safetensors", file);
  const TensorFile read = read_safetensors(folder / "a.safetensors");
  ASSERT_EQ(read.tensors.size(), file.tensors.size());
  for (const auto& [name, value] : file.tensors) {
    EXPECT_TRUE(same_bits(read.find(name), value.detach())) << name;
    EXPECT_TRUE(read.find(name).is_contiguous()) << name;
  }
  EXPECT_EQ(read.metadata, file.metadata);
}

TEST(Safetensors, PutsEachTensorWhereItsTypeIsAligned) {
  const std::string bytes = safetensors_bytes(as_saved_by_python());
  const size_t values =
      8 + static_cast<unsigned char>(bytes[0]) + 256U * static_cast<unsigned char>(bytes[1]);
  EXPECT_EQ(values % 8, 0U);
  const TensorFile file = parse_safetensors(bytes, "a");
  size_t offset = 0;
  for (const auto& [name, value] : file.tensors) {
    EXPECT_EQ(offset % value.element_size(), 0U) << name;
    offset += value.nbytes();
  }
}

TEST(Safetensors, SameTensorsInAnotherOrderAreTheSameBytes) {
  TensorFile file = small_file();
  const std::string bytes = safetensors_bytes(file);
  std::swap(file.tensors[0], file.tensors[2]);
  EXPECT_EQ(safetensors_bytes(file), bytes);
}

TEST(Safetensors, HoldsNothingAtAll) {
  const TensorFile file = parse_safetensors(safetensors_bytes({}), "a");
  EXPECT_TRUE(file.tensors.empty());
  EXPECT_TRUE(file.metadata.empty());
  EXPECT_TRUE(parse_safetensors(file_of("{}", ""), "a").tensors.empty());
}

TEST(Safetensors, WritesOverDigestsOfAnEarlierFile) {
  TensorFile file = small_file();
  file.metadata["data_sha256"] = file.metadata["header_sha256"] = "old";
  EXPECT_EQ(safetensors_bytes(file), safetensors_bytes(small_file()));
}

TEST(Safetensors, FindsATensorOrSuggestsOne) {
  TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", small_file());
  const TensorFile file = read_safetensors(folder / "a.safetensors");
  EXPECT_EQ(file.find("steps").item<int64_t>(), 7);
  expect_contains(complaint_of([&] { (void)file.find("wieght"); }),
                  {"a.safetensors: expected a tensor 'wieght'", "did you mean 'weight'?"});
}

TEST(Safetensors, RefusesToWriteWhatTheFormatLacks) {
  const auto error = [](const std::vector<NamedTensor>& tensors) {
    return complaint_of([&] { safetensors_bytes({.tensors = tensors}); });
  };
  expect_contains(error({{"a", at::ones({1}, at::kComplexFloat)}}),
                  {"'a'", "BF16", "ComplexFloat"});
  expect_contains(error({{"a", at::Tensor()}}), {"'a'", "undefined"});
  expect_contains(error({{"a", at::ones({2}).to_sparse()}}), {"'a'", "another layout"});
  expect_contains(error({{"a", at::ones({1})}, {"a", at::ones({1}, at::kLong)}}), {"'a' twice"});
  expect_contains(error({{"__metadata__", at::ones({1})}}), {"__metadata__"});
  expect_contains(error({{"\xff", at::ones({1})}}), {"UTF-8"});
  expect_contains(complaint_of([] {
                    safetensors_bytes({.tensors = {}, .metadata = {{"a", "\xff"}}});
                  }),
                  {"UTF-8"});
}

TEST(ParseSafetensors, RefusesAHeaderOfAnotherLength) {
  EXPECT_EQ(header_error(entry()), "")
      << "a valid one, so that the others fail for their own reason";
  expect_contains(safetensors_error(""), {"a.safetensors: expected", "8 bytes", "found 0 bytes"});
  expect_contains(safetensors_error("1234567"), {"found 7 bytes"});
  expect_contains(safetensors_error(std::string(8, '\0')), {"begins with {"});
  expect_contains(safetensors_error(std::string("\x03\0\0\0\0\0\0\0{}", 10)),
                  {"at most 2 bytes", "length of 3"});
  expect_contains(safetensors_error(std::string(8, '\xff') + "{}"), {"18446744073709551615"});
  std::string huge;
  huge.resize(100'000'100, ' ');
  huge.replace(0, 9, std::string("\x01\xe1\xf5\x05\0\0\0\0{", 9));
  expect_contains(safetensors_error(huge), {"at most 100000000 bytes", "100000001"});
  const std::string whole = safetensors_bytes(small_file());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(safetensors_error(whole.substr(0, size)), "") << size;
  }
}

TEST(ParseSafetensors, RefusesAHeaderThatIsNotJsonOfTheFormat) {
  expect_contains(header_error(" {}", 0), {"begins with {"});
  expect_contains(header_error("[]", 0), {"begins with {"});
  expect_contains(header_error("{]", 0), {"a.safetensors: expected JSON"});
  expect_contains(header_error("{} x", 0), {"expected JSON"});
  expect_contains(header_error("{\"a\xff\":1}", 0), {"expected JSON"});
  expect_contains(header_error(R"({"a":1e999})", 0), {"a.safetensors: expected"});
  expect_contains(header_error(R"({"a":1})", 0), {"expected an object in 'a', found 1"});
  expect_contains(header_error(R"({"a":null})", 0), {"expected an object in 'a', found none"});
  expect_contains(header_error(R"({"a":{}})", 0), {"'a.dtype', found none"});
  EXPECT_EQ(header_error("{}   ", 0), "") << "padding";
}

TEST(ParseSafetensors, RefusesNestingWithoutEnd) {
  for (const size_t depth : {size_t{65}, size_t{100'000}}) {
    std::string objects;
    for (size_t i = 0; i < depth; ++i) objects += "{\"a\":";
    expect_contains(header_error(objects, 0), {"at most 64 levels"});
    expect_contains(header_error("{\"a\":" + std::string(depth, '['), 0), {"at most 64 levels"});
  }
}

TEST(ParseSafetensors, RefusesTypesItDoesNotKnow) {
  expect_contains(header_error(entry(R"("F8_E4M3")")), {"'a.dtype'", "F32", "found \"F8_E4M3\""});
  expect_contains(header_error(entry("32")), {"a text in 'a.dtype', found 32"});
}

TEST(ParseSafetensors, RefusesShapesThatAreNone) {
  for (const std::string shape :
       {"[-2]", "[2,-1,-1]", "[2.0]", "[\"2\"]", "2", "null", "{}", "[18446744073709551615]",
        "[9223372036854775808]", "[1e30]", "[4294967296,4294967296]", "[3037000500,3037000500,2]",
        "[4611686018427387904]",  // bytes beyond 2^63
        "[0,4294967296,4294967296]"}) {
    expect_contains(header_error(entry(R"("F32")", shape)),
                    {"a.safetensors: expected", "'a.shape'"});
  }
  std::string many = "[1";
  for (int i = 0; i < 64; ++i) many += ",1";
  expect_contains(header_error(entry(R"("F64")", many + "]")), {"at most 64 sizes"});
}

TEST(ParseSafetensors, RefusesOffsetsThatDoNotFit) {
  for (const std::string offsets : {"[8,0]", "[-8,0]", "[0]", "[0,8,8]", "[]", "[0,-8]"}) {
    expect_contains(header_error(entry(R"("F32")", "[2]", offsets)),
                    {"'a.data_offsets'", "a beginning and an end"});
  }
  for (const std::string offsets : {"8", "[0,\"8\"]", "[0,8.0]", "[0,18446744073709551615]"}) {
    expect_contains(header_error(entry(R"("F32")", "[2]", offsets)),
                    {"'a.data_offsets'", "whole number"});
  }
  for (const std::string offsets : {"[0,4]", "[0,16]", "[0,9223372036854775807]"}) {
    expect_contains(header_error(entry(R"("F32")", "[2]", offsets)),
                    {"8 bytes, as the shape asks for"});
  }
  expect_contains(header_error(entry(R"("F32")", "[2]", "[8,16]"), 16),
                  {"'a' at byte 0", "found byte 8"});
  expect_contains(header_error(entry(), 7), {"expected 8 bytes of values", "found 7"});
  expect_contains(header_error(entry(), 9), {"expected 8 bytes of values", "found 9"});
}

TEST(ParseSafetensors, RefusesGapsAndOverlaps) {
  const auto two = [](int begin) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
           R"("b":{"dtype":"U8","shape":[4],"data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(begin + 4) + "]}}";
  };
  EXPECT_EQ(header_error(two(4), 8), "");
  expect_contains(header_error(two(5), 9), {"'b' at byte 4", "found byte 5"});
  expect_contains(header_error(two(3), 8), {"'b' at byte 4", "found byte 3"});
  expect_contains(header_error(two(0), 8), {"'b' at byte 4", "found byte 0"});
}

TEST(ParseSafetensors, RefusesNamesThatComeTwice) {
  expect_contains(header_error(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                               R"("a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})"),
                  {"a.safetensors: expected each key once", "\"a\" twice"});
  expect_contains(
      header_error(R"({"a":{"dtype":"U8","dtype":"I8","shape":[8],"data_offsets":[0,8]}})"),
      {"\"dtype\" twice"});
}

TEST(ParseSafetensors, RefusesMetadataOtherThanTexts) {
  expect_contains(header_error(R"({"__metadata__":{"a":1}})", 0),
                  {"an object of texts in '__metadata__'"});
  expect_contains(header_error(R"({"__metadata__":["a"]})", 0), {"an object of texts"});
  expect_contains(header_error(R"({"__metadata__":{"a":{}}})", 0), {"an object of texts"});
}

TEST(ParseSafetensors, RefusesTruthValuesOtherThanTwo) {
  expect_contains(safetensors_error(file_of(entry(R"("BOOL")", "[2]", "[0,2]"), "\1\2")),
                  {"bytes of 0 or 1", "'a'", "found 2"});
}

TEST(ParseSafetensors, DigestsDoNotDependOnTheWritersOrderOfKeys) {
  const std::string bytes = safetensors_bytes(small_file());
  const size_t values = bytes.size() - (8 + 8 + 3);
  const auto header = nlohmann::json::parse(bytes.substr(8, values - 8));  // sorts its keys
  const std::string sorted = file_of(header.dump(1), bytes.substr(values));
  EXPECT_EQ(parse_safetensors(sorted, "a").metadata, small_file().metadata);
}

}  // namespace
}  // namespace hourglass::formats
