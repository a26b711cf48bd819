#include "hourglass/core/mapped_file.h"

#include "hourglass/core/files.h"

#include <cstdint>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hourglass {
namespace {

/// With the whole of the pages that the bytes lie in.
void advise(std::string_view bytes, int advice) {
  static const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  if (bytes.empty()) return;
  const uintptr_t before = reinterpret_cast<uintptr_t>(bytes.data()) % page;
  auto* begin = const_cast<char*>(bytes.data()) - before;
  // An advice may be refused, which costs time or memory, and changes nothing else.
  static_cast<void>(::madvise(begin, before + bytes.size(), advice));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  // Without waiting for the other end of a pipe, which `read_file` does then.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status {};
  if (descriptor >= 0 && ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_size > 0) {
    const auto size = static_cast<size_t>(status.st_size);
    void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping != MAP_FAILED) {
      mapping_ = mapping;
      bytes_ = {static_cast<const char*>(mapping), size};
    }
  }
  if (descriptor >= 0) ::close(descriptor);
  if (mapping_ != nullptr) return;
  read_ = read_file(path);
  bytes_ = read_;
}

MappedFile::~MappedFile() {
  if (mapping_ != nullptr) ::munmap(mapping_, bytes_.size());
}

void expect_reading(std::string_view bytes) { advise(bytes, MADV_WILLNEED); }

void forget_reading(std::string_view bytes) { advise(bytes, MADV_DONTNEED); }

}  // namespace hourglass
