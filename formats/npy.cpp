#include "hourglass/formats/npy.h"

#include "hourglass/core/batch.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/in_place.h"
#include "hourglass/formats/shape_check.h"
#include "hourglass/formats/zip.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <set>
#include <utility>

namespace hourglass::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "NPY bytes are copied as they are");

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr size_t kMostNpyDimensions = 64;  // of NumPy's own arrays, and of LibTorch's kernels
constexpr size_t kNpyPreamble = 10;  // magic, two bytes of version, two of the header's length

/// NumPy's names of the types that can be read.
struct NpyType {
  std::string_view name;
  at::ScalarType type;
  bool written = false;
};
constexpr NpyType kNpyTypes[] = {
    {"<f4", at::kFloat, true}, {"<f8", at::kDouble, true}, {"<i8", at::kLong, true},
    {"|u1", at::kByte, true},  {"<f2", at::kHalf},         {"<i4", at::kInt},
    {"<i2", at::kShort},       {"|i1", at::kChar},         {"<u2", at::kUInt16},
    {"<u4", at::kUInt32},      {"<u8", at::kUInt64},       {"|b1", at::kBool}};

std::string_view npy_type_name(at::ScalarType type) {
  for (const auto& known : kNpyTypes) {
    if (known.type == type && known.written) return known.name;
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
std::string header_value(std::string_view header, const std::string& key, const std::string& name) {
  const std::string quoted_key = "'" + key + "':";
  const size_t found = header.find(quoted_key);
  const size_t start =
      found == std::string::npos ? found : header.find_first_not_of(' ', found + quoted_key.size());
  if (start == std::string::npos) {
    throw Error("{}: expected '{}' in the NPY header, found {}", name, key,
                printable(header.substr(0, 80)));
  }
  const char opening = header[start];
  const auto text = [&](size_t first, size_t end) {
    return std::string(header.substr(first, end - first));
  };
  if (opening == '\'') return text(start + 1, header.find('\'', start + 1));
  if (opening == '(' || opening == '[') {
    return text(start, header.find(opening == '(' ? ')' : ']', start) + 1);
  }
  return text(start, header.find_first_of(",}", start));
}

at::ScalarType parse_npy_type(const std::string& descr, const std::string& name) {
  for (const auto& known : kNpyTypes) {
    if (known.name == descr) return known.type;
  }
  const bool objects = descr.find("|O") != std::string::npos;
  throw Error(
      "{}: expected numbers (little-endian floats, whole numbers or truth values), found {}{}: "
      "convert it with array.astype('<f4')",
      name, printable(descr.substr(0, 40)),
      objects ? " (Python objects, which are never unpickled)" : "");
}

Shape parse_npy_shape(const std::string& tuple, const std::string& name) {
  const auto fail = [&] {
    throw Error("{}: expected a shape such as (10, 2) in the NPY header, found {}", name,
                printable(tuple.substr(0, 40)));
  };
  if (tuple.size() < 2 || tuple.front() != '(' || tuple.back() != ')') fail();
  auto parts = split_text(tuple.substr(1, tuple.size() - 2), ',');
  if (!parts.empty() && parts.back().find_first_not_of(' ') == std::string::npos) parts.pop_back();
  Shape shape;
  for (const auto& part : parts) {
    const auto size =
        parse_integer(part.substr(std::min(part.find_first_not_of(' '), part.size())));
    if (!size || *size < 0 || shape.size() == kMostNpyDimensions) fail();
    shape.push_back(*size);
  }
  return shape;
}

/// Throws `Error` unless `available` bytes are exactly those of an array of this shape. Memory for
/// the array must not be asked for on the header's word alone.
void check_npy_size(const Shape& shape, size_t item_size, size_t available,
                    const std::string& name) {
  const auto count = checked_element_count(shape);
  size_t needed = 0;
  const bool fits =
      count && !__builtin_mul_overflow(static_cast<size_t>(*count), item_size, &needed);
  if (!fits || needed != available) {
    const bool cut_off = !fits || needed > available;
    throw Error("{}: expected values of {} byte{} each in the shape {}, found {} bytes of values{}",
                name, item_size, item_size == 1 ? "" : "s", tuple_text(shape), available,
                cut_off ? "; the file is cut off" : "");
  }
}

/// The header, which is taken from `bytes` with all that stands before the values.
std::string_view take_header(std::string_view& bytes, const std::string& name) {
  // Since version 2.0, the length has four bytes.
  const size_t preamble = bytes[6] == 1 ? kNpyPreamble : kNpyPreamble + 2;
  size_t size = 0;
  for (size_t i = std::min(preamble, bytes.size()); i > 8; --i) {
    size = size << 8U | static_cast<uint8_t>(bytes[i - 1]);
  }
  const size_t left = bytes.size() - std::min(preamble, bytes.size());
  if (bytes.size() < preamble || left < size) {
    throw Error("{}: expected an NPY header of {} bytes, found {}; the file is cut off", name, size,
                left);
  }
  const std::string_view header = bytes.substr(preamble, size);
  bytes.remove_prefix(preamble + size);
  return header;
}

/// What the header says, and the values behind it.
struct NpyArray {
  at::ScalarType type;
  Shape shape;
  bool fortran_order;
  std::string_view values;
};

NpyArray parse_npy_header(std::string_view bytes, const std::string& name) {
  if (!bytes.starts_with(kNpyMagic) || bytes.size() < kNpyPreamble) {
    throw Error("{}: expected an NPY file, which begins with \\x93NUMPY, found {}", name,
                bytes.empty() ? "an empty file" : fmt::format("{} other bytes", bytes.size()));
  }
  if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0) {
    throw Error("{}: expected NPY version 1.0, 2.0 or 3.0, found {}.{}", name,
                static_cast<int>(bytes[6]), static_cast<int>(bytes[7]));
  }
  const std::string_view header = take_header(bytes, name);
  NpyArray array{.type = parse_npy_type(header_value(header, "descr", name), name),
                 .shape = parse_npy_shape(header_value(header, "shape", name), name),
                 .fortran_order = header_value(header, "fortran_order", name) != "False",
                 .values = bytes};
  check_npy_size(array.shape, at::elementSize(array.type), bytes.size(), name);
  return array;
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
  NpyArray array = parse_npy_header(bytes, name);
  // The first place counts fastest in Fortran order: the array of the reversed shape, transposed.
  if (array.fortran_order) std::reverse(array.shape.begin(), array.shape.end());
  at::Tensor tensor = at::empty(array.shape, array.type);
  if (!array.values.empty()) {
    std::memcpy(tensor.mutable_data_ptr(), array.values.data(), array.values.size());
  }
  if (!array.fortran_order) return tensor;
  Shape places(array.shape.size());
  std::iota(places.rbegin(), places.rend(), 0);
  return tensor.permute(places).contiguous();
}

at::Tensor npy_in_place(std::string_view bytes, std::shared_ptr<const void> owner,
                        const std::string& name) {
  const NpyArray array = parse_npy_header(bytes, name);
  if (array.fortran_order && array.shape.size() > 1) {
    throw Error(
        "{}: expected rows one after the other, as an array too large for memory is read in place, "
        "found Fortran order: save numpy.ascontiguousarray(x)",
        name);
  }
  return tensor_in_place(array.values, std::move(owner), array.shape, array.type);
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
