#include "hourglass/sources/line_follower.h"

#include "hourglass/core/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace hourglass::sources {
namespace {

using std::chrono::milliseconds;

constexpr size_t kReadAtOnce = 1 << 16;

// A file of a network tells nobody that it has changed.
constexpr milliseconds kLookAgain{200};

std::string reason() { return std::generic_category().message(errno); }

/// FNV-1a, which is the same on every machine.
uint64_t digest_of(std::string_view bytes) {
  uint64_t digest = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    digest = (digest ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return digest;
}

bool is_ready(int descriptor, milliseconds patience) {
  pollfd waited = {.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&waited, 1, static_cast<int>(patience.count())) > 0;
}

struct stat status_of(int descriptor) {
  struct stat status = {};
  ::fstat(descriptor, &status);
  return status;
}

}  // namespace

LineFollower::LineFollower(std::string source) : source_(std::move(source)) { open(); }

LineFollower::~LineFollower() { close(); }

void LineFollower::open() {
  if (source_ == "-") {
    descriptor_ = STDIN_FILENO;
    return;
  }
  // Without waiting for the writer of a FIFO, which a signal could not end.
  descriptor_ = ::open(source_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) throw Error("{}: cannot open: {}", source_, reason());
  const auto mode = status_of(descriptor_).st_mode;
  if (S_ISDIR(mode)) {
    close();
    throw Error("{}: expected a file or a FIFO of rows, found a folder", source_);
  }
  is_file_ = S_ISREG(mode);
  if (!is_file_) return;
  changes_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (changes_ >= 0) ::inotify_add_watch(changes_, source_.c_str(), IN_MODIFY | IN_ATTRIB);
}

void LineFollower::close() {
  if (changes_ >= 0) ::close(changes_);
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  changes_ = descriptor_ = -1;
}

bool LineFollower::resume(const StreamPlace& place) {
  if (!is_file_) {
    place_ = {.lines = place.lines};
    return true;
  }
  const auto longest = static_cast<int64_t>(kLongestLine) + 2;
  if (place.last_bytes > std::min(place.bytes, longest)) return false;
  std::string last(static_cast<size_t>(place.last_bytes), '\0');
  const auto found = ::pread(descriptor_, last.data(), last.size(), place.bytes - place.last_bytes);
  const bool same = found == place.last_bytes && digest_of(last) == place.last_digest;
  if (place.last_bytes > 0 && !same) return false;
  if (status_of(descriptor_).st_size < place.bytes) return false;
  ::lseek(descriptor_, place.bytes, SEEK_SET);
  place_ = place;
  return true;
}

LineFollower::Event LineFollower::next(milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + patience;
  for (;;) {
    if (const auto event = take_line()) return *event;
    const Found found = read_more();
    if (found == Found::Bytes) continue;
    if (found == Found::End) {
      if (const auto event = at_end()) return *event;
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || !wait_for_input(left)) return Event::Nothing;
  }
}

std::optional<LineFollower::Event> LineFollower::take_line() {
  const size_t end = bytes_.find('\n', taken_);
  if (end != std::string::npos) return hand_out(end - taken_, end + 1);
  bytes_.erase(0, std::exchange(taken_, 0));
  if (bytes_.size() > kLongestLine) {
    passed_over_ += bytes_.size();
    bytes_.clear();
  }
  return {};
}

/// The line of that length; the next begins at `end`.
LineFollower::Event LineFollower::hand_out(size_t length, size_t end) {
  const bool too_long = passed_over_ > 0 || length > kLongestLine;
  const std::string_view whole = std::string_view(bytes_).substr(taken_, end - taken_);
  line_ = whole.substr(0, length);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  ++place_.lines;
  place_.bytes += static_cast<int64_t>(std::exchange(passed_over_, 0) + whole.size());
  place_.last_bytes = too_long ? 0 : static_cast<int64_t>(whole.size());
  place_.last_digest = too_long ? 0 : digest_of(whole);
  taken_ = end;
  return too_long ? Event::TooLong : Event::Line;
}

/// Called where no whole line is held.
LineFollower::Found LineFollower::read_more() {
  if (!is_file_ && !is_ready(descriptor_, milliseconds(0))) return Found::Nothing;
  const size_t before = bytes_.size();
  bytes_.resize(before + kReadAtOnce);
  const ssize_t count = ::read(descriptor_, bytes_.data() + before, kReadAtOnce);
  const int error = errno;
  bytes_.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
  if (count > 0) return Found::Bytes;
  if (count == 0) return Found::End;
  if (error == EAGAIN || error == EINTR) return Found::Nothing;
  throw Error("{}: reading failed: {}", source_, std::generic_category().message(error));
}

/// What the end of the bytes means; nothing where a file may grow.
std::optional<LineFollower::Event> LineFollower::at_end() {
  if (is_file_ && was_cut_short()) {
    start_over();
    return Event::NewFile;
  }
  if (is_file_ && !was_replaced()) return {};
  // Nothing follows: what there is without an end of a line is one.
  if (bytes_.size() + passed_over_ > 0) return hand_out(bytes_.size(), bytes_.size());
  if (!is_file_) return Event::End;
  close();
  open();
  start_over();
  return Event::NewFile;
}

bool LineFollower::was_cut_short() const {
  const auto read = place_.bytes + static_cast<int64_t>(passed_over_ + bytes_.size());
  return status_of(descriptor_).st_size < read;
}

/// Whether another file has the name, and something in it: its writer has gone over to it.
bool LineFollower::was_replaced() const {
  const struct stat ours = status_of(descriptor_);
  struct stat named = {};
  if (::stat(source_.c_str(), &named) != 0 || named.st_size == 0) return false;
  return named.st_ino != ours.st_ino || named.st_dev != ours.st_dev;
}

void LineFollower::start_over() {
  ::lseek(descriptor_, 0, SEEK_SET);
  bytes_.clear();
  taken_ = passed_over_ = 0;
  place_ = {};
}

/// False where a signal came.
bool LineFollower::wait_for_input(milliseconds patience) const {
  pollfd waited = {.fd = is_file_ ? changes_ : descriptor_, .events = POLLIN, .revents = 0};
  if (is_file_) patience = std::min(patience, kLookAgain);
  const int found = ::poll(&waited, 1, static_cast<int>(patience.count()));
  if (found < 0) return false;
  if (is_file_ && found > 0) {
    std::array<char, 4096> told;  // what happened is seen by looking at the file
    while (::read(changes_, told.data(), told.size()) > 0) continue;
  }
  return true;
}

}  // namespace hourglass::sources
