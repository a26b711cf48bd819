#include "hourglass/formats/hdf5.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/tests/formats/complaint.h"
#include "hourglass/tests/formats/keras_files.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::formats {
namespace {

using testing::complaint_of;
using testing::error_of;
using testing::expect_contains;
using testing::hdf5_bytes;
using testing::TemporaryFolder;

TEST(Hdf5, ReadsArraysByPath) {
  const TemporaryFolder folder;
  const Hdf5File file(hdf5_bytes(folder.path(), {{"layers/dense/vars/0", {2, 3}}, {"one", {}}}),
                      "a");
  EXPECT_TRUE(at::equal(file.read("layers/dense/vars/0"), at::full({2, 3}, 0.25F)));
  EXPECT_EQ(file.read("one").dim(), 0);
  EXPECT_TRUE(file.has("layers/dense"));
  EXPECT_FALSE(file.has("layers/absent/vars/0"));
  expect_contains(error_of([&] { file.read("layers/dense"); }), {"a: ", "layers/dense"});
  expect_contains(error_of([&] { file.read("absent"); }), {"a: ", "'absent'", "none"});
}

TEST(Hdf5, RefusesOtherFilesAndCutOnes) {
  const TemporaryFolder folder;
  const std::string bytes = hdf5_bytes(folder.path(), {{"x", {40, 30}}});
  expect_contains(error_of([] { Hdf5File("", "empty"); }), {"empty: ", "HDF5", "0 bytes"});
  expect_contains(error_of([] { Hdf5File("PK\x03\x04 and more", "zip"); }), {"zip: ", "HDF5"});
  for (const size_t kept : {bytes.size() - 1, bytes.size() / 2, size_t{100}, size_t{8}}) {
    const std::string cut = bytes.substr(0, kept);
    EXPECT_NE(complaint_of([&] { Hdf5File(cut, "cut").read("x"); }), "") << kept;
  }
}

/// What lies elsewhere is not read: a file of weights could make any file of the reader's its own.
TEST(Hdf5, FollowsNothingOutOfTheFile) {
  const TemporaryFolder folder;
  testing::write_file(folder / "secret", std::string(64, 's'));
  testing::write_file(folder / "other.h5", hdf5_bytes(folder.path(), {{"x", {2}}}));
  const std::string path = folder / "hostile.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external((folder / "other.h5").c_str(), "x", file, "external", H5P_DEFAULT,
                     H5P_DEFAULT);
  H5Lcreate_soft("/stored", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t size = 16;
  const hid_t space = H5Screate_simple(1, &size, nullptr), list = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(list, (folder / "secret").c_str(), 0, 64);
  H5Dclose(H5Dcreate2(file, "stored", H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT));
  H5Pclose(list);
  H5Sclose(space);
  H5Fclose(file);
  const Hdf5File opened(read_file(path), "hostile");
  EXPECT_FALSE(opened.has("external"));
  EXPECT_FALSE(opened.has("soft"));
  expect_contains(error_of([&] { opened.read("stored"); }),
                  {"hostile: ", "'stored'", "another file"});
}

/// A dataset that claims terabytes takes none.
TEST(Hdf5, RefusesMoreNumbersThanTheFileHasBytes) {
  const TemporaryFolder folder;
  const std::string path = folder / "large.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t sizes[] = {1'000'000, 1'000'000};
  const hid_t space = H5Screate_simple(2, sizes, nullptr);
  H5Dclose(H5Dcreate2(file, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Dclose(H5Dcreate2(file, "n", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Sclose(space);
  H5Fclose(file);
  const Hdf5File opened(read_file(path), "large");
  expect_contains(error_of([&] { opened.read("x"); }), {"large: ", "'x'", "1000000 x 1000000"});
  expect_contains(error_of([&] { opened.read("n"); }), {"large: ", "'n'", "floating point"});
}

}  // namespace
}  // namespace hourglass::formats
