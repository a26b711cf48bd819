#include "hourglass/apps/tools/retrieval_files.h"

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/core/item_kind.h"
#include "hourglass/figures/image_grid.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;

namespace {

constexpr int64_t kMostDrawnQueries = 10;

/// "9: Bag", and where it is known, whether that is the query's class.
std::string neighbour_caption(const RetrievedQuery& query, const RetrievedEntry& entry) {
  if (!entry.label) return std::to_string(entry.row);
  if (!query.label) return *entry.label;
  return fmt::format("{} {}", *query.label == *entry.label ? "right:" : "WRONG:", *entry.label);
}

/// A query with its neighbours: [1, shape…] and [k, shape…].
struct DrawnQuery {
  const RetrievedQuery& query;
  at::Tensor item, neighbours;
};

std::vector<DrawnQuery> drawn_queries(const std::vector<RetrievedQuery>& found,
                                      const datasets::Dataset& queries,
                                      const datasets::Dataset& entries) {
  const at::Tensor items = queries.batch(queries.first_positions(kMostDrawnQueries)).input;
  std::vector<DrawnQuery> drawn;
  for (int64_t i = 0; i < items.size(0); ++i) {
    const RetrievedQuery& query = found[static_cast<size_t>(i)];
    std::vector<int64_t> rows;
    for (const auto& entry : query.entries) rows.push_back(entry.row);
    drawn.push_back(
        {query, items.narrow(0, i, 1), entries.batch(at::tensor(rows, at::kLong)).input});
  }
  return drawn;
}

/// [Q, shape…]
at::Tensor items_of(const std::vector<DrawnQuery>& drawn) {
  std::vector<at::Tensor> items;
  items.reserve(drawn.size());
  for (const auto& each : drawn) items.push_back(each.item);
  return at::cat(items);
}

/// A row of images a query: itself, then its neighbours.
Picture draw_images(const std::vector<DrawnQuery>& drawn, ValueRange range,
                    const std::string& title) {
  std::vector<ImageRow> rows;
  for (const auto& [query, item, neighbours] : drawn) {
    ImageRow row = {"", at::cat({item, neighbours}), {query_caption(query)}, range};
    for (const auto& entry : query.entries) row.captions.push_back(neighbour_caption(query, entry));
    rows.push_back(std::move(row));
  }
  const auto columns = static_cast<int>(rows.front().images.size(0));
  return image_grid(rows, {.title = title, .columns = columns});
}

/// For items that are no images: a plot a query, a line for it and for each neighbour.
Picture draw_vectors(const std::vector<DrawnQuery>& drawn, const std::string& title,
                     const ItemStyle& style) {
  std::vector<at::Tensor> neighbours;
  std::vector<std::string> captions;
  for (const auto& each : drawn) {
    neighbours.push_back(each.neighbours);
    captions.push_back(query_caption(each.query));
  }
  std::vector<ItemRow> rows = {{"query", items_of(drawn)}};
  const at::Tensor all = at::stack(neighbours);  // [Q, k, shape…]
  for (int64_t rank = 0; rank < all.size(1); ++rank) {
    rows.push_back({fmt::format("neighbour {}", rank + 1), all.select(1, rank)});
  }
  return draw_items(rows, captions, title, 0, style);
}

}  // namespace

std::vector<std::string> write_retrieval_files(const std::vector<RetrievedQuery>& found,
                                               const datasets::Dataset& queries,
                                               const SearchLibrary& library,
                                               const ExportedModel& model,
                                               const std::filesystem::path& folder,
                                               const OutputOptions& output) {
  std::vector<std::string> paths = {(folder / "neighbours.csv").string()};
  write_output(paths.front(), retrieval_csv(found));
  if (!figures_available()) {
    note(output, "no picture: this build draws none");
    return paths;
  }
  const auto drawn = drawn_queries(found, queries, *library.entries.rows);
  const std::string title = "Queries, then their neighbours among " + row_text(library.entries);
  const at::Tensor items = items_of(drawn);
  const bool images = item_kind(items.sizes().slice(1)) != ItemKind::Vector;
  const Picture picture = images ? draw_images(drawn, value_range(model, items), title)
                                 : draw_vectors(drawn, title, item_style(model, {}));
  paths.push_back((folder / "neighbours.png").string());
  picture.save(paths.back());
  if (std::ssize(found) > kMostDrawnQueries) {
    note(output, fmt::format("the picture shows the first {} queries", kMostDrawnQueries));
  }
  return paths;
}

}  // namespace hourglass::apps
