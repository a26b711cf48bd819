#pragma once

#include <cstdint>
#include <string>

namespace hourglass {

/// What any file may unpack to, in bytes.
inline constexpr uint64_t kUnpackedFreely = uint64_t{256} << 20U;

/// How many times its size a file may unpack to beyond that. $HOURGLASS_UNPACK_RATIO is another
/// number for those who trust their files. Throws `Error` where that is no whole number.
uint64_t unpack_ratio();

/// A few megabytes can declare, and honestly hold, gigabytes of zeros. Throws `Error` of one line
/// that begins with `name` where `stored` bytes of a file are to become more `unpacked` ones than
/// that; called before the memory is asked for.
void check_unpacked_size(const std::string& name, uint64_t stored, uint64_t unpacked);

}  // namespace hourglass
