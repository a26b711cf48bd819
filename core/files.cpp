#include "hourglass/core/files.h"

#include "hourglass/core/error.h"
#include "hourglass/core/regular_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>
#include <unistd.h>

namespace hourglass {
namespace {

namespace fs = std::filesystem;

std::string errno_text() { return std::generic_category().message(errno); }

void flush_to_disk(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = descriptor >= 0 && ::fsync(descriptor) == 0;
  const std::string reason = flushed ? "" : errno_text();
  if (descriptor >= 0) ::close(descriptor);
  if (!flushed) throw Error("{}: cannot flush to the disk: {}", path.string(), reason);
}

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
  // The process id keeps two programs that write the same file apart; the suffix is kept because
  // some writers (OpenCV's imwrite) choose the format by it.
  const fs::path temporary =
      path.parent_path() /
      fmt::format(".{}.{}.tmp{}", path.stem().string(), ::getpid(), path.extension().string());
  try {
    write(temporary);
    flush_to_disk(temporary);
    fs::rename(temporary, path);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw Error("{}: cannot replace the file: {}", path.string(), error.code().message());
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  write_file_atomically(path, [&](const fs::path& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
      throw Error("{}: cannot write {} bytes: {}", path.string(), bytes.size(), errno_text());
    }
  });
}

std::filesystem::path without_slash(const std::filesystem::path& folder) {
  const std::filesystem::path normal = (folder / "").lexically_normal().parent_path();
  return normal.empty() ? std::filesystem::path(".") : normal;
}

void create_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error("{}: cannot create the folder: {}", path.string(), error.message());
}

}  // namespace hourglass
