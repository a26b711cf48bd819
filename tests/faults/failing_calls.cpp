// A library to preload (LD_PRELOAD) that lets one call of a program fail, as a full disk, a broken
// device or a machine without memory would; scripts/fault_sweep.py goes through all of them. Or the
// program is killed there; scripts/kill_sweep.py --at-calls does that.
//
//   FAILING_CALL=write:17          the 17th write fails, once: ENOSPC
//   KILLING_CALL=write:17          instead: the program is killed (SIGKILL) before its 17th write
//   FAILING_CALL_COUNTS=FILE       instead: writes "read 120\nwrite 31\n…" when the program ends
//   FAILING_ALLOC_BYTES=1          memory of so many bytes and more is counted; 4096 where it is not set
//
// Counted are calls from the start of main() on: open (EMFILE), read (EIO), write (ENOSPC), fsync
// (EIO), rename (EIO), mmap of a file (ENOMEM), and alloc, memory (ENOMEM). What
// the system tells of the machine, /proc, /sys and /dev, never fails, nor do shared libraries:
// nobody's program runs without these. Neither does standard error, which tells us.

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

enum Kind { Open, Read, Write, Fsync, Rename, Mmap, Alloc, Kinds };
constexpr const char* kNames[Kinds] = {"open", "read", "write", "fsync", "rename", "mmap", "alloc"};
constexpr int kErrors[Kinds] = {EMFILE, EIO, ENOSPC, EIO, EIO, ENOMEM, ENOMEM};
constexpr int kMostFiles = 1024;

std::atomic<bool> started{false};
std::atomic<long> counts[Kinds];
std::atomic<bool> of_machine[kMostFiles];  // whether a descriptor reads /proc and the like
int failing_kind = -1;
long failing_number = 0;
bool kills = false;
size_t least_allocation = 4096;

/// Whether this call is the one that fails. Sets errno then, or ends the program.
bool fails(Kind kind) {
  if (!started.load(std::memory_order_relaxed)) return false;
  const long number = ++counts[kind];
  if (kind != failing_kind || number != failing_number) return false;
  if (kills) std::raise(SIGKILL);
  errno = kErrors[kind];
  return true;
}

bool is_of_machine(const char* path) {
  for (const char* start : {"/proc/", "/sys/", "/dev/", "/etc/"}) {
    if (std::strncmp(path, start, std::strlen(start)) == 0) return true;
  }
  return std::strstr(path, ".so") != nullptr;
}

bool counts_for(int descriptor) {
  if (descriptor < 0 || descriptor == STDERR_FILENO) return false;
  return descriptor >= kMostFiles || !of_machine[descriptor];
}

int remember(int descriptor, const char* path) {
  if (descriptor >= 0 && descriptor < kMostFiles) of_machine[descriptor] = is_of_machine(path);
  return descriptor;
}

/// The function that this library stands in for.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

void write_counts() {
  started = false;
  const char* path = std::getenv("FAILING_CALL_COUNTS");
  FILE* file = std::fopen(path, "w");
  if (file == nullptr) return;
  for (int kind = 0; kind < Kinds; ++kind)
    std::fprintf(file, "%s %ld\n", kNames[kind], counts[kind].load());
  std::fclose(file);
}

void read_wish() {
  if (std::getenv("FAILING_CALL_COUNTS") != nullptr) std::atexit(write_counts);
  kills = std::getenv("KILLING_CALL") != nullptr;
  const char* bytes = std::getenv("FAILING_ALLOC_BYTES");
  if (bytes != nullptr) least_allocation = static_cast<size_t>(std::atol(bytes));
  const char* wish = std::getenv(kills ? "KILLING_CALL" : "FAILING_CALL");
  const char* colon = wish == nullptr ? nullptr : std::strchr(wish, ':');
  if (colon == nullptr) return;
  for (int kind = 0; kind < Kinds; ++kind) {
    const size_t length = std::strlen(kNames[kind]);
    if (static_cast<size_t>(colon - wish) == length &&
        std::strncmp(wish, kNames[kind], length) == 0)
      failing_kind = kind;
  }
  failing_number = std::atol(colon + 1);
}

using Main = int(int, char**, char**);
Main* real_main = nullptr;

int counted_main(int count, char** arguments, char** environment) {
  read_wish();
  started = true;
  return real_main(count, arguments, environment);
}

}  // namespace

