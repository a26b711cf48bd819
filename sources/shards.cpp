#include "hourglass/sources/shards.h"

#include "hourglass/core/error.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/missing_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <glob.h>
#include <sys/stat.h>
#include <system_error>

namespace hourglass::sources {

const std::string kSampledIdentity =
    fmt::format("sizes, modification times and {} blocks of 4 KiB", kSampledBlocks);

namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlockBytes = 4096;

std::vector<fs::path> files_in(const fs::path& folder, std::string_view suffix) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.starts_with('.') && name.ends_with(suffix)) {
      files.push_back(entry.path());
    }
  }
  return files;
}

std::vector<fs::path> files_matching(const fs::path& pattern) {
  glob_t found{};
  std::vector<fs::path> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return files;
}

/// Size and time of a file.
struct FileFacts {
  int64_t bytes, seconds;
};

FileFacts facts_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw Error("{}: cannot open: {}", path.string(), std::generic_category().message(errno));
  }
  return {status.st_size, status.st_mtime};
}

/// Adds the blocks that lie in a file, which begins at `start` of all bytes.
void add_samples(std::string_view file, int64_t start, int64_t all, formats::Sha256& hash) {
  const int64_t size = std::ssize(file);
  for (int64_t i = 0; i < kSampledBlocks; ++i) {
    const int64_t place =
        std::max<int64_t>(all - kBlockBytes, 0) * i / (kSampledBlocks - 1) - start;
    if (place + kBlockBytes <= 0 || place >= size) continue;
    const int64_t first = std::max<int64_t>(place, 0);
    hash.add(file.substr(static_cast<size_t>(first),
                         static_cast<size_t>(std::min(place + kBlockBytes, size) - first)));
  }
}

}  // namespace

std::vector<fs::path> list_shards(const fs::path& which, std::string_view suffix) {
  std::error_code ignored;
  const bool folder = fs::is_directory(which, ignored);
  const bool pattern = !folder && !fs::exists(which, ignored) &&
                       which.string().find_first_of("*?") != std::string::npos;
  if (!folder && !pattern) return {which};
  auto files = folder ? files_in(which, suffix) : files_matching(which);
  if (files.empty()) {
    throw MissingDataError("{}: expected files{}, found none", which.string(),
                           folder && !suffix.empty() ? fmt::format(" *{}", suffix) : "");
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.string(), b.string());
  });
  return files;
}

int64_t total_bytes(const std::vector<fs::path>& files) {
  int64_t bytes = 0;
  for (const auto& file : files) bytes += facts_of(file).bytes;
  return bytes;
}

std::string sampled_digest(const std::vector<fs::path>& files) {
  formats::Sha256 hash;
  const int64_t all = total_bytes(files);
  int64_t start = 0;
  for (const auto& file : files) {
    const auto [bytes, seconds] = facts_of(file);
    hash.add(fmt::format("{} {}\n", bytes, seconds));
    const MappedFile mapped(file);
    add_samples(mapped.bytes(), start, all, hash);
    start += bytes;
  }
  return hash.hex();
}

std::string sampled_digest(std::string_view bytes) {
  formats::Sha256 hash;
  hash.add(fmt::format("{}\n", bytes.size()));
  add_samples(bytes, 0, std::ssize(bytes), hash);
  return hash.hex();
}

}  // namespace hourglass::sources
