#include "hourglass/formats/hdf5.h"

#include "hourglass/core/child_process.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/shape_check.h"

#include <ATen/ATen.h>

#include <array>
#include <functional>
#include <hdf5.h>
#include <optional>

namespace hourglass::formats {

/// An identifier of the library, closed by the function that is right for its kind.
class Hdf5Id {
 public:
  Hdf5Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Hdf5Id() {
    if (id_ >= 0) close_(id_);
  }
  Hdf5Id(const Hdf5Id&) = delete;
  Hdf5Id& operator=(const Hdf5Id&) = delete;

  explicit operator bool() const { return id_ >= 0; }
  hid_t get() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

namespace {

constexpr int kMostDimensions = 8;
constexpr size_t kMemoryStep = size_t{1} << 16;

/// The library prints pages to standard error otherwise.
void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

/// Whether every part of the path is there as an object of this file. A link that leads elsewhere,
/// or by name to another path, is taken as if there were nothing.
bool leads_to_object(hid_t file, const std::string& path) {
  std::string so_far;
  for (const auto& part : split_text(path, '/')) {
    so_far += (so_far.empty() ? "" : "/") + part;
    H5L_info_t info;
    if (H5Lexists(file, so_far.c_str(), H5P_DEFAULT) <= 0) return false;
    if (H5Lget_info(file, so_far.c_str(), &info, H5P_DEFAULT) < 0) return false;
    if (info.type != H5L_TYPE_HARD) return false;
  }
  return true;
}

/// The bytes of a number of the dataset; 0 where its type is not one that is read.
size_t number_size(hid_t dataset) {
  const Hdf5Id type(H5Dget_type(dataset), H5Tclose);
  if (!type || H5Tget_class(type.get()) != H5T_FLOAT) return 0;
  const size_t size = H5Tget_size(type.get());
  return size == 2 || size == 4 || size == 8 ? size : 0;
}

/// Whether the numbers lie in the file one after the other.
bool lies_in_file(hid_t dataset) {
  const Hdf5Id list(H5Dget_create_plist(dataset), H5Pclose);
  if (!list || H5Pget_external_count(list.get()) != 0 || H5Pget_nfilters(list.get()) != 0) {
    return false;
  }
  const H5D_layout_t layout = H5Pget_layout(list.get());
  return layout == H5D_CONTIGUOUS || layout == H5D_COMPACT;
}

std::optional<Shape> shape_of(hid_t dataset) {
  const Hdf5Id space(H5Dget_space(dataset), H5Sclose);
  if (!space || H5Sis_simple(space.get()) <= 0) return {};
  const int dimensions = H5Sget_simple_extent_ndims(space.get());
  if (dimensions < 0 || dimensions > kMostDimensions) return {};
  std::array<hsize_t, kMostDimensions> sizes{};
  if (H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr) < 0) return {};
  return Shape(sizes.begin(), sizes.begin() + dimensions);
}

/// Whether `work` comes to an end in a child process, an exception being one: a damaged file makes
/// the library itself read where there is no memory (1.10 does).
bool survives(const std::function<void()>& work) { return !end_in_child(work).crashed; }

}  // namespace

struct Hdf5File::Handle {
  Hdf5Id access, file;

  explicit Handle(std::string_view bytes)
      : access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), file(open(access.get(), bytes), H5Fclose) {}

  /// A file in memory, of which nothing is written anywhere.
  static hid_t open(hid_t access, std::string_view bytes) {
    silence();
    if (H5Pset_fapl_core(access, kMemoryStep, /*backing_store=*/false) < 0) return H5I_INVALID_HID;
    // The library takes a pointer to what it could change, and makes a copy.
    // Without an image it would look for a file of that name.
    const bool given =
        H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size()) >= 0;
    if (bytes.empty() || !given) return H5I_INVALID_HID;
    return H5Fopen("in memory", H5F_ACC_RDONLY, access);
  }
};

Hdf5File::Hdf5File(std::string_view bytes, std::string where)
    : where_(std::move(where)), size_(bytes.size()) {
  if (survives([&] { Handle{bytes}; })) file_ = std::make_unique<Handle>(bytes);
  if (file_ && file_->file) return;
  throw Error(
      "{}: expected an HDF5 file, found {} bytes that are damaged, cut off or of another kind",
      where_, size_);
}

Hdf5File::~Hdf5File() = default;

bool Hdf5File::has(const std::string& path) const {
  const auto look = [&] { return leads_to_object(file_->file.get(), path); };
  return survives(look) && look();
}

at::Tensor Hdf5File::read(const std::string& path) const {
  if (!survives([&] { read_here(path); })) {
    throw Error("{}: '{}' cannot be read: the file is damaged", where_, path);
  }
  return read_here(path);
}

at::Tensor Hdf5File::read_here(const std::string& path) const {
  if (!leads_to_object(file_->file.get(), path)) {
    throw Error("{}: expected a dataset '{}', found none", where_, path);
  }
  const Hdf5Id dataset(H5Dopen2(file_->file.get(), path.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset) throw Error("{}: expected a dataset in '{}', found another thing", where_, path);
  const size_t number = number_size(dataset.get());
  const auto shape = shape_of(dataset.get());
  if (number == 0 || !shape) {
    throw Error("{}: expected numbers of floating point in '{}', found another type", where_, path);
  }
  const auto count = checked_element_count(*shape);
  if (!count || static_cast<uint64_t>(*count) > size_ / number) {
    throw Error("{}: expected '{}' to lie within the {} bytes of the file, found {} numbers",
                where_, path, size_, shape_text(*shape));
  }
  if (!lies_in_file(dataset.get())) {
    throw Error("{}: expected '{}' as plain numbers, found them compressed or in another file",
                where_, path);
  }
  at::Tensor values = at::empty(*shape, at::kFloat);
  if (H5Dread(dataset.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
              values.mutable_data_ptr<float>()) < 0) {
    throw Error("{}: '{}' cannot be read: the file is damaged", where_, path);
  }
  return values;
}

}  // namespace hourglass::formats
