#include "hourglass/sources/interactions.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace hourglass::sources {
namespace {

// A row of them is dense in a batch, and a layer has weights for each.
constexpr int64_t kMostItems = 1'000'000;

/// Names numbered in the order in which they come first.
class NameNumbers {
 public:
  int32_t number(std::string_view name) {
    const auto next = static_cast<int32_t>(names_.size());
    const auto [found, fresh] = numbers_.try_emplace(std::string(name), next);
    if (fresh) names_.push_back(&found->first);
    return found->second;
  }

  size_t size() const { return names_.size(); }

  /// The names as people sort them, and where each of the numbers is among them.
  std::pair<std::vector<std::string>, std::vector<int32_t>> sorted() const {
    std::vector<int32_t> order(names_.size());
    std::iota(order.begin(), order.end(), 0);
    const auto name = [&](int32_t number) -> const std::string& {
      return *names_[static_cast<size_t>(number)];
    };
    std::sort(order.begin(), order.end(),
              [&](int32_t a, int32_t b) { return natural_less(name(a), name(b)); });
    std::vector<std::string> names;
    std::vector<int32_t> places(order.size());
    for (const int32_t number : order) {
      places[static_cast<size_t>(number)] = static_cast<int32_t>(names.size());
      names.push_back(name(number));
    }
    return {std::move(names), std::move(places)};
  }

 private:
  std::unordered_map<std::string, int32_t> numbers_;
  std::vector<const std::string*> names_;
};

/// Rows over so many items, of the items of each user; what is there twice counts once.
datasets::SparseRowsPtr sparse_rows(std::vector<std::vector<int32_t>> items_of_users,
                                    int64_t items) {
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> columns;
  for (auto& chosen : items_of_users) {
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    columns.insert(columns.end(), chosen.begin(), chosen.end());
    offsets.push_back(std::ssize(columns));
  }
  return std::make_shared<datasets::SparseRows>(std::move(offsets), std::move(columns),
                                                Shape{items});
}

/// "user" for "user_id:token", "userId" and "Users".
bool names_users(std::string_view cell) {
  std::string name = in_small_letters(std::string(cell.substr(0, cell.find(':'))));
  std::erase_if(name, [](char letter) { return letter == '_' || letter == '-' || letter == ' '; });
  for (const char* known : {"user", "users", "userid", "uid"}) {
    if (name == known) return true;
  }
  return false;
}

bool names_columns(const CsvCells& cells, Header header) {
  if (header != Header::Auto) return header == Header::Yes;
  return names_users(cells.front()) || (cells.size() > 2 && is_word(cells[2]));
}

void check_cells(const CsvReader& rows, size_t width, const std::string& name) {
  const CsvCells& cells = rows.cells();
  if (width < 2) {
    throw Error(
        "{}: line {}: expected a user and an item, separated by a tab, a semicolon or a comma, "
        "found '{}'",
        name, rows.line(), shown(cells.front()));
  }
  if (cells.size() != width) {
    throw Error("{}: line {}: expected {} cells as in the first row, found {}", name, rows.line(),
                width, cells.size());
  }
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (!cells[i].empty()) continue;
    throw Error("{}: line {}: expected {} in column {}, found an empty cell", name, rows.line(),
                i == 0 ? "a user" : "an item", i);
  }
}

std::unordered_map<std::string_view, int32_t> numbers_of(const std::vector<std::string>& names) {
  std::unordered_map<std::string_view, int32_t> numbers;
  for (size_t i = 0; i < names.size(); ++i) numbers.emplace(names[i], static_cast<int32_t>(i));
  return numbers;
}

std::string left_out_text(const std::string& file, const KnownInteractions& known) {
  const int64_t items =
      std::accumulate(known.unknown_items.begin(), known.unknown_items.end(), int64_t{0});
  std::string text;
  if (known.unknown_users > 0)
    text = fmt::format("{} unknown users", with_thousands(known.unknown_users));
  if (items > 0) {
    text += fmt::format("{}{} interactions with unknown items", text.empty() ? "" : " and ",
                        with_thousands(items));
  }
  return text.empty() ? text : fmt::format("{}: left out {}", file, text);
}

/// What a file says of known users and items. Throws `Error` where it knows none of them.
datasets::SparseRowsPtr rows_of_known(const Interactions& all,
                                      const std::vector<std::string>& users,
                                      const std::vector<std::string>& items,
                                      const std::string& file, std::vector<std::string>& notes) {
  const KnownInteractions known = known_interactions(all, users, items);
  if (known.rows->count() == 0) {
    throw Error(
        "{}: expected interactions with items that are known, '{}' say, found none, but "
        "'{}'",
        file, shown(items.front()), shown(all.items.front()));
  }
  if (auto text = left_out_text(file, known); !text.empty()) notes.push_back(std::move(text));
  return known.rows;
}

}  // namespace

