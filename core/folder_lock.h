#pragma once

#include <filesystem>

namespace hourglass {

/// Says that this process alone writes a folder: while one lives, a second one of the same folder,
/// here or in another process, is refused. The system drops the lock with the process, however that
/// ends, so that a crash leaves none behind; what stays is the file `.lock` that it is held on.
/// File systems without locks, of some networks, lock nothing.
class FolderLock {
 public:
  /// Locks nothing.
  FolderLock() = default;
  /// Throws `Error` where another holds it, naming the process, or where the file cannot be made.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

 private:
  int descriptor_ = -1;
};

}  // namespace hourglass
