#pragma once

#include "hourglass/sources/stored.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::sources {

/// A folder where sets known by name are looked for.
struct DataFolder {
  std::filesystem::path path;
  std::string origin;  ///< "`data_dir`", say
};

/// The folder `hourglass` in the user's cache; none where neither $XDG_CACHE_HOME nor $HOME is set.
std::optional<std::filesystem::path> user_cache();

/// In order: `data_dir` (where not empty), $HOURGLASS_DATA (where set), the user's cache, the
/// system's folder. The first that holds a complete set wins.
std::vector<DataFolder> data_folders(const std::string& data_dir);

/// MNIST and Fashion-MNIST: four IDX files, compressed or not, in the folder `mnist` or
/// `fashion-mnist` of a data folder. Throw `Error` that says where they looked and what to run when
/// no folder has all four.
StoredData read_mnist(const std::string& data_dir);
StoredData read_fashion_mnist(const std::string& data_dir);

/// MovieLens 100K: 943 users, 1,682 films, in `ml-100k/u.data` as GroupLens publishes it or
/// `ml-100k/ml-100k.inter` as RecBole does. `options` are those of `read_interaction_rows`. Throws
/// `Error` as above.
StoredData read_ml_100k(const std::string& data_dir, const CsvOptions& options);

/// `digits.csv` and `iris.csv` of a data folder, else the copies that are part of the program.
StoredData read_digits(const std::string& data_dir);
StoredData read_iris(const std::string& data_dir);

}  // namespace hourglass::sources
