#include "hourglass/formats/zip.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/regular_file.h"
#include "hourglass/core/unpacked_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <zip.h>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

/// The first day that ZIP archives can tell, in seconds since 1970.
constexpr time_t kFirstZipTime = 315'619'200;

/// Closes an archive without writing it.
struct DiscardZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using ZipHandle = std::unique_ptr<zip_t, DiscardZip>;

ZipHandle open_zip(const fs::path& path, int flags) {
  expect_regular_file(path);
  int code = 0;
  ZipHandle archive(zip_open(path.c_str(), flags, &code));
  if (archive) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  const bool found = code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS || code == ZIP_ER_MULTIDISK;
  throw Error("{}: {} ({})", path.string(),
              found ? "expected a ZIP archive, found a file that is damaged, cut off or of another "
                      "kind"
                    : "cannot open the ZIP archive",
              reason);
}

struct CloseZipFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

/// Hands out a file's content piece by piece until it ends, whatever size the directory declares;
/// at the end libzip compares the checksum.
void read_entry(zip_t* archive, const fs::path& path, zip_uint64_t index,
                const std::function<void(std::string_view piece)>& take) {
  const char* name = zip_get_name(archive, index, 0);
  const std::unique_ptr<zip_file_t, CloseZipFile> file(zip_fopen_index(archive, index, 0));
  if (!file) {
    throw Error("{}: {} in the ZIP archive: {}", path.string(), name, zip_strerror(archive));
  }
  std::string piece(size_t{1} << 16, '\0');
  while (const zip_int64_t count = zip_fread(file.get(), piece.data(), piece.size())) {
    if (count < 0) {
      throw Error("{}: {} in the ZIP archive is damaged: {}", path.string(), name,
                  zip_file_strerror(file.get()));
    }
    take(std::string_view(piece).substr(0, static_cast<size_t>(count)));
  }
}

/// Bytes in memory that libzip writes to, and reads back from.
class ZipMemory {
 public:
  ZipMemory() : source_(zip_source_buffer_create(nullptr, 0, /*freep=*/0, nullptr)) {}
  ~ZipMemory() { zip_source_free(source_); }
  ZipMemory(const ZipMemory&) = delete;
  ZipMemory& operator=(const ZipMemory&) = delete;

  /// A new archive, written here when it is closed; null where that fails.
  ZipHandle open() const {
    zip_source_keep(source_);  // which the archive frees
    return ZipHandle(zip_open_from_source(source_, ZIP_TRUNCATE, nullptr));
  }

  std::string bytes() const {
    zip_stat_t stat;
    if (zip_source_stat(source_, &stat) != 0 || zip_source_open(source_) != 0) return "";
    std::string bytes(stat.size, '\0');
    const zip_int64_t count = zip_source_read(source_, bytes.data(), bytes.size());
    zip_source_close(source_);
    bytes.resize(static_cast<size_t>(std::max<zip_int64_t>(count, 0)));
    return bytes;
  }

 private:
  zip_source_t* source_;
};

/// `path` is for errors. Through memory, as libzip would write a temporary file of its own.
std::string zip_bytes(const std::vector<ZipFile>& files, const fs::path& path) {
  const ZipMemory memory;
  ZipHandle archive = memory.open();
  const auto check = [&](bool done) {
    if (done) return;
    throw Error("{}: cannot write: {}", path.string(),
                archive ? zip_strerror(archive.get()) : "no memory");
  };
  check(archive != nullptr);
  for (const auto& file : files) {
    zip_source_t* source =
        zip_source_buffer(archive.get(), file.bytes.data(), file.bytes.size(), /*freep=*/0);
    check(source != nullptr);
    const zip_int64_t index =
        zip_file_add(archive.get(), file.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) zip_source_free(source);
    check(index >= 0);
    const auto place = static_cast<zip_uint64_t>(index);
    check(zip_set_file_compression(archive.get(), place, ZIP_CM_STORE, 0) == 0);
    // The same bytes whenever they are written.
    check(zip_file_set_mtime(archive.get(), place, kFirstZipTime, 0) == 0);
  }
  check(zip_close(archive.get()) == 0);
  static_cast<void>(archive.release());  // closing has freed it
  return memory.bytes();
}

uint64_t archive_bytes(const fs::path& path) {
  std::error_code failed;
  const uint64_t size = fs::file_size(path, failed);
  return failed ? 0 : size;
}

}  // namespace

ZipReader::ZipReader(const fs::path& path) : path_(path), archive_(open_zip(path, ZIP_RDONLY)) {
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(i), 0, &stat) != 0) {
      throw Error("{}: entry {} of the ZIP archive: {}", path.string(), i,
                  zip_strerror(archive_.get()));
    }
    entries_.push_back({stat.name, stat.size, stat.comp_size});
  }
}

std::string ZipReader::read(size_t index) const {
  const ZipEntry& entry = entries_.at(index);
  check_unpacked_size(fmt::format("{}: {}", path_.string(), entry.name), archive_bytes(path_),
                      entry.size);
  std::string bytes;
  read_entry(archive_.get(), path_, index, [&](std::string_view piece) {
    if (piece.size() > entry.size - bytes.size()) {
      throw Error("{}: expected {} bytes of '{}' in the ZIP archive, as it declares, found more",
                  path_.string(), entry.size, entry.name);
    }
    bytes += piece;
  });
  return bytes;
}

std::vector<ZipEntry> list_zip(const fs::path& path) { return ZipReader(path).entries(); }

std::vector<ZipFile> read_zip(const fs::path& path) {
  const ZipReader reader(path);
  uint64_t unpacked = 0;
  for (const auto& entry : reader.entries()) {
    if (__builtin_add_overflow(unpacked, entry.size, &unpacked)) unpacked = UINT64_MAX;
  }
  check_unpacked_size(path.string(), archive_bytes(path), unpacked);
  std::vector<ZipFile> files;
  for (size_t i = 0; i < reader.entries().size(); ++i) {
    files.push_back({reader.entries()[i].name, reader.read(i)});
  }
  return files;
}

std::string read_zip_file(const fs::path& path, const std::string& name) {
  const ZipReader reader(path);
  const auto& entries = reader.entries();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const ZipEntry& entry) { return entry.name == name; });
  if (found == entries.end()) {
    throw Error("{}: expected '{}' in the ZIP archive, found no such file", path.string(), name);
  }
  return reader.read(static_cast<size_t>(found - entries.begin()));
}

void verify_zip(const fs::path& path) {
  const ZipHandle archive = open_zip(path, ZIP_RDONLY);
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
  for (zip_uint64_t i = 0; i < count; ++i) read_entry(archive.get(), path, i, [](auto) {});
}

void write_zip(const fs::path& path, const std::vector<ZipFile>& files) {
  write_file_atomically(path, zip_bytes(files, path));
}

}  // namespace hourglass::formats
