#include "core/files.h"

#include "core/error.h"

#include <openssl/evp.h>

#include <cerrno>
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

/// OpenSSL returns 1 where all went well.
void check_digest(int result) {
  if (result != 1) throw Error("SHA-256 is not available in this OpenSSL");
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    throw Error("{}: expected a file, found a folder", path.string());
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("{}: cannot open: {}", path.string(), errno_text());
  std::ostringstream bytes;  // not by the file's size: a pipe has none
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

void create_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error("{}: cannot create the folder: {}", path.string(), error.message());
}

struct Sha256::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256::Sha256() : context_(std::make_shared<Context>()) {
  check_digest(EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view bytes) {
  check_digest(EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size()));
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  check_digest(EVP_DigestFinal_ex(context_->evp.get(), digest, &length));
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

}  // namespace hourglass
