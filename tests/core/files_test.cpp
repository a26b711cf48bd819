#include "hourglass/core/files.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/file_size_limit.h"
#include "hourglass/tests/support/support.h"

#include <filesystem>
#include <set>
#include <string>
#include <sys/stat.h>

namespace hourglass {
namespace {

namespace fs = std::filesystem;
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

int64_t entries_in(const TemporaryFolder& folder) {
  return std::distance(fs::directory_iterator(folder.path()), {});
}

TEST(WriteFileAtomically, ReplacesFilesAlone) {
  const TemporaryFolder folder;
  testing::write_file(folder / "other", "precious");
  fs::create_symlink("other", folder / "link");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_directory(folder / "folder");
  for (const std::string name : {"link", "pipe", "folder"}) {
    expect_contains(error_of([&] { write_file_atomically(folder / name, "x"); }),
                    {name, "expected a file to replace", name});
  }
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "other"), "precious");
  EXPECT_EQ(entries_in(folder), 4);
}

TEST(WriteFileAtomically, ItsTemporaryIsNewAndItsNameNotToBeGuessed) {
  const TemporaryFolder folder;
  std::set<fs::path> names;
  for (int i = 0; i < 3; ++i) {
    write_file_atomically(folder / "a.txt", [&](const fs::path& temporary) {
      EXPECT_EQ(read_file(temporary), "");
      EXPECT_EQ(temporary.extension(), ".txt");
      names.insert(temporary);
    });
  }
  EXPECT_EQ(names.size(), 3U);
}

TEST(WriteFileAtomically, AFullDiskIsAnErrorAndLeavesNothing) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "old");
  const testing::FileSizeLimit limit(1000);
  expect_contains(
      error_of([&] { write_file_atomically(folder / "a.txt", std::string(2000, 'x')); }),
      {"a.txt", "2000 bytes", "File too large"});
  EXPECT_EQ(read_file(folder / "a.txt"), "old");
  EXPECT_EQ(entries_in(folder), 1);
}

TEST(RemoveAbandonedTemporaries, RemovesWhatKilledWritersLeftAndNothingElse) {
  const TemporaryFolder folder;
  const std::set<std::string> others = {".hidden",           "best.tmp.pt",   ".notes.tmp",
                                        ".my.draft.tmp.txt", ".a.12.tmp.b.c", "metrics.csv"};
  for (const auto& name : others) testing::write_file(folder / name, "mine");
  testing::write_file(folder / ".best.0123456789abcdef.tmp.pt", "half");
  testing::write_file(folder / ".run.4711.tmp.json", "of version 0.2");
  fs::create_symlink("metrics.csv", folder / ".link.4711.tmp.json");
  write_file_atomically(folder / "at work", [&](const fs::path& temporary) {
    remove_abandoned_temporaries(folder.path());
    EXPECT_TRUE(fs::exists(temporary));
  });
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    left.insert(entry.path().filename());
  std::set<std::string> expected = others;
  expected.insert({"at work", ".link.4711.tmp.json"});
  EXPECT_EQ(left, expected);
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
