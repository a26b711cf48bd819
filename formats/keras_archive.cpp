#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/keras_parts.h"
#include "hourglass/formats/zip.h"

#include <algorithm>
#include <string_view>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostJsonBytes = uint64_t{1} << 26;
constexpr const char* kArchitecture = "config.json";
constexpr const char* kWeights = "model.weights.h5";

/// A file of the archive. Sizes that a directory declares may lie; what was not compressed cannot
/// be larger than the archive, and Keras compresses nothing.
std::string read_member(const fs::path& archive, const std::vector<ZipEntry>& entries,
                        const std::string& name, uint64_t most) {
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.name == name; });
  if (entry == entries.end()) {
    throw Error("{}: expected {} in Keras' archive, found none", archive.string(), name);
  }
  if (entry->size != entry->stored_size || entry->size > most) {
    throw Error("{}: expected {} uncompressed and of at most {} bytes, found {} in {}",
                archive.string(), name, most, entry->size, entry->stored_size);
  }
  return read_zip_file(archive, name);
}

bool begins_with(const std::string& bytes, std::string_view magic) {
  return std::string_view(bytes).starts_with(magic);
}

}  // namespace

KerasArchive open_keras(const KerasFiles& files) {
  const std::string file = files.model.string();
  const uint64_t size = fs::is_regular_file(files.model) ? fs::file_size(files.model) : 0;
  KerasArchive archive{.architecture_file = file, .weights_file = file};
  std::string bytes;
  if (files.model.extension() == ".keras") {
    const auto entries = list_zip(files.model);
    const uint64_t most = std::min(size, kMostJsonBytes);
    archive.architecture_file += std::string("/") + kArchitecture;
    bytes = read_member(files.model, entries, kArchitecture, most);
    if (files.weights.empty()) {
      archive.weights_file += std::string("/") + kWeights;
      archive.weights = read_member(files.model, entries, kWeights, size);
    }
  } else {
    if (size > kMostJsonBytes) {
      throw Error("{}: expected a .keras archive, or an architecture of at most {} bytes, found {}",
                  file, kMostJsonBytes, size);
    }
    bytes = read_file(files.model);
    if (begins_with(bytes, "\x89HDF")) {
      throw Error(
          "{}: expected a .keras archive, or an architecture as JSON, found an HDF5 file; save the "
          "model again by model.save('MODEL.keras'), or give its architecture, model.to_json(), "
          "first and this file with `weights`",
          file);
    }
    if (files.weights.empty()) {
      throw Error("{}: an architecture has no weights; name their file with `weights`", file);
    }
  }
  archive.architecture = parse_json(bytes, archive.architecture_file);
  if (!files.weights.empty()) {
    archive.weights_file = files.weights.string();
    archive.weights = read_file(files.weights);
  }
  return archive;
}

}  // namespace hourglass::formats
