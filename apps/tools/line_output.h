#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace hourglass::apps {

/// Lines that leave the program at once: to standard output, or to the end of a file.
class LineOutput {
 public:
  /// "-" is standard output. Of a file the first `kept` bytes stay, and what follows is cut off; with
  /// 0 it may be new. Throws `Error` where it cannot be written, or has fewer bytes.
  LineOutput(std::filesystem::path path, int64_t kept);
  ~LineOutput();
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  /// Throws `Error` unless all of it is written.
  void write(std::string_view lines);

  /// Returns when a file is on the disk.
  void flush_to_disk() const;

  /// Of the file, by now; what was written to standard output.
  int64_t bytes() const { return bytes_; }

 private:
  std::filesystem::path path_;
  int descriptor_;
  int64_t bytes_;
};

}  // namespace hourglass::apps
