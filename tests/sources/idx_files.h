#pragma once

#include "hourglass/core/batch.h"

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::testing {

/// The header of an IDX file of unsigned bytes.
inline std::string idx_header(const Shape& shape) {
  std::string bytes = {'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const int64_t size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
  }
  return bytes;
}

/// An IDX file with the values 0, 1, 2, … (modulo 256).
inline std::string idx_file(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  std::string bytes = idx_header(shape);
  for (int64_t i = 0; i < count; ++i) bytes += static_cast<char>(i & 0xff);
  return bytes;
}

/// An IDX file of labels.
inline std::string idx_labels(const std::vector<uint8_t>& labels) {
  std::string bytes = idx_header({static_cast<int64_t>(labels.size())});
  for (const uint8_t label : labels) bytes += static_cast<char>(label);
  return bytes;
}

inline std::string gzip(const std::string& bytes) {
  z_stream stream{};
  constexpr int kGzipFormat = 15 + 16;
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, 8, Z_DEFAULT_STRATEGY);
  std::string compressed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

}  // namespace hourglass::testing
