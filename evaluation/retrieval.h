#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/neighbours.h"
#include "hourglass/formats/data_card.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// ---- What is found

/// An entry found for a query. The label is the class by name or number; none without labels.
struct RetrievedEntry {
  int64_t row = 0;  ///< of the index, from 0
  double distance = 0;
  std::optional<std::string> label;
  std::string file;  ///< of the row, where rows are files of a folder; else empty
};

struct RetrievedQuery {
  std::string name;  ///< a row's number, a file
  std::string file;  ///< of the row, likewise
  std::optional<std::string> label;
  std::vector<RetrievedEntry> entries;  ///< nearest first
};

/// Items to find the like of.
struct Queries {
  std::vector<std::string> names;  ///< one an item
  Codes codes;
  std::vector<std::string> files =
      {};  ///< of rows that are files of a folder: one an item, or none
};

/// The entries of the index nearest to each query. `entry_files` are those of the entries where they
/// are files of a folder, else none. Throws `Error` as `nearest_neighbours` does.
std::vector<RetrievedQuery> find_nearest(const NeighbourIndex& index, const Queries& queries,
                                         const NeighbourOptions& options,
                                         const std::vector<std::string>& class_names,
                                         const std::vector<std::string>& entry_files = {});

/// "7: Bag": what a query is called, of a file its name without the folder.
std::string query_caption(const RetrievedQuery& query);

/// "query,query_label,rank,row,label,distance" and a line an entry found; with "query_file" after
/// "query", and "file" after "row", where rows are files of a folder.
std::string retrieval_csv(const std::vector<RetrievedQuery>& found);

/// The same as a table for people.
std::string retrieval_text(const std::vector<RetrievedQuery>& found);

/// [{"query": …, "neighbours": [{"row": …}]}]
nlohmann::json to_json(const std::vector<RetrievedQuery>& found);

// ---- How good a search is

/// How often a search finds entries of the query's class.
struct SearchQuality {
  std::string space;  ///< what was compared: "codes"
  int64_t size = 0;   ///< numbers an item
  double precision = 0;
  double mean_average_precision = 0;
};

/// The same search in several spaces.
struct SearchComparison {
  int64_t queries = 0;
  int64_t neighbours = 0;
  std::vector<SearchQuality> spaces;
  std::string not_available;  ///< why there is no PCA among them; empty where there is one
};

/// Labelled rows that are searched for the like of others.
struct LabelledSearch {
  NeighbourIndex codes;  ///< of the entries
  datasets::DatasetPtr entries, queries;
  datasets::DatasetPtr training;  ///< what a PCA is fitted to
  formats::DataCard data;         ///< of the training rows
  NeighbourOptions options;
};

/// The search among the model's codes, among the values themselves and among the codes of a PCA of
/// the same size. Throws `Error` where entries or queries have no labels.
SearchComparison compare_searches(ExportedModel& model, const LabelledSearch& search);

/// {"queries": …, "neighbours": …, "spaces": [{"space": …}], "not_available": …}
nlohmann::json to_json(const SearchComparison& comparison);

/// The same as a table for people.
std::string comparison_text(const SearchComparison& comparison);

}  // namespace hourglass::evaluation
