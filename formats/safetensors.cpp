#include "hourglass/formats/safetensors.h"

#include "hourglass/core/batch.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/in_place.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/shape_check.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace hourglass::formats {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "values are copied as they are");

constexpr size_t kLengthBytes = 8;                // of the header's length
constexpr uint64_t kLongestHeader = 100'000'000;  // as in the format's own library
constexpr size_t kMostDimensions = 64;            // as many as LibTorch's kernels take
constexpr const char* kMetadataKey = "__metadata__";
constexpr const char* kDataDigest = "data_sha256";
constexpr const char* kHeaderDigest = "header_sha256";

/// In the order in which a file has them.
struct SafetensorsType {
  std::string_view name;
  at::ScalarType type;
};
constexpr SafetensorsType kSafetensorsTypes[] = {
    {"I64", at::kLong},      {"F64", at::kDouble}, {"F32", at::kFloat}, {"I32", at::kInt},
    {"BF16", at::kBFloat16}, {"F16", at::kHalf},   {"I16", at::kShort}, {"I8", at::kChar},
    {"U8", at::kByte},       {"BOOL", at::kBool}};

/// The place in the table; its length where the type is none of them.
size_t rank_of(at::ScalarType type) {
  const auto* found =
      std::find_if(std::begin(kSafetensorsTypes), std::end(kSafetensorsTypes),
                   [type](const SafetensorsType& known) { return known.type == type; });
  return static_cast<size_t>(found - std::begin(kSafetensorsTypes));
}

std::string type_names() {
  std::vector<std::string> names;
  for (const auto& known : kSafetensorsTypes) names.emplace_back(known.name);
  return join_text(names);
}

/// The same for every order of keys and spacing that another writer may leave.
std::string header_digest(json header) {
  header[kMetadataKey].erase(kHeaderDigest);
  return sha256(header.dump());
}

// ---- Writing

/// On the CPU and contiguous, in the file's order.
std::vector<NamedTensor> laid_out(const std::vector<NamedTensor>& tensors) {
  std::vector<NamedTensor> sorted;
  for (const auto& [name, value] : tensors) {
    const bool strided = value.defined() && value.layout() == at::kStrided;
    if (!strided || rank_of(value.scalar_type()) == std::size(kSafetensorsTypes)) {
      throw Error("tensor '{}': expected a dense one of a type that safetensors has ({}), found {}",
                  name, type_names(),
                  !value.defined() ? "an undefined one"
                  : strided        ? at::toString(value.scalar_type())
                                   : "another layout");
    }
    if (name == kMetadataKey)
      throw Error("tensor '{}': safetensors keeps this name to itself", name);
    sorted.push_back({name, value.detach().cpu().contiguous()});
  }
  std::sort(sorted.begin(), sorted.end(), [](const NamedTensor& a, const NamedTensor& b) {
    const size_t left = rank_of(a.value.scalar_type()), right = rank_of(b.value.scalar_type());
    return std::tie(left, a.name) < std::tie(right, b.name);
  });
  return sorted;
}

std::string values_of(const std::vector<NamedTensor>& tensors) {
  size_t size = 0;
  for (const auto& tensor : tensors) size += tensor.value.nbytes();
  std::string bytes;
  bytes.reserve(size);
  for (const auto& tensor : tensors) {
    if (tensor.value.nbytes() == 0) continue;  // its address may be null
    bytes.append(static_cast<const char*>(tensor.value.const_data_ptr()), tensor.value.nbytes());
  }
  return bytes;
}

nlohmann::ordered_json header_entry(const at::Tensor& value, size_t begin) {
  return {{"dtype", kSafetensorsTypes[rank_of(value.scalar_type())].name},
          {"shape", value.sizes().vec()},
          {"data_offsets", {begin, begin + value.nbytes()}}};
}

/// The entries in the order of the tensors, which are sorted. They are appended: the library looks
/// through all that an ordered object has before it takes another by name.
nlohmann::ordered_json header_of(const std::vector<NamedTensor>& tensors,
                                 const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = {{kMetadataKey, metadata}};
  auto& entries = header.get_ref<nlohmann::ordered_json::object_t&>();
  std::set<std::string_view> names;
  size_t begin = 0;
  for (const auto& [name, value] : tensors) {
    if (!names.insert(name).second) {
      throw Error("expected tensors of different names, found '{}' twice", name);
    }
    entries.emplace_back(name, header_entry(value, begin));
    begin += value.nbytes();
  }
  return header;
}

