#pragma once

#include "hourglass/sources/csv.h"
#include "hourglass/sources/stored.h"

#include <filesystem>

namespace hourglass::sources {

/// The table in a CSV file of any size, mapped: its numbers are read once into a folder of the user's
/// cache (`user_cache`, in `tables/`), from where later runs take them. What is there is of this file
/// as long as path, size, modification time and options are the same and its bytes are whole;
/// otherwise it is replaced, in one step, by one process while others wait. Values, labels, names and
/// notes are those of `stored_table`; a note says where the cache is.
///
/// Throws `Error` as `parse_csv` does, and where the cache cannot be written.
StoredData cached_table(const std::filesystem::path& path, const CsvOptions& options);

}  // namespace hourglass::sources
