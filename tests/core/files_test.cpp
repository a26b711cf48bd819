#include "core/files.h"

#include "core/error.h"
#include "tests/support/support.h"

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

TEST(Sha256, MatchesThePublishedValue) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
  Sha256 hash;
  for (const std::string piece : {"a", "", "bc"}) hash.add(piece);
  EXPECT_EQ(hash.hex(), sha256("abc"));
}

}  // namespace
}  // namespace hourglass
