#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace hourglass::formats {

/// An HDF5 file, read as if nobody could be trusted: arrays of floating-point numbers that lie
/// within the file as they are. What points out of it (external links and storage, virtual
/// datasets), and what libraries would have to be loaded for (filters), is refused. The library is
/// asked in a child process first, and only what did not end that is asked here.
///
/// Every error is one line that begins with `where`, the file, and names the dataset.
class Hdf5File {
 public:
  /// Of the file's bytes, which are copied. Throws `Error` for what is no HDF5 file, and for
  /// one that is cut off.
  Hdf5File(std::string_view bytes, std::string where);
  ~Hdf5File();

  /// Whether there is an object of that path: "layers/dense/vars/0".
  bool has(const std::string& path) const;

  /// A dataset of float16, float32 or float64 numbers as float32, in memory order. Throws `Error`
  /// where there is none, where it is of another type, and where it claims to be larger than the
  /// file.
  at::Tensor read(const std::string& path) const;

  const std::string& where() const { return where_; }

 private:
  struct Handle;
  std::unique_ptr<Handle> file_;
  std::string where_;
  size_t size_;  // bytes of the file

  at::Tensor read_here(const std::string& path) const;  // in this process
};

}  // namespace hourglass::formats
