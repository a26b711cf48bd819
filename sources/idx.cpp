#include "hourglass/sources/idx.h"

#include "hourglass/core/batch.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/core/unpacked_size.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::sources {
namespace {

// Deflate spends at least two bits on 258 equal bytes ("zlib Technical Details"), so a file cannot
// hold more than this many times its own size.
constexpr int64_t kMaximumGzipRatio = 1032;

/// The content of a file's bytes, inflated where they are compressed.
class GzipReader {
 public:
  GzipReader(std::string_view bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)), compressed_(is_gzip(bytes)) {
    if (!compressed_) return;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes_.data()));
    stream_.avail_in = static_cast<uInt>(std::min<size_t>(bytes_.size(), kPiece));
    given_ = stream_.avail_in;
    if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  ~GzipReader() {
    if (compressed_) inflateEnd(&stream_);
  }

  const std::string& name() const { return name_; }
  int64_t stored_size() const { return std::ssize(bytes_); }
  bool compressed() const { return compressed_; }

  /// Fills `content`, or as much of it as there is; returns how many bytes came.
  int64_t read(std::span<uint8_t> content) {
    if (compressed_) return inflated(content);
    const size_t count = std::min(content.size(), bytes_.size() - given_);
    std::copy_n(bytes_.data() + given_, count, content.data());
    given_ += count;
    return static_cast<int64_t>(count);
  }

 private:
  static constexpr size_t kPiece = size_t{1} << 30;  // zlib counts in 32 bits

  std::string_view bytes_;
  std::string name_;
  bool compressed_;
  z_stream stream_{};
  size_t given_ = 0;  // bytes handed over so far
  bool ended_ = false;

  static bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

  int64_t inflated(std::span<uint8_t> content) {
    size_t got = 0;
    while (got < content.size() && !ended_) {
      const auto wanted = static_cast<uInt>(std::min(content.size() - got, kPiece));
      stream_.next_out = content.data() + got;
      stream_.avail_out = wanted;
      step();
      got += wanted - stream_.avail_out;
    }
    return static_cast<int64_t>(got);
  }

  void step() {
    if (stream_.avail_in == 0) {
      stream_.avail_in = static_cast<uInt>(std::min(bytes_.size() - given_, kPiece));
      given_ += stream_.avail_in;
    }
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) return end_member();
    if (code == Z_OK) return;
    const bool cut_off = code == Z_BUF_ERROR && stream_.avail_in == 0;
    throw Error("{}: the gzip stream is damaged ({}); get the file again", name_,
                cut_off       ? "unexpected end of file"
                : stream_.msg ? stream_.msg
                              : "it ends in the middle");
  }

  /// A file may hold several streams, one after the other; what follows the last is ignored.
  void end_member() {
    const std::string_view rest(reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in);
    ended_ = !is_gzip(rest) || inflateReset(&stream_) != Z_OK;
  }
};

/// What a type code stands for, for the error message.
std::string type_name(uint8_t code) {
  switch (code) {
    case 0x08: return "unsigned bytes";
    case 0x09: return "signed bytes";
    case 0x0B: return "16-bit integers";
    case 0x0C: return "32-bit integers";
    case 0x0D: return "32-bit floats";
    case 0x0E: return "64-bit floats";
    default: return "an unknown type";
  }
}

/// Reads a big-endian header field of four bytes.
std::array<uint8_t, 4> read_field(GzipReader& file, const std::string& what) {
  std::array<uint8_t, 4> field{};
  const int64_t got = file.read(field);
  if (got == 0 && file.stored_size() == 0) {
    throw Error("{}: expected an IDX file, found an empty file", file.name());
  }
  if (got != 4) {
    throw Error("{}: expected 4 bytes of {}, found {}; the file is cut off", file.name(), what,
                got);
  }
  return field;
}

int64_t read_rank(GzipReader& file) {
  const auto magic = read_field(file, "the magic number");
  if (magic[0] == '<') {
    throw Error(
        "{}: expected an IDX file, found text that looks like a web page; download it again",
        file.name());
  }
  if (magic[0] != 0 || magic[1] != 0) {
    throw Error("{}: expected an IDX file, which begins with 00 00, found {:02x} {:02x}",
                file.name(), magic[0], magic[1]);
  }
  if (magic[2] != 0x08) {
    throw Error("{}: expected values of type 0x08 (unsigned bytes), found type {:#04x} ({})",
                file.name(), magic[2], type_name(magic[2]));
  }
  if (magic[3] < 1 || magic[3] > 4) {
    throw Error("{}: expected 1 to 4 dimensions, found {}", file.name(), magic[3]);
  }
  return magic[3];
}

Shape read_shape(GzipReader& file) {
  const int64_t rank = read_rank(file);
  Shape shape;
  for (int64_t i = 1; i <= rank; ++i) {
    const auto field = read_field(file, fmt::format("dimension {} of {}", i, rank));
    int64_t size = 0;
    for (const uint8_t byte : field) size = size << 8 | byte;
    if (size == 0) throw Error("{}: dimension {} of {} is 0", file.name(), i, rank);
    shape.push_back(size);
  }
  return shape;
}

std::string shape_text(const Shape& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) sizes.push_back(std::to_string(size));
  return join_text(sizes, " × ");
}

/// The number of values, once it is clear that the file can hold so many: a header may promise any
/// number, and the memory for it must not be asked for on its word alone.
int64_t checked_count(const GzipReader& file, const Shape& shape) {
  const int64_t header = 4 + 4 * static_cast<int64_t>(shape.size());
  const int64_t capacity =
      (file.compressed() ? file.stored_size() * kMaximumGzipRatio : file.stored_size()) - header;
  int64_t count = 1;
  bool fits = true;
  for (const int64_t size : shape) {
    fits = fits && count <= capacity / size;
    if (fits) count *= size;
  }
  if (!fits || (!file.compressed() && count != capacity)) {
    throw Error("{}: expected {} bytes of values as the header says, found {}{}", file.name(),
                shape_text(shape), file.compressed() ? "a gzip file that holds at most " : "",
                capacity);
  }
  check_unpacked_size(file.name(), static_cast<uint64_t>(file.stored_size()),
                      static_cast<uint64_t>(count));
  return count;
}

}  // namespace

at::Tensor parse_idx(std::string_view bytes, const std::string& name) {
  GzipReader file(bytes, name);
  const Shape shape = read_shape(file);
  const int64_t count = checked_count(file, shape);
  at::Tensor values = at::empty(shape, at::kByte);
  const int64_t got = file.read({values.mutable_data_ptr<uint8_t>(), static_cast<size_t>(count)});
  // Reading on makes zlib compare the checksum, which follows the last byte.
  uint8_t surplus = 0;
  if (got != count || file.read({&surplus, 1}) != 0) {
    throw Error("{}: expected {} bytes of values as the header says, found {}", file.name(),
                shape_text(shape), got < count ? std::to_string(got) : "more");
  }
  return values;
}

}  // namespace hourglass::sources
