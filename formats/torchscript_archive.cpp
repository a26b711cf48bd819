#include "hourglass/formats/torchscript_archive.h"

#include "hourglass/core/error.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/formats/pickle.h"
#include "hourglass/formats/shape_check.h"
#include "hourglass/formats/zip.h"
#include "hourglass/formats/zip_place.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

// LibTorch stores tensors as they are and deflates the text of the program alone, which may so be
// larger than a small model's whole file.
constexpr uint64_t kMostCode = 16U << 20U;

constexpr size_t kMostDimensionsOfTensor = 64;  // as many as LibTorch's kernels take

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

/// The tensors of a pickle, and the files in a folder of the archive that their storages are.
class ArchiveTensors {
 public:
  ArchiveTensors(const ArchiveEntries& entries, const std::string& pickle_name, std::string folder)
      : entries_(entries),
        folder_(std::move(folder)),
        pickle_(parse_pickle(entries.read(pickle_name), entries.where(), PickleClasses::Any,
                             pickle_name)) {}

  void check() const {
    for (const PickleValue& value : pickle_.values) {
      if (value.kind == PickleValue::Kind::Storage) check_storage(value);
      if (value.kind == PickleValue::Kind::Tensor) check_tensor(value);
    }
  }

 private:
  const ArchiveEntries& entries_;
  std::string folder_;
  Pickle pickle_;

  /// LibTorch takes a storage's size from the pickle and its bytes from a file of the archive,
  /// however few those are.
  void check_storage(const PickleValue& storage) const {
    const auto needed = storage_bytes(storage);
    const uint64_t found = entries_.size_of(folder_ + storage.text);
    if (needed && *needed <= found) return;
    throw Error(
        "{}: expected {} of {} numbers in '{}{}', found {}; the file is damaged or made to harm",
        entries_.where(),
        needed ? fmt::format("the {} bytes", *needed) : "a possible number of bytes",
        storage.integer, folder_, shown_name(storage.text), found);
  }

  /// Nor does LibTorch compare where a tensor lies in its storage with that storage's size.
  void check_tensor(const PickleValue& tensor) const {
    const PickleValue& storage = pickle_.at(tensor.items[0]);
    const Shape sizes = numbers(tensor.items[1], storage),
                strides = numbers(tensor.items[2], storage);
    const auto count = checked_element_count(sizes);
    const auto end = count ? strided_end(tensor.integer, sizes, strides) : std::nullopt;
    if (end && *end <= storage.integer) return;
    throw Error(
        "{}: expected a tensor within the {} numbers of '{}{}', found shape {}, strides {}, from "
        "number {}; the file is damaged or made to harm",
        entries_.where(), storage.integer, folder_, shown_name(storage.text), shape_text(sizes),
        shape_text(strides), tensor.integer);
  }

  Shape numbers(PickleId tuple, const PickleValue& storage) const {
    Shape found;
    for (const PickleId id : pickle_.at(tuple).items) {
      const PickleValue& number = pickle_.at(id);
      if (number.kind != PickleValue::Kind::Integer || number.integer < 0 ||
          found.size() == kMostDimensionsOfTensor) {
        throw Error(
            "{}: expected at most {} sizes and strides of at least 0 of a tensor in '{}{}', found "
            "others; the file is damaged or made to harm",
            entries_.where(), kMostDimensionsOfTensor, folder_, shown_name(storage.text));
      }
      found.push_back(number.integer);
    }
    return found;
  }
};

void check_tensors(const ArchiveEntries& entries, const std::string& pickle_name,
                   const std::string& folder) {
  if (entries.has(pickle_name)) ArchiveTensors(entries, pickle_name, folder).check();
}

void check_contents(const fs::path& path, const ZipReader& reader) {
  const std::string where = path.string();
  const ArchiveEntries entries(reader, where);
  if (entries.has("model.json")) {
    throw Error("{}: expected a TorchScript file of PyTorch 1.4 or later, found an older one",
                where);
  }
  check_tensors(entries, "data.pkl", "data/");
  check_tensors(entries, "constants.pkl", "constants/");
}

[[noreturn]] void refuse(const fs::path& path, FileKind kind) {
  throw Error("{}: expected a TorchScript file, found {}{}", path.string(), kind_text(path, kind),
              kind == FileKind::BarePickle
                  ? "; in Python, torch.jit.script(model).save(...) writes TorchScript"
                  : "");
}

std::optional<size_t> card_entry(const ZipReader& archive) {
  for (size_t i = 0; i < archive.entries().size(); ++i) {
    if (name_in_folder(archive.entries()[i].name) == "extra/hourglass.json") return i;
  }
  return {};
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

bool has_card(const fs::path& path) { return card_entry(ZipReader(path)).has_value(); }

ModelCard torchscript_card(const fs::path& path) {
  check_torchscript_archive(path);
  const ZipReader archive(path);
  if (const auto entry = card_entry(archive))
    return parse_card(archive.read(*entry), path.string());
  throw Error("{}: expected a model with a card, hourglass.json, found none", path.string());
}

}  // namespace hourglass::formats
