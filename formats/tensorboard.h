#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats {

/// A number that TensorBoard draws as a curve of that tag.
struct TensorboardScalar {
  std::string tag;  ///< "loss/train"; tags of one first part share a section
  double value = 0;
};

/// Appends to a file that TensorBoard reads: records of TFRecord framing, each a message `Event` of
/// its protocol buffers.
class TensorboardFile {
 public:
  /// A new file `events.out.tfevents.SECONDS.HOST.PROCESS` in `folder`, which readers take after
  /// those that are there already. It says that a session starts at `first_step`: what earlier files
  /// have of that step and later ones does not count any more. Throws `Error` where the file cannot
  /// be written.
  TensorboardFile(const std::filesystem::path& folder, int64_t first_step);

  /// Values of one step, float32 in the file, which is flushed. Throws `Error` when that fails.
  void add(int64_t step, const std::vector<TensorboardScalar>& scalars);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::ofstream file_;

  void append(const std::string& event);
};

/// The event files in `folder`, in the order in which readers take them.
std::vector<std::filesystem::path> tensorboard_files(const std::filesystem::path& folder);

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in RFC 3720.
uint32_t crc32c(std::string_view bytes);

/// A record of a TFRecord file: length, its checksum, the bytes, and theirs. Checksums are masked:
/// turned right by 15 bits, plus 0xA282EAD8.
std::string tfrecord(std::string_view bytes);

}  // namespace hourglass::formats