std::string header_text(const std::vector<NamedTensor>& tensors,
                        std::map<std::string, std::string> metadata) {
  try {
    metadata.erase(kHeaderDigest);
    auto header = header_of(tensors, metadata);
    header[kMetadataKey][kHeaderDigest] = header_digest(header);
    return header.dump();
  } catch (const json::exception&) {
    throw Error("expected names and metadata in UTF-8 for a safetensors file, found other bytes");
  }
}

// ---- Reading

/// What the header says of a tensor, checked but for its place among the others.
struct SafetensorsEntry {
  std::string name;
  at::ScalarType type = at::kFloat;
  Shape shape;
  uint64_t begin = 0, end = 0;
};

std::string_view header_bytes(std::string_view bytes, const std::string& name) {
  if (bytes.size() < kLengthBytes) {
    throw Error(
        "{}: expected a safetensors file, which begins with the 8 bytes of a length, found "
        "{} bytes",
        name, bytes.size());
  }
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  const uint64_t most = std::min<uint64_t>(kLongestHeader, bytes.size() - kLengthBytes);
  if (length > most) {
    throw Error(
        "{}: expected a safetensors header of at most {} bytes, found a length of {}: the "
        "file is cut off or another format",
        name, most, length);
  }
  const std::string_view header = bytes.substr(kLengthBytes, length);
  if (!header.starts_with('{')) {
    throw Error("{}: expected a safetensors header, which begins with {{, found another format",
                name);
  }
  return header;
}

at::ScalarType parse_type(const JsonFields& fields) {
  const auto found = fields.get<std::string>("dtype");
  for (const auto& known : kSafetensorsTypes) {
    if (known.name == found) return known.type;
  }
  fields.fail("dtype", "one of " + type_names());
}

/// The bytes that the shape asks for. Memory is asked for only after `check_cover` found them.
uint64_t byte_count(const JsonFields& fields, const SafetensorsEntry& entry) {
  const auto count = checked_element_count(entry.shape);
  int64_t bytes = 0;
  const auto item = static_cast<int64_t>(c10::elementSize(entry.type));
  if (!count || entry.shape.size() > kMostDimensions ||
      __builtin_mul_overflow(*count, item, &bytes)) {
    fields.fail("shape", fmt::format("at most {} sizes of at least 0 with less than 2^63 bytes",
                                     kMostDimensions));
  }
  return static_cast<uint64_t>(bytes);
}

SafetensorsEntry parse_entry(const std::string& name, const JsonFields& header) {
  const JsonFields fields = header.object(name);
  SafetensorsEntry entry = {
      .name = name, .type = parse_type(fields), .shape = fields.get<std::vector<int64_t>>("shape")};
  const auto offsets = fields.get<std::vector<int64_t>>("data_offsets");
  if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) {
    fields.fail("data_offsets", "a beginning and an end behind it");
  }
  entry.begin = static_cast<uint64_t>(offsets[0]);
  entry.end = static_cast<uint64_t>(offsets[1]);
  if (const uint64_t size = byte_count(fields, entry); entry.end - entry.begin != size) {
    fields.fail("data_offsets", fmt::format("{} bytes, as the shape asks for,", size));
  }
  return entry;
}

/// In the file's order.
std::vector<SafetensorsEntry> parse_entries(const JsonFields& header) {
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, ignored] : header.as_json().items()) {
    if (name != kMetadataKey) entries.push_back(parse_entry(name, header));
  }
  std::sort(entries.begin(), entries.end(),
            [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
              return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
            });
  return entries;
}

/// The format allows no gap, no overlap and nothing behind the last.
void check_cover(const std::vector<SafetensorsEntry>& entries, size_t available,
                 const std::string& name) {
  uint64_t next = 0;
  for (const auto& entry : entries) {
    if (entry.begin != next) {
      throw Error(
          "{}: expected tensor '{}' at byte {} of the values, behind the one before, found "
          "byte {}",
          name, entry.name, next, entry.begin);
    }
    next = entry.end;
  }
  if (next != available) {
    throw Error("{}: expected {} bytes of values, as the header says, found {}", name, next,
                available);
  }
}

void check_recorded_digest(const std::map<std::string, std::string>& metadata,
                           const std::string& key, const std::string& what,
                           const std::function<std::string()>& digest, const std::string& name) {
  const auto recorded = metadata.find(key);
  if (recorded == metadata.end()) return;
  const std::string found = digest();
  if (recorded->second == found) return;
  throw Error(
      "{}: expected {} of {} {}…, found {}…: the file is damaged, or another program "
      "changed it and kept its metadata",
      name, what, key, recorded->second.substr(0, 12), found.substr(0, 12));
}

