#include "hourglass/apps/tools/line_output.h"

#include "hourglass/core/error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace hourglass::apps {
namespace {

std::string errno_reason() { return std::generic_category().message(errno); }

}  // namespace

LineOutput::LineOutput(std::filesystem::path path, int64_t kept)
    : path_(std::move(path)), descriptor_(STDOUT_FILENO), bytes_(kept) {
  if (path_ == "-") return;
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw Error("{}: cannot open: {}", path_.string(), errno_reason());
  struct stat status = {};
  ::fstat(descriptor_, &status);
  if (!S_ISREG(status.st_mode)) return;
  if (status.st_size < kept) {
    ::close(descriptor_);
    throw Error("{}: expected at least {} bytes, as the state of the stream says, found {}",
                path_.string(), kept, status.st_size);
  }
  if (::ftruncate(descriptor_, kept) != 0 || ::lseek(descriptor_, 0, SEEK_END) < 0) {
    const std::string reason = errno_reason();
    ::close(descriptor_);
    throw Error("{}: cannot write: {}", path_.string(), reason);
  }
}

LineOutput::~LineOutput() {
  if (descriptor_ != STDOUT_FILENO) ::close(descriptor_);
}

void LineOutput::write(std::string_view lines) {
  bytes_ += static_cast<int64_t>(lines.size());
  while (!lines.empty()) {
    const ssize_t count = ::write(descriptor_, lines.data(), lines.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw Error("{}: cannot write: {}", path_ == "-" ? "standard output" : path_.string(),
                  errno_reason());
    }
    lines.remove_prefix(static_cast<size_t>(count));
  }
}

void LineOutput::flush_to_disk() const {
  if (path_ == "-" || ::fdatasync(descriptor_) == 0 || errno == EINVAL) return;
  throw Error("{}: cannot flush to the disk: {}", path_.string(), errno_reason());
}

}  // namespace hourglass::apps
