#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct zip;  // of <zip.h>

namespace hourglass::formats {

/// A file of a ZIP archive as its central directory declares it. Nothing of it was read yet, so the
/// sizes may lie.
struct ZipEntry {
  std::string name;
  uint64_t size = 0;         ///< in bytes, uncompressed
  uint64_t stored_size = 0;  ///< in bytes, as it lies in the archive
};

/// The archive's central directory. Throws `Error` with the reason when the file cannot be opened,
/// is no ZIP archive, or has a directory that is damaged or does not lie within the file.
std::vector<ZipEntry> list_zip(const std::filesystem::path& path);

/// A name without the folder that everything lies in: "model/code/x.py" -> "code/x.py".
inline std::string_view name_in_folder(std::string_view name) {
  return name.substr(name.find('/') + 1);
}

/// A file to put into an archive.
struct ZipFile {
  std::string name;
  std::string bytes;
};

/// All files of an archive. Throws `Error` as `list_zip` does, for contents that are damaged or larger
/// than declared, and for more of them than `check_unpacked_size` (core/unpacked_size.h) allows.
std::vector<ZipFile> read_zip(const std::filesystem::path& path);

/// One of them. Throws `Error` as `read_zip` does, and where there is none of that name.
std::string read_zip_file(const std::filesystem::path& path, const std::string& name);

/// An archive that stays open, for those who read some of its many files.
class ZipReader {
 public:
  /// Throws `Error` as `list_zip` does.
  explicit ZipReader(const std::filesystem::path& path);

  const std::vector<ZipEntry>& entries() const { return entries_; }

  /// The content of `entries()[index]`. Throws `Error` where it is damaged, larger than declared, or
  /// larger than `check_unpacked_size` allows.
  std::string read(size_t index) const;

 private:
  std::filesystem::path path_;
  std::shared_ptr<zip> archive_;
  std::vector<ZipEntry> entries_;
};

/// Compares all files of an archive with their checksums, in little memory. Throws `Error` as
/// `read_zip` does.
void verify_zip(const std::filesystem::path& path);

/// Replaces `path` in one step (see core/files.h) by an archive of `files`, uncompressed.
void write_zip(const std::filesystem::path& path, const std::vector<ZipFile>& files);

}  // namespace hourglass::formats
