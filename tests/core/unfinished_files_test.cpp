#include "hourglass/core/unfinished_files.h"

#include "hourglass/core/files.h"
#include "hourglass/tests/support/support.h"

#include <filesystem>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

namespace hourglass {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

TEST(UnfinishedFile, IsRemovedAsLongAsItsMarkLives) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b", "c", "d"}) testing::write_file(folder / name, name);
  const UnfinishedFile a(folder / "a");
  auto b = std::make_unique<UnfinishedFile>(folder / "b");
  const UnfinishedFile c(folder / "c");
  b.reset();
  UnfinishedFile::remove_all();
  EXPECT_FALSE(fs::exists(folder / "a"));
  EXPECT_TRUE(fs::exists(folder / "b"));
  EXPECT_FALSE(fs::exists(folder / "c"));
  EXPECT_TRUE(fs::exists(folder / "d"));
}

TEST(UnfinishedFile, OfTheParentIsNoneOfAChild) {
  const TemporaryFolder folder;
  testing::write_file(folder / "a", "a");
  const UnfinishedFile a(folder / "a");
  const pid_t child = ::fork();
  if (child == 0) {
    UnfinishedFile::remove_all();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(fs::exists(folder / "a"));
}

TEST(UnfinishedFile, IsTheTemporaryOfAFileThatIsReplaced) {
  const TemporaryFolder folder;
  const auto ends_without_unwinding = [](const fs::path& temporary) {
    testing::write_file(temporary, "half");
    UnfinishedFile::remove_all();
    EXPECT_FALSE(fs::exists(temporary));
    testing::write_file(temporary, "whole");
  };
  write_file_atomically(folder / "a", ends_without_unwinding);
  UnfinishedFile::remove_all();
  EXPECT_EQ(read_file(folder / "a"), "whole");
}

}  // namespace
}  // namespace hourglass
