#include "hourglass/formats/tensorboard.h"

#include "hourglass/core/files.h"
#include "hourglass/tests/support/support.h"

#include <cstring>

namespace hourglass::formats {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

// tests/python/tensorboard_test.py reads whole files with TensorBoard itself.

/// The messages of a TFRecord file, each compared with what `tfrecord` makes of it.
std::vector<std::string> records_of(const std::string& file) {
  std::vector<std::string> messages;
  for (size_t at = 0; at < file.size();) {
    uint64_t length = 0;
    std::memcpy(&length, file.data() + at, sizeof length);
    messages.push_back(file.substr(at + 12, length));
    EXPECT_EQ(file.substr(at, length + 16), tfrecord(messages.back()));
    at += length + 16;
  }
  return messages;
}

TEST(Crc32c, MatchesTheVectorsOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(TfRecord, FramesBytesBetweenMaskedChecksums) {
  // Of an empty record: the CRC-32C of eight zeros is 0x8C28B28A, that of nothing is 0.
  const uint32_t of_length = ((0x8C28B28AU >> 15) | (0x8C28B28AU << 17)) + 0xA282EAD8U;
  const uint32_t of_bytes = 0xA282EAD8U;
  std::string expected(8, '\0');
  for (const uint32_t checksum : {of_length, of_bytes}) {
    for (int shift = 0; shift < 32; shift += 8) expected += static_cast<char>(checksum >> shift);
  }
  EXPECT_EQ(tfrecord(""), expected);
}

TEST(TensorboardFile, OpensWithTheVersionAndTheFirstStep) {
  const TemporaryFolder folder;
  TensorboardFile file(folder.path(), 6);
  file.add(6, {{"loss/train", 0.5}});
  const auto events = records_of(read_file(file.path()));
  ASSERT_EQ(events.size(), 3U);
  expect_contains(events[0], {"brain.Event:2"});
  // After the wall time (9 bytes): step 6, and a session log whose status is START.
  EXPECT_EQ(events[1].substr(9), std::string("\x10\x06\x3A\x02\x08\x01", 6));
  // Step 6, a summary of one value: its tag, and 0.5 as float32.
  EXPECT_EQ(events[2].substr(9), std::string("\x10\x06\x2A\x13\x0A\x11\x0A\x0Aloss/train\x15", 19) +
                                     std::string("\x00\x00\x00\x3F", 4));
}

TEST(TensorboardFile, IsReadAfterTheFilesBeforeIt) {
  const TemporaryFolder folder;
  for (int64_t session = 1; session <= 3; ++session) {
    const TensorboardFile file(folder.path(), session);
    const auto files = tensorboard_files(folder.path());
    ASSERT_EQ(files.size(), static_cast<size_t>(session));
    EXPECT_EQ(files.back(), file.path());
  }
}

TEST(TensorboardFile, SaysWhereItCannotBeWritten) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { TensorboardFile(folder / "absent", 1); }),
                  {"absent", "events.out.tfevents.", "cannot append"});
  EXPECT_TRUE(tensorboard_files(folder / "absent").empty());
}

}  // namespace
}  // namespace hourglass::formats
