#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/recommendation.h"
#include "hourglass/sources/interactions.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

/// What rows and the values of a row are called.
struct UsersAndItems {
  std::vector<std::string> users, items;
};

/// Throws `Error` for items without names, and for scaled ones of which 0 is not what was not chosen.
UsersAndItems users_and_items(const SelectedRows& rows);

/// A note on items of --dataset that the model does not know: who has chosen them is not looked at.
void note_unknown_items(const SelectedRows& rows, const sources::DataOptions& data,
                        const UsersAndItems& named, const OutputOptions& output);

/// What the file that an option names says of these users and items, with a note for other users; none
/// where it names no file. Throws `Error` for a file that has none of the users.
std::optional<sources::KnownInteractions> further_interactions(const std::string& file,
                                                               const std::string& option,
                                                               const UsersAndItems& named,
                                                               sources::Header header,
                                                               const OutputOptions& output);

/// "user,rank,item,score" and a line for each item of each user; ranks count from 1.
std::string recommendations_csv(const evaluation::BestItems& best, const UsersAndItems& named);

/// How well the `top` items of each user are chosen; `unfindable` held-out ones could not be.
void print_quality(const evaluation::RankingQuality& quality, int64_t top, int64_t unfindable,
                   const OutputOptions& output);

}  // namespace hourglass::apps
