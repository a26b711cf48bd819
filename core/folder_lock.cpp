#include "hourglass/core/folder_lock.h"

#include "hourglass/core/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace hourglass {
namespace {

/// " 1234", the process that wrote itself into the file; empty where none did.
std::string holder_of(int descriptor) {
  char text[32];
  const ssize_t length = ::pread(descriptor, text, sizeof text, 0);
  return length > 0 ? " " + std::string(text, static_cast<size_t>(length)) : "";
}

void write_holder(int descriptor) {
  const std::string text = std::to_string(::getpid());
  // For people alone: a full disk does not matter here.
  if (::ftruncate(descriptor, 0) != 0) return;
  if (::pwrite(descriptor, text.data(), text.size(), 0) < 0) return;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const std::string path = (folder / ".lock").string();
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) {
    throw Error("{}: cannot open: {}", path, std::generic_category().message(errno));
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
    write_holder(descriptor_);
  } else if (errno == EWOULDBLOCK) {
    const std::string holder = holder_of(descriptor_);
    ::close(std::exchange(descriptor_, -1));
    throw Error(
        "{}: expected a folder that nobody writes, found process{} at work in it: wait until it "
        "ends, or choose another folder",
        folder.string(), holder);
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

}  // namespace hourglass
