#include "hourglass/formats/state_dict.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/pickle.h"
#include "hourglass/formats/shape_check.h"
#include "hourglass/formats/zip.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;
using PickleKind = PickleValue::Kind;

static_assert(std::endian::native == std::endian::little, "values are copied as they are");

constexpr size_t kMostTensorSizes = 64;  // as many as LibTorch's kernels take
constexpr size_t kDeepestDictionary = 32;
constexpr size_t kMostDictionaryEntries =
    1'000'000;  // shared dictionaries count as often as they come

constexpr std::string_view kModelParts[] = {"state_dict", "model_state_dict", "model"};
/// The beginnings of what checkpoints call the state of optimizers and schedules.
constexpr std::string_view kTrainingParts[] = {"optim", "lr_sched", "sched", "scaler"};

bool is_training_part(std::string_view key) {
  return std::any_of(std::begin(kTrainingParts), std::end(kTrainingParts),
                     [&](std::string_view part) { return key.starts_with(part); });
}

// ---- The archive

/// The entries of an archive without the folder that everything lies in: "data.pkl", "data/0".
class SavedArchive {
 public:
  explicit SavedArchive(const fs::path& path) : where_(path.string()), reader_(path) {
    check_sizes(fs::file_size(path));
    for (size_t i = 0; i < reader_.entries().size(); ++i) {
      places_.emplace(name_in_folder(reader_.entries()[i].name), i);
    }
  }

  const std::string& where() const { return where_; }

  std::optional<std::string> find(const std::string& name) const {
    const auto found = places_.find(name);
    if (found == places_.end()) return {};
    return reader_.read(found->second);
  }

  std::string read(const std::string& name) const {
    auto bytes = find(name);
    if (!bytes) {
      throw Error("{}: expected the file '{}' in the archive, as torch.save writes it, found none",
                  where_, shown_name(name));
    }
    return std::move(*bytes);
  }

 private:
  std::string where_;
  ZipReader reader_;
  std::map<std::string, size_t> places_;

  /// torch.save compresses nothing, so that all contents together are smaller than the file.
  void check_sizes(uint64_t file_size) const {
    uint64_t left = file_size;
    for (const ZipEntry& entry : reader_.entries()) {
      if (entry.size > left) {
        throw Error(
            "{}: expected contents within the file's {} bytes, found that '{}' declares {} bytes; "
            "the file is damaged or made to harm",
            where_, file_size, shown_name(entry.name), entry.size);
      }
      left -= entry.size;
    }
  }
};

// ---- Tensors

/// Makes the tensors of a pickle, each storage read once.
class SavedTensors {
 public:
  SavedTensors(const SavedArchive& archive, const Pickle& pickle)
      : archive_(archive), pickle_(pickle) {}

  at::Tensor tensor(const std::string& name, const PickleValue& value) {
    const Shape sizes = numbers(name, value.items[1]), strides = numbers(name, value.items[2]);
    const PickleValue& stored = pickle_.at(value.items[0]);
    const at::Tensor all = storage(stored);
    const auto count = checked_element_count(sizes);
    const auto end = count ? strided_end(value.integer, sizes, strides) : std::nullopt;
    if (!end || *end > all.numel()) {
      throw Error(
          "{}: expected '{}' within the {} values of its storage, found shape {}, strides {}, from "
          "value {}",
          archive_.where(), shown_name(name), all.numel(), shape_text(sizes), shape_text(strides),
          value.integer);
    }
    if (*count == 0) return at::empty(sizes, all.options());
    return all.as_strided(sizes, strides, value.integer);
  }

 private:
  const SavedArchive& archive_;
  const Pickle& pickle_;
  std::map<std::string, at::Tensor> storages_;

  Shape numbers(const std::string& name, PickleId tuple) const {
    Shape numbers;
    for (const PickleId id : pickle_.at(tuple).items) {
      const PickleValue& number = pickle_.at(id);
      if (number.kind != PickleKind::Integer || number.integer < 0 ||
          numbers.size() == kMostTensorSizes) {
        throw Error("{}: expected at most {} sizes and strides of at least 0 of '{}', found others",
                    archive_.where(), kMostTensorSizes, shown_name(name));
      }
      numbers.push_back(number.integer);
    }
    return numbers;
  }

  /// [elements], each name read once.
  at::Tensor storage(const PickleValue& stored) {
    const auto found = storages_.find(stored.text);
    if (found == storages_.end()) {
      return storages_.emplace(stored.text, read_storage(stored)).first->second;
    }
    if (found->second.scalar_type() != stored.type || found->second.numel() != stored.integer) {
      throw Error("{}: expected one type and size of the storage data/{}, found two",
                  archive_.where(), shown_name(stored.text));
    }
    return found->second;
  }

