#include "hourglass/sources/arrays.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/named_tensor.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/zip.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

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

/// The array as items of a batch's form, as `channels` says of images.
at::Tensor items_of(const NamedTensor& array, Channels channels) {
  at::Tensor items = array.value;
  if (items.dim() == 1) items = items.unsqueeze(1);
  if (items.dim() == 3) items = items.unsqueeze(1);
  if (items.dim() == 4 && channels == Channels::Last) items = items.permute({0, 3, 1, 2});
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

/// Whole numbers as they are, int64 [N].
at::Tensor whole_numbers(const NamedTensor& labels, const NamedTensor& values) {
  const at::Tensor& array = labels.value;
  const bool column = array.dim() == 2 && array.size(1) == 1;
  if (array.dim() != 1 && !column) {
    throw Error("{}: expected labels of shape [N] or [N, 1], found [{}]{}", labels.name,
                shape_text(array.sizes().vec()),
                array.dim() == 2 ? ": where each row marks its class, save y.argmax(1)" : "");
  }
  if (array.size(0) != values.value.size(0)) {
    throw Error("{}: expected {} labels, one for each row of {}, found {}", labels.name,
                values.value.size(0), values.name, array.size(0));
  }
  const at::Tensor numbers = array.flatten().to(at::kDouble);
  const at::Tensor other = numbers.floor().ne(numbers).logical_or(numbers.isinf());
  if (other.any().item<bool>()) {
    const auto row = at::nonzero(other)[0].item<int64_t>();
    throw Error("{}: expected whole numbers as labels, found {:g} in row {} (counted from 0)",
                labels.name, numbers[row].item<double>(), row);
  }
  return numbers.to(at::kLong);
}

/// Arrays of one part.
struct PartArrays {
  NamedTensor values;
  std::optional<NamedTensor> labels;

  at::Tensor numbers() const { return labels ? whole_numbers(*labels, values) : at::Tensor(); }
};

/// Numbers the classes of all parts alike.
void number_labels(StoredData& data) {
  if (!data.rows.labels.defined()) return;
  const bool tested = data.test.labels.defined();
  const at::Tensor all = tested ? at::cat({data.rows.labels, data.test.labels}) : data.rows.labels;
  const auto [classes, places, counts] =
      at::_unique2(all, /*sorted=*/true, /*return_inverse=*/true, /*return_counts=*/false);
  const int64_t rows = data.rows.labels.size(0);
  data.rows.labels = places.narrow(0, 0, rows).contiguous();
  if (tested) data.test.labels = places.narrow(0, rows, all.size(0) - rows).contiguous();
  for (int64_t i = 0; i < classes.size(0); ++i) {
    data.class_names.push_back(std::to_string(classes[i].item<int64_t>()));
  }
}

StoredData stored_arrays(const PartArrays& training, const std::optional<PartArrays>& test) {
  StoredData data;
  expect_rows(training.values);
  const bool images = training.values.value.dim() == 4;
  const Channels channels = images ? channels_of(training.values.value) : Channels::First;
  if (images) note_channels(training.values, channels, data.notes);
  data.rows = {items_of(training.values, channels), training.numbers()};
  if (test) {
    expect_rows(test->values);
    const auto shape = [](const PartArrays& part) { return part.values.value.sizes().slice(1); };
    if (shape(*test) != shape(training)) {
      throw Error("{}: expected items of {} as in {}, found {}", test->values.name,
                  shape_text(shape(training).vec()), training.values.name,
                  shape_text(shape(*test).vec()));
    }
    data.test = {items_of(test->values, channels), test->numbers()};
  }
  number_labels(data);
  data.natural_scale = {datasets::ScalingRule::Kind::MinMax};
  if (data.rows.values.scalar_type() == at::kByte) {
    data.natural_scale = {datasets::ScalingRule::Kind::Max, 255};
  }
  return data;
}

/// The arrays of an archive by what they are called; each is read when it is asked for.
class NpzMembers {
 public:
  explicit NpzMembers(const fs::path& path)
      : path_(path.string()), files_(formats::list_zip(path)) {
    std::erase_if(files_, [](const auto& file) { return !file.name.ends_with(".npy"); });
  }

  /// The array of this name, in capitals or not.
  std::optional<NamedTensor> find(const std::string& name) const {
    for (const auto& file : files_) {
      if (in_small_letters(file.name) == name + ".npy") return parse(file);
    }
    return {};
  }

  /// The array, where there is no other.
  std::optional<NamedTensor> only() const {
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
  NamedTensor parse(const formats::ZipEntry& file) const {
    const std::string name = fmt::format("{}: {}", path_, file.name);
    return {name, formats::parse_npy(formats::read_zip_file(path_, file.name), name)};
  }

  std::string path_;
  std::vector<formats::ZipEntry> files_;
};

std::optional<PartArrays> test_arrays(const NpzMembers& members, bool labelled) {
  auto values = members.find("x_test");
  if (!values) return {};
  PartArrays test{std::move(*values), members.find("y_test")};
  if (test.labels.has_value() != labelled) {
    members.missing("y_train and y_test, both or neither of them");
  }
  return test;
}

}  // namespace

StoredData read_npy_rows(const fs::path& values, const fs::path& labels) {
  formats::Sha256 hash;
  const auto read = [&](const fs::path& path) -> NamedTensor {
    const std::string bytes = read_file(path);
    hash.add(bytes);
    return {path.string(), formats::parse_npy(bytes, path.string())};
  };
  PartArrays arrays{read(values), {}};
  if (!labels.empty()) arrays.labels = read(labels);
  StoredData data = stored_arrays(arrays, {});
  data.sha256 = hash.hex();
  return data;
}

StoredData read_npz_rows(const fs::path& path) {
  const NpzMembers members(path);
  StoredData data;
  if (auto values = members.find("x_train")) {
    const PartArrays training{std::move(*values), members.find("y_train")};
    data = stored_arrays(training, test_arrays(members, training.labels.has_value()));
  } else if (auto all = members.find("x")) {
    data = stored_arrays({std::move(*all), members.find("y")}, {});
  } else if (auto only = members.only()) {
    data = stored_arrays({std::move(*only), {}}, {});
  } else {
    members.missing("arrays x_train, y_train, x_test and y_test, or X and y, or one alone");
  }
  data.sha256 = formats::sha256(read_file(path));
  return data;
}

}  // namespace hourglass::sources
