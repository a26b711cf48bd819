#pragma once

#include "hourglass/core/files.h"
#include "hourglass/formats/json.h"

#include <filesystem>
#include <hdf5.h>
#include <map>
#include <string>
#include <vector>

// Files as Keras writes them, small enough to be made in a test.

namespace hourglass::testing {

/// Of float32, all values 0.25.
using KerasArrays = std::map<std::string, std::vector<hsize_t>>;  // path -> shape

/// The bytes of an HDF5 file with these arrays.
inline std::string hdf5_bytes(const std::filesystem::path& folder, const KerasArrays& arrays) {
  const std::string path = folder / "made.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  for (const auto& [name, shape] : arrays) {
    size_t count = 1;
    for (const hsize_t size : shape) count *= size;
    const std::vector<float> values(count, 0.25F);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t dataset =
        H5Dcreate2(file, name.c_str(), H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
    H5Sclose(space);
  }
  H5Pclose(links);
  H5Fclose(file);
  std::string bytes = read_file(path);
  std::filesystem::remove(path);
  return bytes;
}

/// A layer of a Sequential model.
inline nlohmann::json keras_layer(const std::string& type, const std::string& name,
                                  nlohmann::json settings) {
  settings["name"] = name;
  return {{"class_name", type}, {"config", settings}};
}

inline nlohmann::json keras_dense(const std::string& name, int64_t units,
                                  const std::string& activation = "linear") {
  return keras_layer("Dense", name,
                     {{"units", units}, {"activation", activation}, {"use_bias", true}});
}

inline nlohmann::json keras_input(const std::vector<int64_t>& shape) {
  nlohmann::json sizes = {nullptr};
  for (const int64_t size : shape) sizes.push_back(size);
  return keras_layer("InputLayer", "input", {{"batch_shape", sizes}});
}

inline nlohmann::json keras_sequential(const std::vector<nlohmann::json>& layers) {
  return {{"class_name", "Sequential"}, {"config", {{"name", "model"}, {"layers", layers}}}};
}

}  // namespace hourglass::testing
