#include "hourglass/evaluation/retrieval.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"
#include "hourglass/evaluation/classes.h"
#include "hourglass/evaluation/model_measures.h"
#include "hourglass/evaluation/pca.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace hourglass::evaluation {
namespace {

/// The class of a row of `labels`, int64 [N] or undefined.
std::optional<std::string> label_text(const at::Tensor& labels, int64_t row,
                                      const std::vector<std::string>& class_names) {
  if (!labels.defined()) return {};
  return class_name(labels[row].item<int64_t>(), class_names);
}

std::string optional_cell(const std::optional<std::string>& label) {
  return label ? csv_cell(*label) : "";
}

/// Whether there are files to name.
struct FilesAmong {
  bool of_queries, of_entries;
};

FilesAmong files_among(const std::vector<RetrievedQuery>& found) {
  if (found.empty()) return {false, false};
  const auto& first = found.front();
  return {!first.file.empty(), !first.entries.empty() && !first.entries.front().file.empty()};
}

SearchQuality measure_search(const std::string& space, const NeighbourIndex& entries,
                             const Codes& queries, const NeighbourOptions& options) {
  const Neighbours nearest = nearest_neighbours(entries, queries.values, options);
  return {.space = space,
          .size = queries.values[0].numel(),
          .precision = precision_at(entries, nearest, queries.labels, options.count),
          .mean_average_precision =
              mean_average_precision(entries, queries.values, queries.labels, options)};
}

SearchQuality measure_encoded(const std::string& space, const LabelledSearch& search,
                              const EncodeFunction& encode) {
  const Codes entries = encode_all(encode, *search.entries);
  return measure_search(space, {entries.values, entries.labels},
                        encode_all(encode, *search.queries), search.options);
}

}  // namespace

std::vector<RetrievedQuery> find_nearest(const NeighbourIndex& index, const Queries& queries,
                                         const NeighbourOptions& options,
                                         const std::vector<std::string>& class_names,
                                         const std::vector<std::string>& entry_files) {
  const auto file_of = [](const std::vector<std::string>& files, int64_t row) {
    return files.empty() ? std::string() : files[static_cast<size_t>(row)];
  };
  const Neighbours nearest = nearest_neighbours(index, queries.codes.values, options);
  const auto rows = nearest.rows.accessor<int64_t, 2>();
  const auto distances = nearest.distances.accessor<double, 2>();
  std::vector<RetrievedQuery> found;
  for (int64_t query = 0; query < rows.size(0); ++query) {
    found.push_back({.name = queries.names[static_cast<size_t>(query)],
                     .file = file_of(queries.files, query),
                     .label = label_text(queries.codes.labels, query, class_names),
                     .entries = {}});
    for (int64_t rank = 0; rank < rows.size(1); ++rank) {
      const int64_t row = rows[query][rank];
      found.back().entries.push_back({row, distances[query][rank],
                                      label_text(index.labels, row, class_names),
                                      file_of(entry_files, row)});
    }
  }
  return found;
}

std::string query_caption(const RetrievedQuery& query) {
  const std::string name = std::filesystem::path(query.name).filename();
  return query.label ? fmt::format("{}: {}", name, *query.label) : name;
}

std::string retrieval_csv(const std::vector<RetrievedQuery>& found) {
  const auto [query_files, entry_files] = files_among(found);
  std::string csv = fmt::format("query{},query_label,rank,row{},label,distance\n",
                                query_files ? ",query_file" : "", entry_files ? ",file" : "");
  const auto file_cell = [](bool written, const std::string& file) {
    return written ? "," + csv_cell(file) : "";
  };
  for (const auto& query : found) {
    size_t rank = 0;
    for (const auto& entry : query.entries) {
      fmt::format_to(std::back_inserter(csv), "{}{},{},{},{}{},{},{:.9g}\n", csv_cell(query.name),
                     file_cell(query_files, query.file), optional_cell(query.label), ++rank,
                     entry.row, file_cell(entry_files, entry.file), optional_cell(entry.label),
                     entry.distance);
    }
  }
  return csv;
}

std::string retrieval_text(const std::vector<RetrievedQuery>& found) {
  const bool with_files = files_among(found).of_entries;
  std::vector<std::string> header = {"query", "rank", "row", "class", "distance"};
  if (with_files) header.emplace_back("file");
  TextTable table(header);
  for (const auto& query : found) {
    size_t rank = 0;
    for (const auto& entry : query.entries) {
      ++rank;
      std::vector<std::string> cells = {rank == 1 ? query_caption(query) : "", std::to_string(rank),
                                        std::to_string(entry.row), entry.label.value_or(""),
                                        fmt::format("{:.4g}", entry.distance)};
      if (with_files) cells.push_back(entry.file);
      table.add(cells);
    }
  }
  return table.text("");
}

nlohmann::json to_json(const std::vector<RetrievedQuery>& found) {
  nlohmann::json queries = nlohmann::json::array();
  for (const auto& query : found) {
    nlohmann::json neighbours = nlohmann::json::array();
    for (const auto& entry : query.entries) {
      neighbours.push_back({{"row", entry.row}, {"distance", entry.distance}});
      if (!entry.file.empty()) neighbours.back()["file"] = entry.file;
      if (entry.label) neighbours.back()["label"] = *entry.label;
    }
    queries.push_back({{"query", query.name}, {"neighbours", neighbours}});
    if (!query.file.empty()) queries.back()["file"] = query.file;
    if (query.label) queries.back()["label"] = *query.label;
  }
  return queries;
}

SearchComparison compare_searches(ExportedModel& model, const LabelledSearch& search) {
  if (!search.codes.labels.defined() || !search.queries->has_labels()) {
    throw Error("search: expected labels, {} has none", search.data.name);
  }
  const Codes codes = encode_all(model, *search.queries);
  SearchComparison comparison = {
      .queries = search.queries->size(),
      .neighbours = search.options.count,
      .spaces = {measure_search("codes", search.codes, codes, search.options),
                 measure_encoded("raw values", search, [](const at::Tensor& x) { return x; })}};
  const int64_t size = comparison.spaces.front().size;
  comparison.not_available = pca_obstacle(size, *search.training, search.data);
  if (!comparison.not_available.empty()) return comparison;
  const Pca pca = fit_pca(*search.training, size);
  comparison.spaces.push_back(
      measure_encoded("PCA", search, [&](const at::Tensor& x) { return pca.encode(x); }));
  return comparison;
}

nlohmann::json to_json(const SearchComparison& comparison) {
  nlohmann::json spaces = nlohmann::json::array();
  for (const auto& quality : comparison.spaces) {
    spaces.push_back({{"space", quality.space},
                      {"size", quality.size},
                      {"precision", quality.precision},
                      {"mean_average_precision", quality.mean_average_precision}});
  }
  return {{"queries", comparison.queries},
          {"neighbours", comparison.neighbours},
          {"spaces", spaces},
          {"not_available", comparison.not_available}};
}

std::string comparison_text(const SearchComparison& comparison) {
  TextTable table({"searched", "size", fmt::format("precision@{}", comparison.neighbours), "mAP"});
  for (const auto& quality : comparison.spaces) {
    table.add({quality.space, with_thousands(quality.size),
               fmt::format("{:.4f}", quality.precision),
               fmt::format("{:.4f}", quality.mean_average_precision)});
  }
  std::string text = fmt::format("{} queries, spread evenly\n{}",
                                 with_thousands(comparison.queries), table.text(""));
  if (!comparison.not_available.empty()) text += comparison.not_available + "\n";
  return text;
}

}  // namespace hourglass::evaluation
