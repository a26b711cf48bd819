#include "hourglass/formats/torchscript_archive.h"

#include "hourglass/core/error.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/formats/pickle.h"
#include "hourglass/formats/zip.h"
#include "hourglass/formats/zip_place.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

// LibTorch stores tensors as they are and deflates the text of the program alone, which may so be
// larger than a small model's whole file.
constexpr uint64_t kMostCode = 16U << 20U;

void check_sizes(const fs::path& path, const std::vector<ZipEntry>& entries, uint64_t file_size) {
  uint64_t stored = 0;  // of all: entries that overlap could each be small enough
  for (const ZipEntry& entry : entries) {
    const bool code = name_in_folder(entry.name).starts_with("code/");
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

/// The entries of an archive by their names without the folder that everything lies in. LibTorch
/// takes the first entry's folder, and names of capitals for those of small letters.
class ArchiveEntries {
 public:
  ArchiveEntries(const ZipReader& reader, const std::string& where)
      : reader_(reader), where_(where) {
    const auto& entries = reader.entries();
    const std::string folder = entries.front().name.substr(0, entries.front().name.find('/') + 1);
    for (size_t i = 0; i < entries.size(); ++i) {
      const std::string name = in_small_letters(entries[i].name);
      if (!entries[i].name.starts_with(folder) || folder.empty()) {
        throw Error("{}: expected all of a TorchScript archive in one folder '{}', found '{}'",
                    where, shown_name(folder), shown_name(name));
      }
      const bool known = !places_.emplace(name.substr(folder.size()), i).second;
      if (known && !name_in_folder(entries[i].name).starts_with("code/")) {
        throw Error("{}: expected each file once in the archive, found '{}' twice", where,
                    shown_name(name));
      }
    }
  }

  const std::string& where() const { return where_; }
  bool has(const std::string& name) const { return places_.contains(name); }

  std::string read(const std::string& name) const { return reader_.read(places_.at(name)); }

  uint64_t size_of(const std::string& name) const {
    const auto found = places_.find(in_small_letters(name));
    return found == places_.end() ? 0 : reader_.entries()[found->second].size;
  }

 private:
  const ZipReader& reader_;
  const std::string& where_;
  std::map<std::string, size_t> places_;
};

/// The bytes of a storage; none where their number fits no memory.
std::optional<uint64_t> storage_bytes(const PickleValue& storage) {
  uint64_t bytes = 0;
  const uint64_t item = c10::elementSize(storage.type);
  const bool fits = storage.integer >= 0 &&
                    !__builtin_mul_overflow(static_cast<uint64_t>(storage.integer), item, &bytes) &&
                    bytes <= INT64_MAX;
  if (!fits) return {};
  return bytes;
}

/// LibTorch takes a storage's size from the pickle and its bytes from a file of the archive, however
/// few those are.
void check_storages(const ArchiveEntries& entries, const std::string& pickle_name,
                    const std::string& folder) {
  if (!entries.has(pickle_name)) return;
  const Pickle pickle =
      parse_pickle(entries.read(pickle_name), entries.where(), PickleClasses::Any, pickle_name);
  for (const PickleValue& value : pickle.values) {
    if (value.kind != PickleValue::Kind::Storage) continue;
    const auto needed = storage_bytes(value);
    const uint64_t found = entries.size_of(folder + value.text);
    if (needed && *needed <= found) continue;
    throw Error(
        "{}: expected {} of {} numbers in '{}{}', found {}; the file is damaged or made to harm",
        entries.where(),
        needed ? fmt::format("the {} bytes", *needed) : "a possible number of bytes", value.integer,
        folder, shown_name(value.text), found);
  }
}

void check_contents(const fs::path& path, const ZipReader& reader) {
  const std::string where = path.string();
  const ArchiveEntries entries(reader, where);
  if (entries.has("model.json")) {
    throw Error("{}: expected a TorchScript file of PyTorch 1.4 or later, found an older one",
                where);
  }
  check_storages(entries, "data.pkl", "data/");
  check_storages(entries, "constants.pkl", "constants/");
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
  check_one_directory(MappedFile(path).bytes(), path.string());
  const ZipReader reader(path);
  check_sizes(path, reader.entries(), fs::file_size(path));
  verify_zip(path);
  check_contents(path, reader);
}

ModelCard torchscript_card(const fs::path& path) {
  check_torchscript_archive(path);
  const ZipReader archive(path);
  for (size_t i = 0; i < archive.entries().size(); ++i) {
    if (name_in_folder(archive.entries()[i].name) != "extra/hourglass.json") continue;
    return parse_card(archive.read(i), path.string());
  }
  throw Error("{}: expected a model with a card, hourglass.json, found none", path.string());
}

}  // namespace hourglass::formats
