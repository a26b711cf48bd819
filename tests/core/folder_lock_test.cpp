#include "hourglass/core/folder_lock.h"

#include "hourglass/tests/support/support.h"

#include <csignal>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

namespace hourglass {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TEST(FolderLock, ASecondOneIsRefusedWithTheProcess) {
  const TemporaryFolder folder;
  std::optional<FolderLock> first(folder.path());
  expect_contains(error_of([&] { const FolderLock second(folder.path()); }),
                  {folder.path().string(), "process " + std::to_string(::getpid()), "wait"});
  first.reset();
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(FolderLock, GoesOnWhereItIsMovedTo) {
  const TemporaryFolder folder;
  FolderLock moved;
  moved = FolderLock(folder.path());
  error_of([&] { const FolderLock second(folder.path()); });
}

TEST(FolderLock, AKilledProcessLeavesNone) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_contains(error_of([&] { const FolderLock second(folder.path()); }),
                  {"process " + std::to_string(child)});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(FolderLock(folder.path()));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FolderLock, FollowsNoLink) {
  const TemporaryFolder folder;
  testing::write_file(folder / "other", "precious");
  std::filesystem::create_symlink("other", folder / ".lock");
  expect_contains(error_of([&] { const FolderLock lock(folder.path()); }),
                  {".lock", "cannot open"});
}

}  // namespace
}  // namespace hourglass
