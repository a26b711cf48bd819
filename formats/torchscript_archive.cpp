#include "hourglass/formats/torchscript_archive.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/zip.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

// LibTorch stores tensors as they are and deflates the text of the program alone, which may so be
// larger than a small model's whole file.
constexpr uint64_t kMostCode = 16U << 20U;

/// The file's first bytes, at most four.
std::string first_bytes(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    throw Error("{}: expected a file, found a folder or a device", path.string());
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error("{}: cannot open: {}", path.string(), std::generic_category().message(errno));
  }
  std::array<char, 4> bytes{};
  file.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<size_t>(file.gcount())};
}

[[noreturn]] void refuse(const fs::path& path, std::string_view found) {
  throw Error("{}: expected a TorchScript file, found {}", path.string(), found);
}

void check_first_bytes(const fs::path& path, uint64_t file_size) {
  const std::string start = first_bytes(path);
  if (start == "PK\x03\x04") return;
  if (start.empty()) refuse(path, "an empty file");
  if (start[0] == '<') refuse(path, "text that looks like a web page; download it again");
  if (start.starts_with("\x80")) {
    refuse(path, "pickled data; in Python, torch.jit.script(model).save(...) writes TorchScript");
  }
  refuse(path,
         fmt::format("{} bytes of another kind", with_thousands(static_cast<int64_t>(file_size))));
}

/// The name without the folder that everything lies in: "model/code/x.py" -> "code/x.py".
std::string_view name_in_archive(const ZipEntry& entry) {
  const std::string_view name = entry.name;
  return name.substr(name.find('/') + 1);
}

void check_sizes(const fs::path& path, const std::vector<ZipEntry>& entries, uint64_t file_size) {
  uint64_t stored = 0;  // of all: entries that overlap could each be small enough
  for (const ZipEntry& entry : entries) {
    const bool code = name_in_archive(entry).starts_with("code/");
    const uint64_t most = code ? std::max(file_size, kMostCode) : file_size;
    if (entry.size > most || entry.stored_size > file_size - stored) {
      throw Error(
          "{}: expected contents within the file's {} bytes, found that '{}' declares {} bytes "
          "({} stored); the file is damaged or made to harm",
          path.string(), file_size, entry.name, entry.size, entry.stored_size);
    }
    stored += entry.stored_size;
  }
}

void check_kind(const fs::path& path, const std::vector<ZipEntry>& entries) {
  const auto has = [&](std::string_view name) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const ZipEntry& entry) { return name_in_archive(entry) == name; });
  };
  if (has("data.pkl") && has("constants.pkl")) return;
  if (has("data.pkl")) {
    refuse(path, path.filename() == "last.pt"
                     ? "a training state: use best.pt of the same folder"
                     : "weights or other data of torch.save, without a program to run: of a run's "
                       "files use best.pt");
  }
  const auto is_array = [](const ZipEntry& entry) { return entry.name.ends_with(".npy"); };
  if (!entries.empty() && std::all_of(entries.begin(), entries.end(), is_array)) {
    refuse(path, "NumPy arrays (.npz)");
  }
  refuse(path, fmt::format("a ZIP archive of another kind{}",
                           entries.empty() ? "" : fmt::format(" ('{}' in it)", entries[0].name)));
}

}  // namespace

void check_torchscript_archive(const fs::path& path) {
  std::error_code ignored;
  const uint64_t file_size = fs::file_size(path, ignored);
  check_first_bytes(path, file_size);
  const std::vector<ZipEntry> entries = list_zip(path);
  check_sizes(path, entries, file_size);
  check_kind(path, entries);
  verify_zip(path);
}

}  // namespace hourglass::formats