extern "C" {

// Functions have the C library's names.
// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming)

int __libc_start_main(Main* main, int count, char** arguments, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void* stack_end) {
  real_main = main;
  return next<int(Main*, int, char**, void (*)(), void (*)(), void (*)(), void*)>(
      "__libc_start_main")(counted_main, count, arguments, init, fini, rtld_fini, stack_end);
}

// Programs may leave without what atexit() was told.
void _exit(int code) {
  if (started && std::getenv("FAILING_CALL_COUNTS") != nullptr) write_counts();
  next<void(int)>("_exit")(code);
  __builtin_unreachable();
}

int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  static auto* const real = next<int(int, const char*, int, ...)>("openat");
  if (!is_of_machine(path) && fails(Open)) return -1;
  return remember(real(folder, path, flags, mode), path);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) __attribute__((alias("open")));
int openat64(int folder, const char* path, int flags, ...) __attribute__((alias("openat")));

FILE* fopen(const char* path, const char* mode) {
  static auto* const real = next<FILE*(const char*, const char*)>("fopen");
  if (!is_of_machine(path) && fails(Open)) return nullptr;
  FILE* file = real(path, mode);
  if (file != nullptr) remember(::fileno(file), path);
  return file;
}

FILE* fopen64(const char* path, const char* mode) __attribute__((alias("fopen")));

ssize_t read(int descriptor, void* to, size_t count) {
  static auto* const real = next<ssize_t(int, void*, size_t)>("read");
  return counts_for(descriptor) && fails(Read) ? -1 : real(descriptor, to, count);
}

ssize_t pread(int descriptor, void* to, size_t count, off_t offset) {
  static auto* const real = next<ssize_t(int, void*, size_t, off_t)>("pread");
  return counts_for(descriptor) && fails(Read) ? -1 : real(descriptor, to, count, offset);
}

ssize_t pread64(int descriptor, void* to, size_t count, off_t offset)
    __attribute__((alias("pread")));

size_t fread(void* to, size_t size, size_t count, FILE* file) {
  static auto* const real = next<size_t(void*, size_t, size_t, FILE*)>("fread");
  return counts_for(::fileno(file)) && fails(Read) ? 0 : real(to, size, count, file);
}

ssize_t write(int descriptor, const void* from, size_t count) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  return counts_for(descriptor) && fails(Write) ? -1 : real(descriptor, from, count);
}

ssize_t pwrite(int descriptor, const void* from, size_t count, off_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return counts_for(descriptor) && fails(Write) ? -1 : real(descriptor, from, count, offset);
}

ssize_t pwrite64(int descriptor, const void* from, size_t count, off_t offset)
    __attribute__((alias("pwrite")));

ssize_t writev(int descriptor, const iovec* parts, int count) {
  static auto* const real = next<ssize_t(int, const iovec*, int)>("writev");
  return counts_for(descriptor) && fails(Write) ? -1 : real(descriptor, parts, count);
}

size_t fwrite(const void* from, size_t size, size_t count, FILE* file) {
  static auto* const real = next<size_t(const void*, size_t, size_t, FILE*)>("fwrite");
  return counts_for(::fileno(file)) && fails(Write) ? 0 : real(from, size, count, file);
}

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  return fails(Fsync) ? -1 : real(descriptor);
}

int fdatasync(int descriptor) {
  static auto* const real = next<int(int)>("fdatasync");
  return fails(Fsync) ? -1 : real(descriptor);
}

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return fails(Rename) ? -1 : real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  static auto* const real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
  return fails(Rename) ? -1 : real(from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("link");
  return fails(Rename) ? -1 : real(from, to);
}

void* mmap(void* address, size_t length, int protection, int flags, int descriptor, off_t offset) {
  static auto* const real = next<void*(void*, size_t, int, int, int, off_t)>("mmap");
  if (counts_for(descriptor) && fails(Mmap)) return MAP_FAILED;
  return real(address, length, protection, flags, descriptor, offset);
}

void* mmap64(void* address, size_t length, int protection, int flags, int descriptor, off_t offset)
    __attribute__((alias("mmap")));

// The C library's own names: looking for the next malloc would itself ask for memory.
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) {
  return size >= least_allocation && fails(Alloc) ? nullptr : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  return count * size >= least_allocation && fails(Alloc) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* old, size_t size) {
  return size >= least_allocation && fails(Alloc) ? nullptr : __libc_realloc(old, size);
}

void* memalign(size_t alignment, size_t size) {
  return size >= least_allocation && fails(Alloc) ? nullptr : __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void** to, size_t alignment, size_t size) {
  void* memory = memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *to = memory;
  return 0;
}

// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

}  // extern "C"
