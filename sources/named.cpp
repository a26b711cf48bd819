#include "hourglass/sources/named.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/sources/embedded.h"
#include "hourglass/sources/interactions.h"
#include "hourglass/sources/missing_data.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> digit_names() {
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// Says so where a set comes from elsewhere than the folder that was asked for.
void note_other_place(const std::string& set, const std::string& data_dir, const std::string& place,
                      StoredData& data) {
  if (data_dir.empty() || place == data_dir) return;
  data.notes.push_back(
      fmt::format("{}: not found in --data-dir {}, taken from {}", set, data_dir, place));
}

// Sets of MNIST's form.

constexpr std::string_view kMnistFiles[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                            "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/// The files of a set in `folder` as they are named there; none when one is missing.
std::optional<std::vector<fs::path>> complete_set(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto name : kMnistFiles) {
    const fs::path plain = folder / name;
    const fs::path compressed = plain.string() + ".gz";
    paths.push_back(is_file(compressed) ? compressed : plain);
    if (!is_file(paths.back())) return {};
  }
  return paths;
}

[[noreturn]] void missing(const std::string& set, const std::string& files,
                          const std::vector<DataFolder>& folders, const std::string& what_to_do) {
  std::vector<std::string> places;
  places.reserve(folders.size());
  for (const auto& [path, origin] : folders) {
    places.push_back(fmt::format("{} ({})", (path / set).string(), origin));
  }
  throw MissingDataError("{}: expected {} in one of {}; {}", set, files, join_text(places),
                         what_to_do);
}

StoredData read_mnist_files(const std::string& set, const std::vector<fs::path>& paths,
                            std::vector<std::string> class_names) {
  formats::Sha256 hash;
  StoredData data;
  data.rows = read_idx_rows(paths[0], paths[1], hash);
  data.test = read_idx_rows(paths[2], paths[3], hash);
  data.sha256 = hash.hex();
  data.class_names = std::move(class_names);
  data.natural_scale = {datasets::ScalingRule::Kind::Max, 255};
  if (data.rows.values.sizes().slice(1) != data.test.values.sizes().slice(1)) {
    throw Error("{}: the images of {} and {} differ in size", set, paths[0].string(),
                paths[2].string());
  }
  const auto classes = static_cast<int64_t>(data.class_names.size());
  for (const auto& labels : {data.rows.labels, data.test.labels}) {
    const auto highest = labels.max().item<int64_t>();
    if (highest >= classes) {
      throw Error("{}: expected labels from 0 to {}, found {}", set, classes - 1, highest);
    }
  }
  return data;
}

StoredData read_mnist_like(const std::string& set, std::vector<std::string> class_names,
                           const std::string& data_dir, std::string_view more_help) {
  const auto folders = data_folders(data_dir);
  for (const auto& folder : folders) {
    const auto paths = complete_set(folder.path / set);
    if (!paths) continue;
    StoredData data = read_mnist_files(set, *paths, std::move(class_names));
    note_other_place(set, data_dir, folder.path.string(), data);
    return data;
  }
  missing(set, fmt::format("{}.gz and three more files", kMnistFiles[0]), folders,
          fmt::format("run `scripts/download_data.sh {}`{}", set, more_help));
}

/// A table that is looked for under its name and else is the built-in copy.
StoredData read_built_in(const std::string& file, std::string_view copy,
                         const std::string& data_dir) {
  for (const auto& folder : data_folders(data_dir)) {
    const fs::path path = folder.path / file;
    if (!is_file(path)) continue;
    StoredData data = stored_table(read_file(path), path.string(), {});
    note_other_place(file, data_dir, folder.path.string(), data);
    return data;
  }
  StoredData data = stored_table(copy, file, {});
  note_other_place(file, data_dir, "the built-in copy", data);
  return data;
}

}  // namespace

std::optional<fs::path> user_cache() {
  const std::string cache = environment("XDG_CACHE_HOME"), home = environment("HOME");
  if (!cache.empty()) return fs::path(cache) / "hourglass";
  if (!home.empty()) return fs::path(home) / ".cache" / "hourglass";
  return {};
}

std::vector<DataFolder> data_folders(const std::string& data_dir) {
  std::vector<DataFolder> folders;
  if (!data_dir.empty()) folders.push_back({data_dir, "`data_dir`"});
  const std::string variable = environment("HOURGLASS_DATA");
  if (!variable.empty()) folders.push_back({variable, "$HOURGLASS_DATA"});
  if (const auto cache = user_cache()) folders.push_back({*cache, "the user's cache"});
  folders.push_back({"/usr/share/datasets", "the system's folder"});
  return folders;
}

StoredData read_mnist(const std::string& data_dir) {
  return read_mnist_like("mnist", digit_names(), data_dir, "");
}

StoredData read_fashion_mnist(const std::string& data_dir) {
  return read_mnist_like("fashion-mnist",
                         {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                          "Sneaker", "Bag", "Ankle boot"},
                         data_dir, " or `apt install dataset-fashion-mnist`");
}

StoredData read_ml_100k(const std::string& data_dir, const CsvOptions& options) {
  const std::string set = "ml-100k";
  const auto folders = data_folders(data_dir);
  for (const auto& folder : folders) {
    for (const char* name : {"u.data", "ml-100k.inter"}) {
      const fs::path path = folder.path / set / name;
      if (!is_file(path)) continue;
      StoredData data = read_interaction_rows(path, {}, options);
      note_other_place(set, data_dir, folder.path.string(), data);
      return data;
    }
  }
  missing(set, "u.data or ml-100k.inter", folders,
          "GroupLens publishes the one, and the Python package recbole has the other in "
          "dataset_example/ml-100k");
}

StoredData read_digits(const std::string& data_dir) {
  StoredData data = read_built_in("digits.csv", embedded::digits_csv(), data_dir);
  at::Tensor& values = data.rows.values;
  if (values.size(1) != 64) {
    throw Error("digits.csv: expected 64 values and a label in each row, found {} values",
                values.size(1));
  }
  values = values.view({-1, 1, 8, 8});
  data.natural_scale = {datasets::ScalingRule::Kind::Max, 16};
  return data;
}

StoredData read_iris(const std::string& data_dir) {
  StoredData data = read_built_in("iris.csv", embedded::iris_csv(), data_dir);
  // Its first line names the classes alone; these are Fisher's columns.
  const std::vector<std::string> names = {"sepal length (cm)", "sepal width (cm)",
                                          "petal length (cm)", "petal width (cm)"};
  const bool named = !data.column_names.empty();
  if (!named && data.rows.values.size(1) == std::ssize(names)) data.column_names = names;
  if (data.label_name.empty()) data.label_name = "species";
  return data;
}

}  // namespace hourglass::sources
