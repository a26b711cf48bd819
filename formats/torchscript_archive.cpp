#include "hourglass/formats/torchscript_archive.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/formats/zip.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

// LibTorch stores tensors as they are and deflates the text of the program alone, which may so be
// larger than a small model's whole file.
constexpr uint64_t kMostCode = 16U << 20U;

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

[[noreturn]] void refuse(const fs::path& path, FileKind kind) {
  throw Error("{}: expected a TorchScript file, found {}{}", path.string(), kind_text(path, kind),
              kind == FileKind::BarePickle
                  ? "; in Python, torch.jit.script(model).save(...) writes TorchScript"
                  : "");
}

}  // namespace

void check_torchscript_archive(const fs::path& path) {
  if (const FileKind kind = file_kind(path); kind != FileKind::TorchScript) refuse(path, kind);
  check_sizes(path, list_zip(path), fs::file_size(path));
  verify_zip(path);
}

ModelCard torchscript_card(const fs::path& path) {
  check_torchscript_archive(path);
  const ZipReader archive(path);
  for (size_t i = 0; i < archive.entries().size(); ++i) {
    if (name_in_archive(archive.entries()[i]) != "extra/hourglass.json") continue;
    return parse_card(archive.read(i), path.string());
  }
  throw Error("{}: expected a model with a card, hourglass.json, found none", path.string());
}

}  // namespace hourglass::formats
