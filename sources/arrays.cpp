#include "hourglass/sources/arrays.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/core/named_tensor.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/mapped_rows.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/in_place.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/formats/zip.h"
#include "hourglass/formats/zip_place.h"
#include "hourglass/sources/array_labels.h"
#include "hourglass/sources/shards.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

struct NumberType {
  std::string_view name;
  c10::ScalarType type;
};
constexpr NumberType kNumberTypes[] = {
    {"float32", c10::kFloat},  {"float16", c10::kHalf},  {"bfloat16", c10::kBFloat16},
    {"float64", c10::kDouble}, {"uint8", c10::kByte},    {"uint16", c10::kUInt16},
    {"uint32", c10::kUInt32},  {"uint64", c10::kUInt64}, {"int8", c10::kChar},
    {"int16", c10::kShort},    {"int32", c10::kInt},     {"int64", c10::kLong},
    {"bool", c10::kBool}};

bool may_be_channels(int64_t size) { return size == 1 || size == 3 || size == 4; }

/// Where the channels of images [N, A, B, C] are.
enum class Channels { First, Last, Unclear };

Channels channels_of(const at::Tensor& images) {
  const bool first = may_be_channels(images.size(1)), last = may_be_channels(images.size(3));
  if (first && last) return Channels::Unclear;
  return last ? Channels::Last : Channels::First;
}

void note_channels(const NamedTensor& images, Channels channels, std::vector<std::string>& notes) {
  const std::string shape = shape_text(images.value.sizes().slice(1).vec());
  if (channels == Channels::Last) {
    notes.push_back(
        fmt::format("{}: items of {} have their channels last: put first", images.name, shape));
  } else if (channels == Channels::Unclear) {
    notes.push_back(fmt::format(
        "{}: items of {} may have their channels first or last: taken as first; if they are last, "
        "save numpy.moveaxis(x, -1, 1)",
        images.name, shape));
  }
}

/// What items are called and where their channels are, as the first array of a set has them.
struct ItemForm {
  Channels channels = Channels::First;
  Shape shape;  ///< of an item
};

ItemForm item_form(const at::Tensor& array) {
  ItemForm form{.shape = array.sizes().slice(1).vec()};
  if (array.dim() == 1) form.shape = {1};
  if (array.dim() == 3) form.shape.insert(form.shape.begin(), 1);
  if (array.dim() != 4) return form;
  form.channels = channels_of(array);
  if (form.channels == Channels::Last) {
    form.shape = {array.size(3), array.size(1), array.size(2)};
  }
  return form;
}

/// The array as items of a batch's form, in memory.
at::Tensor items_of(const NamedTensor& array, const ItemForm& form) {
  at::Tensor items = array.value;
  if (form.channels == Channels::Last) items = items.permute({0, 3, 1, 2});
  if (items.dim() != 4) items = items.view(with_batch(items.size(0), form.shape));
  if (items.scalar_type() == at::kByte) return items.contiguous();
  items = items.to(at::kFloat).contiguous();
  const at::Tensor finite = at::isfinite(items.flatten(1));
  if (finite.all().item<bool>()) return items;
  const at::Tensor place = at::nonzero(finite.logical_not())[0];
  throw Error(
      "{}: expected finite numbers of float32, found another in row {}, value {} (counted "
      "from 0)",
      array.name, place[0].item<int64_t>(), place[1].item<int64_t>());
}

void expect_rows(const NamedTensor& array) {
  if (array.value.dim() > 0 && array.value.numel() > 0) return;
  throw Error("{}: expected rows of numbers, found an array of shape [{}]", array.name,
              shape_text(array.value.sizes().vec()));
}

/// Arrays of one part.
struct PartArrays {
  std::vector<NamedTensor> values;  ///< one after the other
  LabelArrays labels;               ///< empty where there are none
  bool mapped = false;              ///< whether the values lie in mapped files

  const NamedTensor& first() const { return values.front(); }
};

void expect_same_items(const NamedTensor& array, const NamedTensor& first) {
  expect_rows(array);
  if (array.value.sizes().slice(1) == first.value.sizes().slice(1)) return;
  throw Error("{}: expected items of {} as in {}, found {}", array.name,
              shape_text(first.value.sizes().slice(1).vec()), first.name,
              shape_text(array.value.sizes().slice(1).vec()));
}

/// Throws `Error` unless all arrays have rows like those of the first, of its type.
void expect_alike(const std::vector<NamedTensor>& arrays) {
  const NamedTensor& first = arrays.front();
  for (const auto& array : arrays) {
    expect_same_items(array, first);
    if (array.value.scalar_type() == first.value.scalar_type()) continue;
    throw Error("{}: expected {} as in {}, found {}", array.name,
                number_type_name(first.value.scalar_type()), first.name,
                number_type_name(array.value.scalar_type()));
  }
}

