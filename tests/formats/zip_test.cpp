#include "hourglass/formats/zip.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::formats {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TEST(WriteZip, StoresFilesThatAreListedAgain) {
  const TemporaryFolder folder;
  const std::string bytes(1000, 'x');
  write_zip(folder / "a.zip", {{"first.txt", "old"}});
  write_zip(folder / "a.zip", {{"first.txt", bytes}, {"é/second", ""}});
  const auto entries = list_zip(folder / "a.zip");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "first.txt");
  EXPECT_EQ(entries[0].size, 1000U);
  EXPECT_EQ(entries[0].stored_size, 1000U) << "not compressed";
  EXPECT_EQ(entries[1].name, "é/second");
  EXPECT_EQ(entries[1].size, 0U);
  EXPECT_NE(read_file(folder / "a.zip").find(bytes), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(ReadZip, GivesAllFiles) {
  const TemporaryFolder folder;
  const std::string bytes(200'000, '\0');
  write_zip(folder / "a.zip", {{"first", bytes}, {"second", ""}});
  const auto files = read_zip(folder / "a.zip");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "first");
  EXPECT_EQ(files[0].bytes, bytes);
  EXPECT_EQ(files[1].bytes, "");
}

TEST(ReadZip, SaysThatContentsAreDamaged) {
  const TemporaryFolder folder;
  write_zip(folder / "a.zip", {{"first", "some bytes"}});
  std::string whole = read_file(folder / "a.zip");
  whole[whole.find("some bytes")] = 'S';
  testing::write_file(folder / "a.zip", whole);
  expect_contains(error_of([&] { read_zip(folder / "a.zip"); }), {"a.zip", "first", "CRC"});
}

TEST(WriteZip, FailureNamesTheFile) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] {
                    write_zip(folder / "absent/a.zip", {{"a", "b"}});
                  }),
                  {"absent", "a.zip"});
}

TEST(VerifyZip, NamesTheFileThatIsDamaged) {
  const TemporaryFolder folder;
  write_zip(folder / "a.zip", {{"first", "some bytes"}, {"second", std::string(200'000, 'x')}});
  EXPECT_NO_THROW(verify_zip(folder / "a.zip"));
  std::string bytes = read_file(folder / "a.zip");
  bytes[bytes.find("xxx") + 150'000] = 'y';
  testing::write_file(folder / "a.zip", bytes);
  expect_contains(error_of([&] { verify_zip(folder / "a.zip"); }),
                  {"a.zip", "second", "damaged", "CRC"});
}

TEST(ListZip, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { list_zip(folder / "absent.zip"); }),
                  {"absent.zip", "cannot open", "No such file"});
  testing::write_file(folder / "text.zip", "not an archive");
  expect_contains(error_of([&] { list_zip(folder / "text.zip"); }),
                  {"text.zip", "expected a ZIP archive"});
}

TEST(ListZip, RefusesAnArchiveCutOffAnywhere) {
  const TemporaryFolder folder;
  write_zip(folder / "a.zip", {{"first", "some bytes"}, {"second", "more"}});
  const std::string whole = read_file(folder / "a.zip");
  for (size_t size = 1; size < whole.size(); ++size) {
    testing::write_file(folder / "cut.zip", whole.substr(0, size));
    EXPECT_THROW(list_zip(folder / "cut.zip"), Error) << size;
  }
}

TEST(ReadZip, RefusesContentsManyTimesTheFilesSizeBeforeItReadsThem) {
  const TemporaryFolder folder;
  write_zip(folder / "a.zip", {{"first", "some bytes"}});
  std::string bytes = read_file(folder / "a.zip");
  const size_t entry = bytes.find("PK\1\2");
  bytes.replace(entry + 24, 4, "\xff\xff\xff\x7f");  // the size that the directory declares
  testing::write_file(folder / "a.zip", bytes);
  for (const std::string& error : {error_of([&] { read_zip(folder / "a.zip"); }),
                                   error_of([&] { read_zip_file(folder / "a.zip", "first"); })}) {
    expect_contains(error, {"a.zip", "at most 100 times", "found 2,147,483,647"});
  }
}

}  // namespace
}  // namespace hourglass::formats
