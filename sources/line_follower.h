#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hourglass::sources {

/// How far a stream has been read, in a form that can be kept.
struct StreamPlace {
  int64_t lines = 0;         ///< that were read
  int64_t bytes = 0;         ///< in front of the next line
  int64_t last_bytes = 0;    ///< of the line before, with its end; 0: there is none to look at
  uint64_t last_digest = 0;  ///< of that line: tells whether a file is still the same
};

/// The lines of a stream as they arrive: of standard input, of a FIFO, or of a file that grows, which
/// may be rotated (another file takes its name) or cut short meanwhile. Part of a line waits for its
/// end. Memory is bounded by the longest line that is taken.
class LineFollower {
 public:
  enum class Event {
    Line,     ///< `line()` is the next
    TooLong,  ///< a line of more than `kLongestLine` bytes was passed over
    Nothing,  ///< nothing came in time, or a signal did
    NewFile,  ///< goes on with the first line: of another file of that name, or of one cut short
    End       ///< of a pipe: its writers are gone
  };
  static constexpr size_t kLongestLine = size_t{16} << 20;

  /// `source` is "-" for standard input, or a path. Throws `Error` where it cannot be read, and for a
  /// folder.
  explicit LineFollower(std::string source);
  ~LineFollower();
  LineFollower(const LineFollower&) = delete;
  LineFollower& operator=(const LineFollower&) = delete;

  /// Whether the source is a file by its name, which can be read again from any place, and never ends.
  bool is_file() const { return is_file_; }

  /// Goes on behind a place that was kept; call it before `next`. False where the file does not hold
  /// the line before it any more: then it is read from its first line. Of a pipe, the count goes on.
  bool resume(const StreamPlace& place);

  /// Waits until there is a line, or so long. Throws `Error` where reading fails.
  Event next(std::chrono::milliseconds patience);

  /// Whether `next` would give a line that has been read already.
  bool holds_line() const { return bytes_.find('\n', taken_) != std::string::npos; }

  /// Without its end ("\n" or "\r\n"). Valid until the next call of `next`.
  std::string_view line() const { return line_; }

  /// Behind the line.
  const StreamPlace& place() const { return place_; }

 private:
  enum class Found { Bytes, Nothing, End };

  std::string source_;
  int descriptor_ = -1;
  int changes_ =
      -1;  // tells when the file changes; -1: nothing does, which costs a fifth of a second
  bool is_file_ = false;
  std::string bytes_;       // that were read and are not yet lines
  size_t taken_ = 0;        // of them, the lines that were handed out
  size_t passed_over_ = 0;  // of a line that is too long, so far
  std::string_view line_;
  StreamPlace place_;

  void open();
  void close();
  Found read_more();
  std::optional<Event> take_line();
  Event hand_out(size_t length, size_t end);
  std::optional<Event> at_end();
  bool was_cut_short() const;
  bool was_replaced() const;
  void start_over();
  bool wait_for_input(std::chrono::milliseconds patience) const;
};

}  // namespace hourglass::sources