StoredRows rows_of(const PartArrays& part, const ItemForm& form) {
  if (part.mapped) {
    std::vector<datasets::MappedPart> parts;
    for (const auto& array : part.values) parts.push_back({array.value, array.name});
    return {.mapped = std::make_shared<datasets::MappedRows>(std::move(parts), form.shape,
                                                             form.channels == Channels::Last)};
  }
  std::vector<at::Tensor> items;
  for (const auto& array : part.values) items.push_back(items_of(array, form));
  return {.values = items.size() == 1 ? items.front() : at::cat(items)};
}

StoredData stored_arrays(const PartArrays& training, const std::optional<PartArrays>& test) {
  StoredData data;
  expect_rows(training.first());
  const ItemForm form = item_form(training.first().value);
  if (training.first().value.dim() == 4) note_channels(training.first(), form.channels, data.notes);
  expect_alike(training.values);
  data.rows = rows_of(training, form);
  if (test) {
    for (const auto& array : test->values) expect_same_items(array, training.first());
    data.test = rows_of(*test, form);
  }
  const LabelArrays none;
  const LabelArrays& test_labels = test ? test->labels : none;
  const auto classes = classes_in({&training.labels, &test_labels});
  for (const int64_t number : classes) data.class_names.push_back(std::to_string(number));
  data.rows.labels = numbered_labels(training.labels, classes, training.mapped, data.rows.size(),
                                     training.first().name);
  if (test) {
    data.test.labels =
        numbered_labels(test_labels, classes, test->mapped, data.test.size(), test->first().name);
  }
  data.natural_scale = {datasets::ScalingRule::Kind::MinMax};
  if (data.rows.type() == at::kByte) data.natural_scale = {datasets::ScalingRule::Kind::Max, 255};
  return data;
}

/// The values of a raw file, which has no header: rows that fill it.
at::Tensor raw_in_place(std::string_view bytes, std::shared_ptr<const void> owner,
                        const ArrayForm& form, const std::string& name) {
  const int64_t row = element_count(form.item_shape) *
                      static_cast<int64_t>(c10::elementSize(form.type)),
                size = std::ssize(bytes);
  if (size % row != 0) {
    throw Error(
        "{}: expected rows of {} bytes ({} {}), found {} bytes, {} more than {} rows have: the "
        "file "
        "is cut off, or of another type or shape",
        name, row, number_type_name(form.type), shape_text(form.item_shape), size, size % row,
        size / row);
  }
  return formats::tensor_in_place(bytes, std::move(owner), with_batch(size / row, form.item_shape),
                                  form.type);
}

at::Tensor array_in_place(const fs::path& path, const ArrayForm& form) {
  const auto file = std::make_shared<const MappedFile>(path);
  const std::string name = path.string();
  switch (form.kind) {
    case ArrayForm::Kind::Npy: return formats::npy_in_place(file->bytes(), file, name);
    case ArrayForm::Kind::Raw: return raw_in_place(file->bytes(), file, form, name);
    case ArrayForm::Kind::Safetensors: break;
  }
  return formats::safetensors_in_place(file->bytes(), file, form.tensor, name);
}

/// The array in the bytes of a file, as a copy. Labels are NPY whatever the form of the values.
at::Tensor array_in_memory(const std::string& bytes, const ArrayForm& form,
                           const std::string& name) {
  if (form.kind == ArrayForm::Kind::Npy) return formats::parse_npy(bytes, name);
  if (form.kind == ArrayForm::Kind::Raw) return raw_in_place(bytes, nullptr, form, name).clone();
  return formats::safetensors_in_place(bytes, nullptr, form.tensor, name).clone();
}

std::string_view suffix_of(const ArrayForm& form) {
  switch (form.kind) {
    case ArrayForm::Kind::Npy: return ".npy";
    case ArrayForm::Kind::Safetensors: return ".safetensors";
    case ArrayForm::Kind::Raw: break;
  }
  return "";
}

StoredData map_arrays(const std::vector<fs::path>& values, const ArrayForm& form,
                      const std::vector<fs::path>& labels) {
  PartArrays arrays{.mapped = true};
  for (const auto& path : values) {
    arrays.values.push_back({path.string(), array_in_place(path, form)});
  }
  for (const auto& path : labels)
    arrays.labels.push_back({path.string(), array_in_place(path, {})});
  StoredData data = stored_arrays(arrays, {});
  auto files = values;
  files.insert(files.end(), labels.begin(), labels.end());
  data.sha256 = sampled_digest(files);
  data.identity = kSampledIdentity;
  return data;
}

