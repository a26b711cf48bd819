#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

// A data set in several files.

/// The files that `which` names: a file, all of a folder whose names end in `suffix` (any but hidden
/// ones where it is empty), or those of a pattern with * and ?, in the order of their names, numbers
/// in them by value. Throws `Error` where there are none.
std::vector<std::filesystem::path> list_shards(const std::filesystem::path& which,
                                               std::string_view suffix);

/// Their sizes in all, in bytes. Throws `Error` for a file that is not there.
int64_t total_bytes(const std::vector<std::filesystem::path>& files);

/// How large files are told apart, in words for a model's card.
extern const std::string kSampledIdentity;

/// SHA-256 of each file's size and modification time (in seconds), and of `kSampledBlocks` blocks of
/// 4 KiB that are spread evenly over all bytes, the first and the last included. Throws `Error` for a
/// file that cannot be read.
std::string sampled_digest(const std::vector<std::filesystem::path>& files);
inline constexpr int64_t kSampledBlocks = 64;

/// The same of bytes that are all of a file, without its time.
std::string sampled_digest(std::string_view bytes);

}  // namespace hourglass::sources
