#include "hourglass/core/files.h"

#include "hourglass/core/error.h"
#include "hourglass/core/regular_file.h"
#include "hourglass/core/unfinished_files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace hourglass {
namespace {

namespace fs = std::filesystem;

std::string errno_text() { return std::generic_category().message(errno); }

/// 16 digits that nobody knows before.
std::string random_token() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

/// ".best.0123456789abcdef.tmp.pt" of "best.pt": the suffix is kept because some writers choose the
/// format by it.
fs::path temporary_name(const fs::path& path) {
  return path.parent_path() / fmt::format(".{}.{}.tmp{}", path.stem().string(), random_token(),
                                          path.extension().string());
}

/// Whether `temporary_name` makes such a name, or version 0.2 did, which had the process's number
/// for the token.
bool is_temporary_name(std::string_view name) {
  const size_t end = name.rfind(".tmp");
  if (!name.starts_with('.') || end == std::string_view::npos) return false;
  const std::string_view suffix = name.substr(end + 4);
  if (!suffix.empty() && (suffix[0] != '.' || suffix.rfind('.') != 0)) return false;
  const size_t begin = name.rfind('.', end - 1);
  if (begin == 0 || begin == std::string_view::npos) return false;
  const std::string_view token = name.substr(begin + 1, end - begin - 1);
  constexpr std::string_view kDigits = "0123456789";
  const bool is_number = !token.empty() && token.find_first_not_of(kDigits) == token.npos;
  return is_number ||
         (token.size() == 16 && token.find_first_not_of("0123456789abcdef") == token.npos);
}

/// A file that takes another's place. While it is written it is locked, which tells it from one
/// that a killed process left behind.
class Replacement {
 public:
  explicit Replacement(const fs::path& path) : path_(path) {
    expect_replaceable(path);
    do {
      temporary_ = temporary_name(path);
      unfinished_.emplace(temporary_);
      descriptor_ =
          ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && errno == EEXIST);
    if (descriptor_ < 0) {
      throw Error("{}: cannot create a file in its folder: {}", path.string(), errno_text());
    }
    static_cast<void>(::flock(descriptor_, LOCK_EX | LOCK_NB));
  }
  ~Replacement() {
    ::close(descriptor_);
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove(temporary_, ignored);
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  const fs::path& temporary() const { return temporary_; }

  void write(std::string_view bytes) const {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        throw Error("{}: cannot write {} bytes: {}", path_.string(), bytes.size(), errno_text());
      }
      done += static_cast<size_t>(count);
    }
  }

  void take_its_place() {
    flush_to_disk(temporary_);
    std::error_code error;
    fs::rename(temporary_, path_, error);
    if (error) throw Error("{}: cannot replace the file: {}", path_.string(), error.message());
    unfinished_.reset();
    temporary_.clear();
    flush_to_disk(path_.parent_path());
  }

 private:
  fs::path path_, temporary_;
  std::optional<UnfinishedFile> unfinished_;
  int descriptor_ = -1;
};

}  // namespace

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

std::string read_file(const fs::path& path) {
  expect_regular_file(path);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("{}: cannot open: {}", path.string(), errno_text());
  std::ostringstream bytes;  // not by the file's size: those of /proc have none
  if (file.peek() != std::ifstream::traits_type::eof()) bytes << file.rdbuf();
  if (file.bad() || !bytes) throw Error("{}: reading failed: {}", path.string(), errno_text());
  return std::move(bytes).str();
}

void write_file_atomically(const fs::path& path,
                           const std::function<void(const fs::path&)>& write) {
  Replacement file(path);
  write(file.temporary());
  file.take_its_place();
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  Replacement file(path);
  file.write(bytes);
  file.take_its_place();
}

void remove_abandoned_temporaries(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!is_temporary_name(entry.path().filename().string())) continue;
    const int descriptor =
        ::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) continue;
    const bool is_free = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    if (is_free && entry.is_regular_file(ignored)) fs::remove(entry.path(), ignored);
    ::close(descriptor);
  }
}

void flush_to_disk(const fs::path& path) {
  const fs::path opened = path.empty() ? "." : path;
  const int descriptor = ::open(opened.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int reason = flushed ? 0 : errno;
  if (descriptor >= 0) ::close(descriptor);
  // A folder may be one to write in but not to list, or of a file system that flushes none.
  std::error_code ignored;
  const bool tolerable = reason == EACCES || reason == EINVAL;
  if (flushed || (tolerable && fs::is_directory(opened, ignored))) return;
  throw Error("{}: cannot flush to the disk: {}", path.string(),
              std::generic_category().message(reason));
}

std::filesystem::path without_slash(const std::filesystem::path& folder) {
  const std::filesystem::path normal = (folder / "").lexically_normal().parent_path();
  return normal.empty() ? std::filesystem::path(".") : normal;
}

void create_folders(const fs::path& path) {
  std::error_code error;
  std::vector<fs::path> created;
  for (fs::path part = without_slash(path); !part.empty() && !fs::exists(part, error);
       part = part.parent_path()) {
    created.push_back(part);
  }
  fs::create_directories(path, error);
  if (error) throw Error("{}: cannot create the folder: {}", path.string(), error.message());
  for (const auto& folder : created) flush_to_disk(folder.parent_path());
}

}  // namespace hourglass
