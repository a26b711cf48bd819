#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace hourglass {

/// A file's bytes in memory, as the system brings them in: those that nobody reads cost nothing.
/// What cannot be mapped is read. The file must not be cut short in the meantime; ours are
/// replaced, never changed.
class MappedFile {
 public:
  /// Throws `Error` as `read_file` does.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  void* mapping_ = nullptr;
  std::string read_;  // where nothing is mapped
  std::string_view bytes_;
};

// Advice to the system on bytes of a mapped file, which does not change what is read.

/// They are soon to be read: the system begins to bring them in, and does not wait for them.
void expect_reading(std::string_view bytes);

/// They are not soon to be read: they no longer count as this process's memory. Another thread may
/// be reading them.
void forget_reading(std::string_view bytes);

}  // namespace hourglass
