#include "hourglass/sources/line_follower.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sys/stat.h>
#include <vector>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;
using Event = LineFollower::Event;

constexpr std::chrono::milliseconds kAtOnce{0}, kLong{10'000};

void append(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::app) << bytes;
}

/// All lines that are there.
std::vector<std::string> lines_of(LineFollower& follower) {
  std::vector<std::string> lines;
  while (follower.next(kAtOnce) == Event::Line) lines.emplace_back(follower.line());
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineFollower, GivesTheLinesOfAFileThatGrowsAndKeepsPartsOfThem) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "rows", "one\ntwo\r\n\nfo");
  LineFollower follower(path);
  EXPECT_TRUE(follower.is_file());
  EXPECT_EQ(lines_of(follower), (Lines{"one", "two", ""}));
  EXPECT_EQ(follower.place().lines, 3);
  EXPECT_EQ(follower.place().bytes, 10);
  EXPECT_EQ(follower.next(kAtOnce), Event::Nothing);
  append(path, "ur\nfive\n");
  ASSERT_EQ(follower.next(kLong), Event::Line);
  EXPECT_EQ(follower.line(), "four");
  EXPECT_TRUE(follower.holds_line());
  EXPECT_EQ(lines_of(follower), (Lines{"five"}));
  EXPECT_FALSE(follower.holds_line());
}

TEST(LineFollower, GoesOnBehindAPlace) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "rows", "one\ntwo\nthree\n");
  LineFollower follower(path);
  follower.next(kAtOnce), follower.next(kAtOnce);
  const StreamPlace place = follower.place();

  LineFollower resumed(path);
  EXPECT_TRUE(resumed.resume(place));
  EXPECT_EQ(lines_of(resumed), (Lines{"three"}));
  EXPECT_EQ(resumed.place().lines, 3);
  EXPECT_EQ(resumed.place().bytes, 14);
}

TEST(LineFollower, KnowsAnotherFileByTheLineBeforeThePlace) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "rows", "one\ntwo\nthree\n");
  StreamPlace place;
  {
    LineFollower follower(path);
    follower.next(kAtOnce), follower.next(kAtOnce);
    place = follower.place();
  }
  for (const char* other : {"one\ntwx\nthree\n", "one\n", ""}) {
    testing::write_file(path, other);
    LineFollower resumed(path);
    EXPECT_FALSE(resumed.resume(place)) << other;
    EXPECT_EQ(resumed.place().lines, 0);
  }
  testing::write_file(path, "one\ntwo\n");
  EXPECT_TRUE(LineFollower(path).resume(place));
  place.last_bytes = int64_t{1} << 40;  // of a damaged state
  EXPECT_FALSE(LineFollower(path).resume(place));
}

TEST(LineFollower, GoesOverToTheFileThatTakesTheName) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "rows", "one\ntw");
  LineFollower follower(path);
  EXPECT_EQ(lines_of(follower), (Lines{"one"}));
  fs::rename(path, folder / "rows.1");
  EXPECT_EQ(follower.next(kAtOnce), Event::Nothing);
  testing::write_file(path, "");
  append(folder / "rows.1", "o\nlate");  // the writer has not gone over yet
  EXPECT_EQ(lines_of(follower), (Lines{"two"}));
  append(path, "new\n");
  ASSERT_EQ(follower.next(kLong), Event::Line);  // the rest of the old file, which nothing follows
  EXPECT_EQ(follower.line(), "late");
  ASSERT_EQ(follower.next(kLong), Event::NewFile);
  EXPECT_EQ(follower.place().lines, 0);
  EXPECT_EQ(lines_of(follower), (Lines{"new"}));
  append(path, "more\n");
  ASSERT_EQ(follower.next(kLong), Event::Line);
}

TEST(LineFollower, BeginsAFileAgainThatWasCutShort) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "rows", "one\ntwo\nthr");
  LineFollower follower(path);
  EXPECT_EQ(lines_of(follower), (Lines{"one", "two"}));
  fs::resize_file(path, 0);
  append(path, "1\n");
  EXPECT_EQ(follower.next(kLong), Event::NewFile);
  EXPECT_EQ(lines_of(follower), (Lines{"1"}));
  EXPECT_EQ(follower.place().bytes, 2);
}

TEST(LineFollower, FifoEndsWithItsWriters) {
  const TemporaryFolder folder;
  const fs::path path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  LineFollower follower(path);
  EXPECT_FALSE(follower.is_file());
  EXPECT_EQ(follower.next(kAtOnce), Event::Nothing);  // nobody has come yet
  auto writer = std::make_unique<std::ofstream>(path);
  *writer << "one\ntw" << std::flush;
  EXPECT_EQ(lines_of(follower), (Lines{"one"}));
  *writer << "o\nrest";
  writer.reset();
  EXPECT_EQ(lines_of(follower), (Lines{"two", "rest"}));
  EXPECT_EQ(follower.next(kLong), Event::End);
  EXPECT_EQ(follower.next(kLong), Event::End);
}

TEST(LineFollower, PassesOverALineThatIsTooLong) {
  const TemporaryFolder folder;
  const std::string longest(LineFollower::kLongestLine, 'x');
  const auto path = testing::write_file(folder / "rows", longest + "\n");
  append(path, longest + "x\n" + longest + longest + longest + "\nafter\n");
  LineFollower follower(path);
  ASSERT_EQ(follower.next(kAtOnce), Event::Line);
  EXPECT_EQ(follower.line().size(), LineFollower::kLongestLine);
  EXPECT_EQ(follower.next(kAtOnce), Event::TooLong);
  EXPECT_EQ(follower.next(kAtOnce), Event::TooLong);
  const StreamPlace place = follower.place();
  ASSERT_EQ(follower.next(kAtOnce), Event::Line);
  EXPECT_EQ(follower.line(), "after");
  EXPECT_EQ(follower.place().lines, 4);
  EXPECT_EQ(follower.place().bytes, static_cast<int64_t>(fs::file_size(path)));
  LineFollower resumed(path);
  EXPECT_TRUE(resumed.resume(place));
  EXPECT_EQ(lines_of(resumed), (Lines{"after"}));
}

TEST(LineFollower, RefusesWhatIsNoStream) {
  const TemporaryFolder folder;
  testing::expect_contains(testing::error_of([&] { LineFollower(folder / "absent"); }),
                           {"absent", "cannot open"});
  testing::expect_contains(testing::error_of([&] { LineFollower(folder.path().string()); }),
                           {"a file or a FIFO", "a folder"});
}

}  // namespace
}  // namespace hourglass::sources