/// The arrays of an archive by what they are called; each is read when it is asked for.
class NpzMembers {
 public:
  /// Those of a `mapped` archive are mapped where they are not compressed.
  NpzMembers(const fs::path& path, bool mapped)
      : path_(path.string()), files_(formats::list_zip(path)) {
    std::erase_if(files_, [](const auto& file) { return !file.name.ends_with(".npy"); });
    if (mapped) archive_ = std::make_shared<const MappedFile>(path);
  }

  /// The array of this name, in capitals or not, with labels of that name, where there are some.
  std::optional<PartArrays> find(const std::string& values, const std::string& labels) const {
    const auto* file = member(values);
    if (!file) return {};
    PartArrays part = parse(*file);
    if (const auto* found = member(labels)) part.labels = parse(*found).values;
    return part;
  }

  /// The array, where there is no other.
  std::optional<PartArrays> only() const {
    if (files_.size() != 1) return {};
    return parse(files_.front());
  }

  [[noreturn]] void missing(std::string_view expected) const {
    std::vector<std::string> names;
    for (const auto& file : files_) names.push_back(file.name.substr(0, file.name.size() - 4));
    throw Error("{}: expected {}, found {}", path_, expected,
                names.empty() ? "no arrays" : join_text(names));
  }

 private:
  const formats::ZipEntry* member(const std::string& name) const {
    for (const auto& file : files_) {
      if (in_small_letters(file.name) == name + ".npy") return &file;
    }
    return nullptr;
  }

  PartArrays parse(const formats::ZipEntry& file) const {
    const std::string name = fmt::format("{}: {}", path_, file.name);
    if (archive_) {
      if (const auto bytes = formats::stored_in_zip(archive_->bytes(), file.name)) {
        return {.values = {{name, formats::npy_in_place(*bytes, archive_, name)}}, .mapped = true};
      }
    }
    return {.values = {{name, formats::parse_npy(formats::read_zip_file(path_, file.name), name)}}};
  }

  std::string path_;
  std::vector<formats::ZipEntry> files_;
  std::shared_ptr<const MappedFile> archive_;  // null where nothing is to be mapped
};

std::optional<PartArrays> test_arrays(const NpzMembers& members, bool labelled) {
  auto test = members.find("x_test", "y_test");
  if (test && test->labels.empty() == labelled) {
    members.missing("y_train and y_test, both or neither of them");
  }
  return test;
}

}  // namespace

std::optional<c10::ScalarType> number_type(const std::string& name) {
  for (const auto& known : kNumberTypes) {
    if (known.name == name) return known.type;
  }
  return {};
}

std::string number_type_name(c10::ScalarType type) {
  for (const auto& known : kNumberTypes) {
    if (known.type == type) return std::string(known.name);
  }
  return c10::toString(type);
}

std::string number_type_names() {
  std::vector<std::string> names;
  for (const auto& known : kNumberTypes) names.emplace_back(known.name);
  return join_text(names);
}

StoredData read_arrays(const fs::path& values, const ArrayForm& form, const fs::path& labels,
                       int64_t map_above) {
  const auto value_files = list_shards(values, suffix_of(form));
  const auto label_files = labels.empty() ? std::vector<fs::path>() : list_shards(labels, ".npy");
  if (total_bytes(value_files) > map_above) return map_arrays(value_files, form, label_files);
  formats::Sha256 hash;
  const auto read = [&](const fs::path& path, const ArrayForm& as) -> NamedTensor {
    const std::string bytes = read_file(path);
    hash.add(bytes);
    return {path.string(), array_in_memory(bytes, as, path.string())};
  };
  PartArrays arrays;
  for (const auto& path : value_files) arrays.values.push_back(read(path, form));
  for (const auto& path : label_files) arrays.labels.push_back(read(path, {}));
  StoredData data = stored_arrays(arrays, {});
  data.sha256 = hash.hex();
  return data;
}

StoredData read_npz_rows(const fs::path& path, int64_t map_above) {
  const bool mapped = total_bytes({path}) > map_above;
  const NpzMembers members(path, mapped);
  StoredData data;
  if (const auto training = members.find("x_train", "y_train")) {
    data = stored_arrays(*training, test_arrays(members, !training->labels.empty()));
  } else if (const auto all = members.find("x", "y")) {
    data = stored_arrays(*all, {});
  } else if (const auto only = members.only()) {
    data = stored_arrays(*only, {});
  } else {
    members.missing("arrays x_train, y_train, x_test and y_test, or X and y, or one alone");
  }
  data.sha256 = mapped ? sampled_digest({path}) : formats::sha256(read_file(path));
  if (mapped) data.identity = kSampledIdentity;
  return data;
}

}  // namespace hourglass::sources
