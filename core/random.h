#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace hourglass {

/// A seed for one purpose ("shuffle", "weights", …) and one index (an epoch, say), so that purposes
/// and epochs draw independent numbers and none has a state to save: a resumed run derives the same
/// seeds again.
uint64_t derive_seed(uint64_t seed, std::string_view purpose, uint64_t index = 0);

/// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011): four random words that depend on key and counter alone. Any element of a stream can be
/// drawn in any order, by any thread.
std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter_high, uint64_t counter_low);

/// A random word as a number in [0, 1).
inline float to_unit(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24F; }

/// Two random words as two independent standard normal numbers (Box and Muller 1958).
std::array<float, 2> to_normal(uint32_t first, uint32_t second);

}  // namespace hourglass