  at::Tensor read_storage(const PickleValue& stored) const {
    const std::string bytes = archive_.read("data/" + stored.text);
    const uint64_t item = c10::elementSize(stored.type);
    if (stored.integer < 0 || static_cast<uint64_t>(stored.integer) != bytes.size() / item ||
        bytes.size() % item != 0) {
      throw Error("{}: expected {} values of {} bytes in data/{}, found {} bytes", archive_.where(),
                  stored.integer, item, shown_name(stored.text), bytes.size());
    }
    if (stored.type == at::kBool &&
        bytes.find_first_not_of(std::string_view("\0\1", 2)) != std::string::npos) {
      throw Error("{}: expected bytes of 0 or 1 in the truth values of data/{}, found others",
                  archive_.where(), shown_name(stored.text));
    }
    at::Tensor values = at::empty({stored.integer}, at::TensorOptions(stored.type));
    if (!bytes.empty()) std::memcpy(values.mutable_data_ptr(), bytes.data(), bytes.size());
    return values;
  }
};

// ---- Names

/// Tensors of a dictionary by name, and of dictionaries in it.
class FoundTensors {
 public:
  FoundTensors(const Pickle& pickle, const std::string& where) : pickle_(pickle), where_(where) {}

  const std::map<std::string, PickleId>& all() const { return found_; }

  /// Training parts are left out on the first level.
  void collect(const PickleValue& dictionary, bool with_training_parts,
               const std::string& prefix = "", size_t depth = 0) {
    for (size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
      const PickleValue& key_value = pickle_.at(dictionary.items[i]);
      const PickleId id = dictionary.items[i + 1];
      count(prefix.size() + key_value.text.size(), depth);
      const std::string key = key_text(key_value);
      if (depth == 0 && !with_training_parts && is_training_part(key)) continue;
      const PickleValue& value = pickle_.at(id);
      if (value.kind == PickleKind::Tensor) found_[prefix + key] = id;
      if (value.kind == PickleKind::Dictionary) {
        collect(value, with_training_parts, prefix + key + ".", depth + 1);
      }
    }
  }

 private:
  const Pickle& pickle_;
  const std::string& where_;
  std::map<std::string, PickleId> found_;
  size_t entries_ = 0, name_bytes_ = 0;

  static std::string key_text(const PickleValue& key) {
    return key.kind == PickleKind::Integer ? std::to_string(key.integer) : key.text;
  }

  /// One more entry, with a name of so many bytes before it is copied.
  void count(size_t name_bytes, size_t depth) {
    if (depth >= kDeepestDictionary || ++entries_ > kMostDictionaryEntries) {
      throw Error(
          "{}: expected at most {} dictionaries within each other and {} entries, found more",
          where_, kDeepestDictionary, with_thousands(kMostDictionaryEntries));
    }
    name_bytes_ += name_bytes;
    if (name_bytes_ > kMostNameBytes) {
      throw Error("{}: expected at most {} bytes of names in its dictionaries, found more", where_,
                  with_thousands(kMostNameBytes));
    }
  }
};

/// The model's part of a checkpoint, or all of it.
const PickleValue& model_part(const Pickle& pickle, const PickleValue& root) {
  for (const std::string_view part : kModelParts) {
    for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const PickleValue& value = pickle.at(root.items[i + 1]);
      const PickleValue& key = pickle.at(root.items[i]);
      if (key.text == part && value.kind == PickleKind::Dictionary) return value;
    }
  }
  return root;
}

std::string kind_text(const PickleValue& value) {
  switch (value.kind) {
    case PickleKind::Tensor: return "a tensor alone";
    case PickleKind::Tuple:
    case PickleKind::List: return "a list";
    default: return "a value of another kind";
  }
}

std::map<std::string, PickleId> find_tensors(const Pickle& pickle, const std::string& where) {
  const PickleValue& root = pickle.at(pickle.root);
  if (root.kind != PickleKind::Dictionary) {
    throw Error("{}: expected tensors by name, found {}; save model.state_dict() instead", where,
                kind_text(root));
  }
  const PickleValue& part = model_part(pickle, root);
  for (const bool with_training_parts : {false, true}) {
    FoundTensors found(pickle, where);
    found.collect(part, with_training_parts);
    if (!found.all().empty()) return found.all();
  }
  throw Error("{}: expected tensors by name, found none; save model.state_dict()", where);
}

void check_byte_order(const SavedArchive& archive) {
  const auto order = archive.find("byteorder");
  if (!order || *order == "little") return;
  throw Error("{}: expected little-endian numbers, found '{}': save again on another machine",
              archive.where(), shown_name(*order));
}

}  // namespace

TensorMap read_state_dict(const fs::path& path) {
  const SavedArchive archive(path);
  check_byte_order(archive);
  const Pickle pickle = parse_pickle(archive.read("data.pkl"), archive.where());
  SavedTensors saved(archive, pickle);
  TensorMap tensors;
  for (const auto& [name, id] : find_tensors(pickle, archive.where())) {
    tensors[name] = saved.tensor(name, pickle.at(id));
  }
  return tensors;
}

}  // namespace hourglass::formats
