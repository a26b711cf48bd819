#include "hourglass/sources/idx.h"

#include "hourglass/core/batch.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

// Deflate spends at least two bits on 258 equal bytes ("zlib Technical Details"), so a file cannot
// hold more than this many times its own size.
constexpr int64_t kMaximumGzipRatio = 1032;

/// The content of a file, inflated where it is compressed.
class GzipReader {
 public:
  explicit GzipReader(const fs::path& path) : name_(path.string()) {
    std::error_code error;
    if (fs::is_directory(path, error)) throw Error("{}: expected a file, found a folder", name_);
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) throw Error("{}: cannot open: {}", name_, std::generic_category().message(errno));
    stored_size_ = static_cast<int64_t>(fs::file_size(path, error));
    if (error) throw Error("{}: cannot tell the size: {}", name_, error.message());
    gzbuffer(file_.get(), 1U << 17);
  }

  const std::string& name() const { return name_; }
  int64_t stored_size() const { return stored_size_; }

  /// Whether the file is compressed; known once something was read.
  bool compressed() const { return gzdirect(file_.get()) == 0; }

  /// Fills `bytes`, or as much of it as the content lasts for; returns how many bytes came.
  int64_t read(std::span<uint8_t> bytes) {
    size_t got = 0;
    while (got < bytes.size()) {
      const auto wanted = static_cast<unsigned>(std::min<size_t>(bytes.size() - got, 1U << 30));
      const int count = gzread(file_.get(), bytes.data() + got, wanted);
      if (count <= 0) break;
      got += static_cast<size_t>(count);
    }
    check();
    return static_cast<int64_t>(got);
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose_r(file); }
  };

  void check() const {
    int code = Z_OK;
    const std::string reason = gzerror(file_.get(), &code);
    if (code == Z_OK || code == Z_STREAM_END) return;
    if (code == Z_ERRNO) {
      throw Error("{}: reading failed: {}", name_, std::generic_category().message(errno));
    }
    // zlib puts the path before its reason.
    const bool prefixed = reason.starts_with(name_ + ": ");
    throw Error("{}: the gzip stream is damaged ({}); get the file again", name_,
                prefixed ? reason.substr(name_.size() + 2) : reason);
  }

  std::string name_;
  std::unique_ptr<gzFile_s, Close> file_;
  int64_t stored_size_ = 0;
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
  return count;
}

}  // namespace

at::Tensor read_idx(const fs::path& path) {
  GzipReader file(path);
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