Interactions parse_interactions(std::string_view text, const std::string& name, Header header) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw Error("{}: expected interactions, a user and an item a line, found an empty file", name);
  }
  CsvReader rows(text, name);
  const size_t width = rows.cells().size();
  bool more = true;
  if (names_columns(rows.cells(), header)) more = rows.next();
  if (!more) throw Error("{}: expected interactions, a line each, found none", name);
  NameNumbers users, items;
  std::vector<std::vector<int32_t>> items_of_users;
  int64_t lines = 0;
  for (; more; more = rows.next(), ++lines) {
    check_cells(rows, width, name);
    const auto user = static_cast<size_t>(users.number(as_name(rows.cells()[0])));
    if (user == items_of_users.size()) items_of_users.emplace_back();
    items_of_users[user].push_back(items.number(as_name(rows.cells()[1])));
  }
  auto [user_names, user_places] = users.sorted();
  auto [item_names, item_places] = items.sorted();
  std::vector<std::vector<int32_t>> sorted(items_of_users.size());
  for (size_t user = 0; user < sorted.size(); ++user) {
    for (int32_t& item : items_of_users[user]) item = item_places[static_cast<size_t>(item)];
    sorted[static_cast<size_t>(user_places[user])] = std::move(items_of_users[user]);
  }
  if (std::ssize(item_names) > kMostItems) {
    throw Error("{}: expected interactions with at most {} items, found {}", name,
                with_thousands(kMostItems), with_thousands(std::ssize(item_names)));
  }
  auto sparse = sparse_rows(std::move(sorted), std::ssize(item_names));
  Interactions all{
      .users = std::move(user_names), .items = std::move(item_names), .rows = std::move(sparse)};
  all.repeated = lines - all.rows->count();
  return all;
}

Interactions read_interactions(const std::filesystem::path& path, Header header) {
  return parse_interactions(read_file(path), path.string(), header);
}

KnownInteractions known_interactions(const Interactions& all, const std::vector<std::string>& users,
                                     const std::vector<std::string>& items) {
  const auto known_users = numbers_of(users), known_items = numbers_of(items);
  KnownInteractions known{.rows = nullptr, .unknown_items = std::vector<int64_t>(users.size())};
  std::vector<std::vector<int32_t>> items_of_users(users.size());
  for (size_t i = 0; i < all.users.size(); ++i) {
    const auto user = known_users.find(all.users[i]);
    if (user == known_users.end()) {
      ++known.unknown_users;
      continue;
    }
    const auto at = static_cast<size_t>(user->second);
    for (const int32_t one : all.rows->ones(static_cast<int64_t>(i))) {
      const auto item = known_items.find(all.items[static_cast<size_t>(one)]);
      if (item == known_items.end()) {
        ++known.unknown_items[at];
      } else {
        items_of_users[at].push_back(item->second);
      }
    }
  }
  known.rows = sparse_rows(std::move(items_of_users), std::ssize(items));
  return known;
}

StoredData read_interaction_rows(const std::filesystem::path& path,
                                 const std::filesystem::path& held_out, const CsvOptions& options) {
  formats::Sha256 hash;
  const auto read = [&](const std::filesystem::path& file, std::vector<std::string>& notes) {
    const std::string bytes = read_file(file);
    hash.add(bytes);
    Interactions all = parse_interactions(bytes, file.string(), options.header);
    if (all.repeated > 0) {
      notes.push_back(fmt::format("{}: {} interactions are there more than once, and count once",
                                  file.string(), with_thousands(all.repeated)));
    }
    return all;
  };
  StoredData data;
  data.natural_scale = {datasets::ScalingRule::Kind::None};
  data.row_title = "user";
  const Interactions all = read(path, data.notes);
  data.row_names = all.users;
  data.column_names = all.items;
  data.rows.sparse = all.rows;
  if (options.known && !options.known->columns.empty()) {
    data.column_names = options.known->names();
    data.rows.sparse = rows_of_known(all, all.users, data.column_names, path.string(), data.notes);
  }
  if (!held_out.empty()) {
    const Interactions others = read(held_out, data.notes);
    data.test = data.rows;
    data.test_targets.sparse =
        rows_of_known(others, data.row_names, data.column_names, held_out.string(), data.notes);
  }
  data.sha256 = hash.hex();
  return data;
}

}  // namespace hourglass::sources
