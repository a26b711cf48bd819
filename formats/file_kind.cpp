#include "hourglass/formats/file_kind.h"

#include "hourglass/core/error.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/regular_file.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/zip.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTarMark = 257;  // where a tar archive says "ustar"

/// The file's first bytes, at most 512.
std::string beginning(const fs::path& path) {
  expect_regular_file(path);
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error("{}: cannot open: {}", path.string(), std::generic_category().message(errno));
  }
  std::string bytes(512, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

FileKind zip_kind(const fs::path& path) {
  const std::vector<ZipEntry> entries = list_zip(path);
  const auto has = [&](std::string_view name) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const ZipEntry& entry) { return name_in_folder(entry.name) == name; });
  };
  if (has("data.pkl"))
    return has("constants.pkl") ? FileKind::TorchScript : FileKind::StateDictionary;
  if (has("archive_format")) return FileKind::ExportedProgram;
  const bool only_arrays = std::all_of(entries.begin(), entries.end(), [](const ZipEntry& entry) {
    return entry.name.ends_with(".npy");
  });
  return only_arrays && !entries.empty() ? FileKind::NumpyArchive : FileKind::OtherZip;
}

/// Eight bytes of a header's length, then JSON.
bool looks_like_safetensors(const fs::path& path, std::string_view start) {
  if (path.extension() == ".safetensors") return true;
  uint64_t length = 0;
  if (start.size() < sizeof(length) + 2 || start[sizeof(length)] != '{') return false;
  std::memcpy(&length, start.data(), sizeof(length));
  std::error_code ignored;
  return length <= fs::file_size(path, ignored);
}

std::string archive_text(const fs::path& path) {
  const auto entries = list_zip(path);
  return fmt::format(
      "a ZIP archive of another kind{}",
      entries.empty() ? "" : fmt::format(" ('{}' in it)", printable(entries[0].name)));
}

}  // namespace

FileKind file_kind(const fs::path& path) {
  const std::string start = beginning(path);
  if (start.empty()) return FileKind::Empty;
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) return zip_kind(path);
  if (path.extension() == ".onnx") return FileKind::Onnx;
  if (looks_like_safetensors(path, start)) return FileKind::Safetensors;
  if (start[0] == '<') return FileKind::WebPage;
  if (start[0] == '\x80') return FileKind::BarePickle;
  if (start.size() > kTarMark && start.substr(kTarMark).starts_with("ustar")) return FileKind::Tar;
  return FileKind::Unknown;
}

std::string kind_text(const fs::path& path, FileKind kind) {
  switch (kind) {
    case FileKind::TorchScript: return "a TorchScript file";
    case FileKind::StateDictionary:
      return path.filename() == "last.pt"
                 ? "a training state: use best.pt of the same folder"
                 : "weights or other data of torch.save, without a program to run: of a run's "
                   "files use best.pt";
    case FileKind::Safetensors: return "tensors without a program (safetensors)";
    case FileKind::ExportedProgram:
      return "a .pt2 program of torch.export: use best.pt or best.safetensors";
    case FileKind::Onnx: return "an ONNX model: use best.pt or best.safetensors";
    case FileKind::NumpyArchive: return "NumPy arrays (.npz)";
    case FileKind::OtherZip: return archive_text(path);
    case FileKind::BarePickle: return "pickled data";
    case FileKind::Tar: return "a tar archive";
    case FileKind::WebPage: return "text that looks like a web page; download it again";
    case FileKind::Empty: return "an empty file";
    case FileKind::Unknown: break;
  }
  const auto size = static_cast<int64_t>(fs::file_size(path));
  return fmt::format("{} bytes of another kind", with_thousands(size));
}

}  // namespace hourglass::formats
