#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace hourglass {

/// The file's bytes. Throws `Error` with the reason when it cannot be read whole (missing, a
/// folder, no permission).
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` in one step: `write` fills a temporary file in the same folder, which is flushed
/// to the disk and then renamed. A reader, or a crash at any moment, sees the old file or the new
/// one and never a part of one. Throws `Error` (and leaves the old file as it was) when anything
/// fails, a full disk included.
void write_file_atomically(
    const std::filesystem::path& path,
    const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same for bytes at hand.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Creates the folder and its parents. Throws `Error` with the reason.
void create_folders(const std::filesystem::path& path);

/// The SHA-256 of bytes that come one after the other.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);

  /// 64 lower-case hexadecimal digits; nothing can be added afterwards.
  std::string hex();

 private:
  struct Context;  // hides OpenSSL's headers
  std::shared_ptr<Context> context_;
};

/// The same of bytes at hand.
std::string sha256(std::string_view bytes);

}  // namespace hourglass
