#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace hourglass {

/// A file's bytes in memory, as the system brings them in: those that nobody reads cost nothing.
/// What cannot be mapped (a pipe) is read. The file must not be cut short in the meantime; ours are
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

}  // namespace hourglass
