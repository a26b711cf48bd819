#include "hourglass/apps/tools/recommended_items.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/sources/source.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace hourglass::apps {

using namespace evaluation;

UsersAndItems users_and_items(const SelectedRows& rows) {
  const auto& info = rows.splits.info;
  const auto zero_stays = [](double offset) { return offset == 0; };
  const auto& offsets = info.scaling.offset;
  if (!info.scaling.curves.empty() || !std::all_of(offsets.begin(), offsets.end(), zero_stays)) {
    throw Error(
        "{}: expected values of which 0 stays 0, as `scale` none leaves them, since those "
        "are what may be recommended",
        info.name);
  }
  if (rows.rows->item_shape().size() != 1 ||
      std::ssize(info.column_names) != rows.rows->item_shape().front()) {
    throw Error("{}: expected items with names, as those of interactions:FILE are", info.name);
  }
  const ItemNames users = item_names(rows);
  UsersAndItems named = {users.files, info.column_names};
  for (size_t i = 0; users.files.empty() && i < users.size(); ++i) {
    named.users.push_back(users.text(i));
  }
  return named;
}

void note_unknown_items(const SelectedRows& rows, const sources::DataOptions& data,
                        const UsersAndItems& named, const OutputOptions& output) {
  // Who read the file noted what was left out; without a note it is not read again.
  if (rows.splits.info.notes.empty() || !data.dataset.starts_with("interactions:")) return;
  const sources::Source source = sources::parse_source(data.dataset, "dataset");
  const std::unordered_set<std::string_view> known(named.items.begin(), named.items.end());
  std::vector<std::string> unknown = sources::read_interactions(source.path, data.header).items;
  std::erase_if(unknown, [&](const std::string& item) { return known.contains(item); });
  if (unknown.empty()) return;
  note(output,
       fmt::format("{}: left out {} items that the model does not know, '{}' the first",
                   source.path.string(), with_thousands(std::ssize(unknown)), unknown.front()));
}

std::optional<sources::KnownInteractions> further_interactions(const std::string& file,
                                                               const std::string& option,
                                                               const UsersAndItems& named,
                                                               sources::Header header,
                                                               const OutputOptions& output) {
  if (file.empty()) return {};
  const auto all = sources::read_interactions(file, header);
  auto known = sources::known_interactions(all, named.users, named.items);
  if (known.unknown_users == std::ssize(all.users)) {
    throw Error("{} {}: expected users of the data, '{}' say, found none, but '{}'", option, file,
                named.users.front(), all.users.front());
  }
  if (known.rows->count() == 0) {
    throw Error("{} {}: expected items that the model knows, '{}' say, found none, but '{}'",
                option, file, named.items.front(), all.items.front());
  }
  if (known.unknown_users > 0) {
    note(output, fmt::format("{}: left out {} users that are not among the rows", file,
                             with_thousands(known.unknown_users)));
  }
  return known;
}

std::string recommendations_csv(const BestItems& best, const UsersAndItems& named) {
  std::string text = "user,rank,item,score\n";
  const auto item = best.items.accessor<int64_t, 2>();
  const auto score = best.scores.accessor<float, 2>();
  for (int64_t user = 0; user < item.size(0); ++user) {
    for (int64_t rank = 0; rank < item.size(1) && item[user][rank] >= 0; ++rank) {
      text += csv_line({named.users[static_cast<size_t>(user)], std::to_string(rank + 1),
                        named.items[static_cast<size_t>(item[user][rank])],
                        fmt::format("{}", score[user][rank])});
    }
  }
  return text;
}

void print_quality(const RankingQuality& quality, int64_t top, int64_t unfindable,
                   const OutputOptions& output) {
  const std::string recall = fmt::format("recall@{}", top);
  const std::string ndcg = fmt::format("ndcg@{}", top);
  if (output.json) {
    const nlohmann::json found = {{recall, quality.recall},
                                  {ndcg, quality.ndcg},
                                  {"users", quality.users},
                                  {"held_out_known", unfindable}};
    fmt::print("{}\n", found.dump(2));
  } else {
    fmt::print("{}  {:.4f}\n{}  {:.4f}  of {} users with held-out items\n", recall, quality.recall,
               ndcg, quality.ndcg, with_thousands(quality.users));
  }
}

}  // namespace hourglass::apps
