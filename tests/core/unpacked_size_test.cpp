#include "hourglass/core/unpacked_size.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/tests/support/support.h"

#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>

namespace hourglass {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TEST(UnpackedSize, IsBoundedByTheFilesOwn) {
  EXPECT_NO_THROW(check_unpacked_size("x.npz", 1, kUnpackedFreely));
  EXPECT_NO_THROW(check_unpacked_size("x.npz", 10'000'000, 1'000'000'000));
  expect_contains(
      error_of([] { check_unpacked_size("x.npz", 3'000'000, 3'200'000'000); }),
      {"x.npz", "3,000,000 bytes", "100 times", "3,200,000,000", "HOURGLASS_UNPACK_RATIO"});
  expect_contains(error_of([] { check_unpacked_size("x.npz", 1, UINT64_MAX); }), {"x.npz"});
}

TEST(UnpackedSize, IsWhatTheEnvironmentSays) {
  ::setenv("HOURGLASS_UNPACK_RATIO", "2000", 1);
  EXPECT_NO_THROW(check_unpacked_size("x.npz", 3'000'000, 3'200'000'000));
  for (const char* wrong : {"0", "-1", "many", "9223372036854775807"}) {
    ::setenv("HOURGLASS_UNPACK_RATIO", wrong, 1);
    expect_contains(error_of([] { check_unpacked_size("x.npz", 1, UINT64_MAX); }),
                    {"$HOURGLASS_UNPACK_RATIO", "whole number", wrong});
  }
  ::unsetenv("HOURGLASS_UNPACK_RATIO");
}

TEST(ReadFile, TakesNeitherPipesNorDevices) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const auto& [path, kind] : {std::pair(folder / "pipe", "a pipe"),
                                   std::pair(std::filesystem::path("/dev/zero"), "a device"),
                                   std::pair(folder.path(), "a folder")}) {
    // Clang 14 captures no parts of a pair by themselves.
    const auto& file = path;
    expect_contains(error_of([&] { read_file(file); }), {file, "expected a file", kind});
    expect_contains(error_of([&] { const MappedFile mapped(file); }),
                    {file, "expected a file", kind});
  }
}

}  // namespace
}  // namespace hourglass