at::Tensor tensor_of(const SafetensorsEntry& entry, std::string_view values,
                     const std::string& name) {
  const auto bytes = values.substr(entry.begin, entry.end - entry.begin);
  at::Tensor tensor = at::empty(entry.shape, at::TensorOptions(entry.type));
  if (bytes.empty()) return tensor;
  if (entry.type == at::kBool) {
    const size_t odd = bytes.find_first_not_of(std::string_view("\0\1", 2));
    if (odd != std::string_view::npos) {
      throw Error("{}: expected bytes of 0 or 1 in the truth values of '{}', found {}", name,
                  entry.name, static_cast<unsigned char>(bytes[odd]));
    }
  }
  std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

/// A file whose header is as it should be.
struct SafetensorsContent {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;  // with the digests
  std::string_view values;
};

SafetensorsContent parse_content(std::string_view bytes, const std::string& name) {
  const std::string_view text = header_bytes(bytes, name);
  const json header = parse_json(text, name);
  const JsonFields fields(header, name);
  SafetensorsContent content{
      .entries = parse_entries(fields),
      .metadata = fields.get(kMetadataKey, std::map<std::string, std::string>()),
      .values = bytes.substr(kLengthBytes + text.size())};
  check_cover(content.entries, content.values.size(), name);
  check_recorded_digest(
      content.metadata, kHeaderDigest, "a header", [&] { return header_digest(header); }, name);
  return content;
}

template <class Entry>
const Entry& entry_named(const std::vector<Entry>& entries, const std::string& tensor,
                         const std::string& name) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (entry.name == tensor || (tensor.empty() && entries.size() == 1)) return entry;
    names.push_back(entry.name);
  }
  if (tensor.empty()) {
    throw Error("{}: expected one tensor, found {}: say which, {}#{}", name,
                names.empty() ? "none" : join_text(names), name, names.empty() ? "x" : names[0]);
  }
  throw Error("{}: expected a tensor '{}'{}, found {}", name, tensor, suggestion(tensor, names),
              names.empty() ? "none" : join_text(names));
}

}  // namespace

const at::Tensor& TensorFile::find(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& tensor : tensors) {
    if (tensor.name == name) return tensor.value;
    names.push_back(tensor.name);
  }
  throw Error("{}expected a tensor '{}'{}, found {} others", path.empty() ? "" : path + ": ", name,
              suggestion(name, names), names.size());
}

const at::Tensor& TensorFile::only() const { return entry_named(tensors, "", path).value; }

std::string safetensors_bytes(const TensorFile& file) {
  const auto tensors = laid_out(file.tensors);
  const std::string values = values_of(tensors);
  auto metadata = file.metadata;
  metadata[kDataDigest] = sha256(values);
  std::string header = header_text(tensors, std::move(metadata));
  header.resize((header.size() + 7) / 8 * 8, ' ');  // so that the values begin aligned
  if (header.size() > kLongestHeader) {
    throw Error(
        "expected a safetensors header of at most {} bytes, found {}: fewer tensors or "
        "less metadata",
        kLongestHeader, header.size());
  }
  const uint64_t length = header.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes.reserve(kLengthBytes + header.size() + values.size());
  return bytes.append(header).append(values);
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  write_file_atomically(path, safetensors_bytes(file));
}

TensorFile parse_safetensors(std::string_view bytes, const std::string& name) {
  SafetensorsContent content = parse_content(bytes, name);
  TensorFile file = {.metadata = std::move(content.metadata), .path = name};
  check_recorded_digest(
      file.metadata, kDataDigest, "values", [&] { return sha256(content.values); }, name);
  file.metadata.erase(kHeaderDigest);
  file.metadata.erase(kDataDigest);
  for (const auto& entry : content.entries) {
    file.tensors.push_back({entry.name, tensor_of(entry, content.values, name)});
  }
  return file;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_safetensors(file.bytes(), path.string());
}

at::Tensor safetensors_in_place(std::string_view bytes, std::shared_ptr<const void> owner,
                                const std::string& tensor, const std::string& name) {
  const SafetensorsContent content = parse_content(bytes, name);
  const SafetensorsEntry& entry = entry_named(content.entries, tensor, name);
  return tensor_in_place(content.values.substr(entry.begin, entry.end - entry.begin),
                         std::move(owner), entry.shape, entry.type);
}

}  // namespace hourglass::formats
