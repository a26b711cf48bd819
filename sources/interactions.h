#pragma once

#include "hourglass/datasets/sparse_rows.h"
#include "hourglass/sources/csv.h"
#include "hourglass/sources/stored.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

// Interactions of users with items: films watched, articles bought. A file has one a line, the user in
// its first column and the item in its second, as RecBole's .inter files and MovieLens' u.data and
// ratings.csv do; further columns, ratings and times say, are not looked at. Users and items are called
// by their cells, whatever those are.

struct Interactions {
  std::vector<std::string> users, items;  ///< as people sort them
  datasets::SparseRowsPtr rows;           ///< a row a user: 1 at the items of the user, else 0
  int64_t repeated = 0;                   ///< lines that say what an earlier one does
};

/// Reads a table as `CsvReader` splits it; `name` stands for it in errors. With Header::Auto the first
/// line names the columns where its first cell is a name of users ("user_id:token", "userId", "uid"),
/// or its third is a word. Throws `Error` with the line for a row without user or item, or of another
/// number of cells than the first, and where there is no row, or more than a million items.
Interactions parse_interactions(std::string_view text, const std::string& name, Header header);

/// `parse_interactions` of a file's bytes.
Interactions read_interactions(const std::filesystem::path& path, Header header);

/// What interactions say of known users and items.
struct KnownInteractions {
  datasets::SparseRowsPtr rows;        ///< [users] rows over the items
  std::vector<int64_t> unknown_items;  ///< of each user: how many other items it interacted with
  int64_t unknown_users = 0;           ///< of the file, whose interactions are left out
};

KnownInteractions known_interactions(const Interactions& all, const std::vector<std::string>& users,
                                     const std::vector<std::string>& items);

/// The users in a file of interactions, each over all items. Where `options.known` has columns, they are
/// the items that a model knows, and others are left out with a note. Where `held_out` is not empty, it
/// is a file of further interactions of the same users, and the official test part has a row a user:
/// the first file's items are to become the second's. Of `options`, only header and known columns
/// are looked at. Throws what `parse_interactions` does, and `Error` where the model, or the first
/// file, knows none of the items.
StoredData read_interaction_rows(const std::filesystem::path& path,
                                 const std::filesystem::path& held_out, const CsvOptions& options);

}  // namespace hourglass::sources
