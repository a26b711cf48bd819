#include "hourglass/core/files.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

namespace hourglass {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TEST(WriteFileAtomically, ReplacesTheOldFileAndLeavesNoTemporary) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "old");
  write_file_atomically(folder / "a.txt", "new");
  EXPECT_EQ(read_file(folder / "a.txt"), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteFileAtomically, KeepsTheOldFileWhenWritingFails) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "old");
  const auto fails = [](const std::filesystem::path& temporary) {
    testing::write_file(temporary, "half");
    throw Error("disk full");
  };
  EXPECT_EQ(error_of([&] { write_file_atomically(folder / "a.txt", fails); }), "disk full");
  EXPECT_EQ(read_file(folder / "a.txt"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteFileAtomically, NamesTheFolderThatIsMissing) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { write_file_atomically(folder / "no/a.txt", "x"); }),
                  {"no", "a.txt"});
}

TEST(ReadFile, SaysWhyItCannot) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { read_file(folder / "absent"); }), {"absent", "No such file"});
  expect_contains(error_of([&] { read_file(folder.path()); }), {"expected a file, found a folder"});
}

TEST(ReadFile, ReadsBytesAsTheyAre) {
  const TemporaryFolder folder;
  const std::string bytes("\0\r\n\xff", 4);
  EXPECT_EQ(read_file(testing::write_file(folder / "b", bytes)), bytes);
  EXPECT_EQ(read_file(testing::write_file(folder / "c", "")), "");
}

}  // namespace
}  // namespace hourglass
