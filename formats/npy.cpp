#include "hourglass/formats/npy.h"

#include "hourglass/core/batch.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/zip.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

namespace hourglass::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "NPY bytes are copied as they are");

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr size_t kNpyPreamble = 10;  // magic, two bytes of version, two of the header's length

/// NumPy's names of the types that can be read and written.
struct NpyType {
  std::string_view name;
  at::ScalarType type;
};
constexpr NpyType kNpyTypes[] = {
    {"<f4", at::kFloat}, {"<f8", at::kDouble}, {"<i8", at::kLong}, {"|u1", at::kByte}};

std::string_view npy_type_name(at::ScalarType type) {
  for (const auto& known : kNpyTypes) {
    if (known.type == type) return known.name;
  }
  throw Error("expected a tensor of float32, float64, int64 or uint8 for an NPY file, found {}",
              at::toString(type));
}

/// "(3, 4)"; Python writes a tuple of one as "(3,)".
std::string tuple_text(at::IntArrayRef sizes) {
  std::vector<std::string> parts;
  for (const int64_t size : sizes) parts.push_back(std::to_string(size));
  return fmt::format("({}{})", join_text(parts), parts.size() == 1 ? "," : "");
}

/// What follows `key` in the header, which is a Python dictionary: a quoted text without its
/// quotes, a bracketed one with its brackets, or a word.
std::string header_value(const std::string& header, const std::string& key,
                         const std::string& name) {
  const std::string quoted_key = "'" + key + "':";
  const size_t found = header.find(quoted_key);
  const size_t start =
      found == std::string::npos ? found : header.find_first_not_of(' ', found + quoted_key.size());
  if (start == std::string::npos) {
    throw Error("{}: expected '{}' in the NPY header, found {}", name, key, header.substr(0, 80));
  }
  const char opening = header[start];
  if (opening == '\'') return header.substr(start + 1, header.find('\'', start + 1) - start - 1);
  if (opening == '(' || opening == '[') {
    return header.substr(start, header.find(opening == '(' ? ')' : ']', start) - start + 1);
  }
  return header.substr(start, header.find_first_of(",}", start) - start);
}

at::ScalarType parse_npy_type(const std::string& descr, const std::string& name) {
  for (const auto& known : kNpyTypes) {
    if (known.name == descr) return known.type;
  }
  throw Error(
      "{}: expected values of type <f4, <f8, <i8 or |u1 (float32, float64, int64, uint8; little "
      "endian), found {}: convert it with array.astype('<f4')",
      name, descr.substr(0, 40));
}

Shape parse_npy_shape(const std::string& tuple, const std::string& name) {
  const auto fail = [&] {
    throw Error("{}: expected a shape such as (10, 2) in the NPY header, found {}", name,
                tuple.substr(0, 40));
  };
  if (tuple.size() < 2 || tuple.front() != '(' || tuple.back() != ')') fail();
  auto parts = split_text(tuple.substr(1, tuple.size() - 2), ',');
  if (!parts.empty() && parts.back().find_first_not_of(' ') == std::string::npos) parts.pop_back();
  Shape shape;
  for (const auto& part : parts) {
    const auto size =
        parse_integer(part.substr(std::min(part.find_first_not_of(' '), part.size())));
    if (!size || *size < 0) fail();
    shape.push_back(*size);
  }
  return shape;
}

/// Throws `Error` unless `available` bytes are exactly those of an array of this shape. Memory for
/// the array must not be asked for on the header's word alone.
void check_npy_size(const Shape& shape, size_t item_size, size_t available,
                    const std::string& name) {
  const size_t capacity = available / item_size;
  size_t count = 1;
  bool fits = true;
  for (const int64_t size : shape) {
    fits = fits && (size == 0 || count <= capacity / static_cast<size_t>(size));
    count *= static_cast<size_t>(size);
  }
  if (!fits || count * item_size != available) {
    throw Error("{}: expected values of {} bytes each in the shape {}, found {} bytes of values",
                name, item_size, tuple_text(shape), available);
  }
}

}  // namespace

std::string npy_bytes(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().cpu().contiguous();
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                   npy_type_name(values.scalar_type()), tuple_text(values.sizes()));
  // Spaces and a line feed bring the values to a multiple of 64 bytes.
  header.append(63 - (kNpyPreamble + header.size()) % 64, ' ').push_back('\n');

  std::string bytes(kNpyMagic);
  bytes += {'\x01', '\x00', static_cast<char>(header.size() % 256),
            static_cast<char>(header.size() / 256)};
  bytes += header;
  bytes.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  return bytes;
}

at::Tensor parse_npy(std::string_view bytes, const std::string& name) {
  if (!bytes.starts_with(kNpyMagic) || bytes.size() < kNpyPreamble) {
    throw Error("{}: expected an NPY file, which begins with \\x93NUMPY, found {}", name,
                bytes.empty() ? "an empty file" : fmt::format("{} other bytes", bytes.size()));
  }
  if (bytes[6] != 1 || bytes[7] != 0) {
    throw Error("{}: expected NPY version 1.0, found {}.{}", name, static_cast<int>(bytes[6]),
                static_cast<int>(bytes[7]));
  }
  const size_t header_size = static_cast<uint8_t>(bytes[8]) + 256U * static_cast<uint8_t>(bytes[9]);
  if (bytes.size() - kNpyPreamble < header_size) {
    throw Error("{}: expected an NPY header of {} bytes, found {}; the file is cut off", name,
                header_size, bytes.size() - kNpyPreamble);
  }
  const std::string header(bytes.substr(kNpyPreamble, header_size));
  const at::ScalarType type = parse_npy_type(header_value(header, "descr", name), name);
  if (header_value(header, "fortran_order", name) != "False") {
    throw Error(
        "{}: expected values in C order, found Fortran order: save numpy.ascontiguousarray(array)",
        name);
  }
  const Shape shape = parse_npy_shape(header_value(header, "shape", name), name);
  const std::string_view values = bytes.substr(kNpyPreamble + header_size);
  check_npy_size(shape, at::elementSize(type), values.size(), name);
  at::Tensor tensor = at::empty(shape, type);
  if (!values.empty()) std::memcpy(tensor.mutable_data_ptr(), values.data(), values.size());
  return tensor;
}

void write_npy(const std::filesystem::path& path, const at::Tensor& tensor) {
  write_file_atomically(path, npy_bytes(tensor));
}

at::Tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path), path.string());
}

void write_npz(const std::filesystem::path& path, const std::vector<NamedTensor>& arrays) {
  std::set<std::string> names;
  std::vector<ZipFile> files;
  for (const auto& [name, value] : arrays) {
    if (name.empty() || !names.insert(name).second) {
      throw Error("{}: expected a name of its own for each array, found '{}'{}", path.string(),
                  name, name.empty() ? "" : " twice");
    }
    files.push_back({name + ".npy", npy_bytes(value)});
  }
  write_zip(path, files);
}

std::vector<NamedTensor> read_npz(const std::filesystem::path& path) {
  std::vector<NamedTensor> arrays;
  for (const auto& file : read_zip(path)) {
    const std::string name =
        file.name.ends_with(".npy") ? file.name.substr(0, file.name.size() - 4) : file.name;
    arrays.push_back({name, parse_npy(file.bytes, path.string() + ": " + file.name)});
  }
  return arrays;
}

}  // namespace hourglass::formats
