#include "hourglass/formats/zip_place.h"

#include "hourglass/core/error.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

namespace hourglass::formats {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers of an archive are read as they are");

constexpr std::string_view kEndOfDirectory = "PK\5\6", kEndOfDirectory64 = "PK\6\6",
                           kLocator64 = "PK\6\7", kDirectoryEntry = "PK\1\2",
                           kLocalHeader = "PK\3\4";
constexpr size_t kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20, kEntryBytes = 46,
                 kLocalBytes = 30, kLongestComment = 65'535;
constexpr uint16_t kSizes64 = 1;  // the extra field that holds 64-bit sizes

/// The number at a place that the caller knows to be within `bytes`.
template <class Number>
Number number_at(std::string_view bytes, size_t place) {
  Number number;
  std::memcpy(&number, bytes.data() + place, sizeof number);
  return number;
}

/// Whether a record of `size` bytes with this signature is at `place`.
bool record_at(std::string_view bytes, uint64_t place, size_t size, std::string_view signature) {
  return place <= bytes.size() && bytes.size() - place >= size &&
         bytes.substr(place).starts_with(signature);
}

/// The 64-bit end record that a locator before the end record at `end` tells, if there is one.
std::optional<uint64_t> end_64_place(std::string_view bytes, size_t end) {
  if (end < kLocatorBytes) return {};
  if (!record_at(bytes, end - kLocatorBytes, kLocatorBytes, kLocator64)) return {};
  return number_at<uint64_t>(bytes, end - kLocatorBytes + 8);
}

/// The place of the central directory.
std::optional<uint64_t> directory_place(std::string_view bytes) {
  const size_t searched = std::min(bytes.size(), kEndBytes + kLongestComment);
  const size_t found = bytes.substr(bytes.size() - searched).rfind(kEndOfDirectory);
  if (found == std::string_view::npos) return {};
  const size_t end = bytes.size() - searched + found;
  if (!record_at(bytes, end, kEndBytes, kEndOfDirectory)) return {};
  if (const auto end64 = end_64_place(bytes, end)) {
    if (!record_at(bytes, *end64, kEnd64Bytes, kEndOfDirectory64)) return {};
    return number_at<uint64_t>(bytes, *end64 + 48);
  }
  return number_at<uint32_t>(bytes, end + 16);
}

/// Whether a reader may take the bytes at `end` for an end record of a directory that has files.
bool may_be_end(std::string_view bytes, size_t end) {
  if (!record_at(bytes, end, kEndBytes, kEndOfDirectory)) return false;
  const auto directory = number_at<uint32_t>(bytes, end + 16);
  return end_64_place(bytes, end) || record_at(bytes, directory, kEntryBytes, kDirectoryEntry);
}

/// Whether a number of the end record is the 64-bit record's, or leaves it to that.
template <class Number>
bool agrees(std::string_view bytes, size_t place, uint64_t in_64_bits) {
  const auto number = number_at<Number>(bytes, place);
  return number == in_64_bits || number == std::numeric_limits<Number>::max();
}

/// Whether the directory that the end record at `end` tells lies right before the end records.
bool directory_touches_end(std::string_view bytes, size_t end) {
  uint64_t size = number_at<uint32_t>(bytes, end + 12),
           place = number_at<uint32_t>(bytes, end + 16);
  uint64_t records = end;
  if (const auto end64 = end_64_place(bytes, end)) {
    records = end - kLocatorBytes - kEnd64Bytes;
    if (*end64 != records || !record_at(bytes, *end64, kEnd64Bytes, kEndOfDirectory64))
      return false;
    size = number_at<uint64_t>(bytes, *end64 + 40);
    place = number_at<uint64_t>(bytes, *end64 + 48);
    const auto count = number_at<uint64_t>(bytes, *end64 + 32);
    if (!agrees<uint16_t>(bytes, end + 10, count) || !agrees<uint32_t>(bytes, end + 12, size) ||
        !agrees<uint32_t>(bytes, end + 16, place)) {
      return false;
    }
  }
  return place <= records && size == records - place;
}

/// Takes the place of numbers that are too large for 32 bits from the extra fields, in the order in
/// which the application note has them.
void add_64_bits(std::string_view extra, uint64_t& size, uint64_t& stored, uint64_t& header) {
  while (extra.size() >= 4) {
    const auto kind = number_at<uint16_t>(extra, 0), length = number_at<uint16_t>(extra, 2);
    std::string_view field = extra.substr(4, length);
    for (uint64_t* number : {&size, &stored, &header}) {
      if (kind != kSizes64 || *number != UINT32_MAX || field.size() < 8) continue;
      *number = number_at<uint64_t>(field, 0);
      field.remove_prefix(8);
    }
    extra.remove_prefix(std::min<size_t>(extra.size(), 4U + length));
  }
}

std::optional<std::string_view> content_at(std::string_view bytes, uint64_t header, uint64_t size) {
  if (!record_at(bytes, header, kLocalBytes, kLocalHeader)) return {};
  const uint64_t begin = header + kLocalBytes + number_at<uint16_t>(bytes, header + 26) +
                         number_at<uint16_t>(bytes, header + 28);
  if (begin > bytes.size() || bytes.size() - begin < size) return {};
  return bytes.substr(begin, size);
}

}  // namespace

void check_one_directory(std::string_view bytes, const std::string& where) {
  const size_t end = bytes.size() - std::min(bytes.size(), kEndBytes);
  const bool ends_well = record_at(bytes, end, kEndBytes, kEndOfDirectory) &&
                         number_at<uint16_t>(bytes, end + 20) == 0 &&
                         directory_touches_end(bytes, end);
  const size_t searched = std::min(bytes.size(), 2 * kEndBytes + kLongestComment + kLocatorBytes);
  size_t other = bytes.find(kEndOfDirectory, bytes.size() - searched);
  while (other < end && !may_be_end(bytes, other)) other = bytes.find(kEndOfDirectory, other + 1);
  if (ends_well && other == end) return;
  throw Error(
      "{}: expected a ZIP archive with one directory, at its end, found {}: the file is damaged or "
      "made to harm",
      where, ends_well ? "another before it" : "other bytes there");
}

std::optional<std::string_view> stored_in_zip(std::string_view bytes, const std::string& name) {
  const auto directory = directory_place(bytes);
  if (!directory) return {};
  for (uint64_t place = *directory; record_at(bytes, place, kEntryBytes, kDirectoryEntry);) {
    const auto flags = number_at<uint16_t>(bytes, place + 8),
               method = number_at<uint16_t>(bytes, place + 10),
               name_size = number_at<uint16_t>(bytes, place + 28),
               extra_size = number_at<uint16_t>(bytes, place + 30),
               comment_size = number_at<uint16_t>(bytes, place + 32);
    const std::string_view behind = bytes.substr(place + kEntryBytes);
    if (behind.size() < size_t{name_size} + extra_size) return {};
    if (behind.substr(0, name_size) == name) {
      uint64_t stored = number_at<uint32_t>(bytes, place + 20),
               size = number_at<uint32_t>(bytes, place + 24),
               header = number_at<uint32_t>(bytes, place + 42);
      add_64_bits(behind.substr(name_size, extra_size), size, stored, header);
      const bool as_it_is = method == 0 && (flags & 1U) == 0 && stored == size;
      return as_it_is ? content_at(bytes, header, size) : std::nullopt;
    }
    place += kEntryBytes + name_size + extra_size + comment_size;
  }
  return {};
}

}  // namespace hourglass::formats
