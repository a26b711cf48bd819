// Finds the entries of a data set that are most like a query, by the distance of their codes; reports
// how often they are of the query's class, beside the same search among raw values and PCA codes.
//
//   retrieve runs/mine/best.pt --query 3,17
//   retrieve runs/mine/best.pt --query-images boot.png --dataset images:shop
//   retrieve runs/mine/best.pt --save-index shop.npz --dataset images:shop
//   retrieve ev-f32.pt --evaluate 1000 --json

#include "hourglass/apps/tools/code_index.h"
#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/judged_rows.h"
#include "hourglass/apps/tools/model_measures.h"
#include "hourglass/apps/tools/text_table.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/neighbours.h"
#include "hourglass/evaluation/pca.h"
#include "hourglass/figures/image_grid.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

namespace hourglass::apps {

using namespace datasets;
using namespace sources;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kMostDrawnQueries = 10;

struct RetrieveOptions {
  RowList query;
  std::vector<std::string> query_images;
  int64_t neighbours = 5;
  Distance distance = Distance::L2;
  int64_t evaluate = 0;
  std::string save_index, index;
  ModelOptions model;
  RowOptions rows;
  OutputOptions output;

  void describe(FieldTable& table);
};

void RetrieveOptions::describe(FieldTable& table) {
  table.begin_group("Search");
  table.add("query", query, "rows of the part to find the like of: 3,17 or 0-9").shown_as("LIST");
  table.add("query_images", query_images, "image files, or folders of them, instead")
      .shown_as("LIST");
  table.add("neighbours", neighbours, "entries to find for each query").shown_as("K").at_least(1);
  table.add("distance", distance, "between codes: l2 or cosine");
  table
      .add("evaluate", evaluate,
           "tells precision and mean average precision of N queries, spread evenly over the part; "
           "0: does not")
      .at_least(0);
  table.add("save_index", save_index, "keep the codes of the entries, as NPZ").shown_as("FILE");
  table.add("index", index, "search in codes that were kept").shown_as("FILE");
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

void check(const RetrieveOptions& options, const CommandLine& line) {
  const bool rows = line.has("query"), images = line.has("query_images");
  if (rows && images) throw UsageError("--query and --query-images: give one of them");
  if (!rows && !images && options.evaluate == 0 && options.save_index.empty()) {
    throw UsageError("expected --query, --query-images, --evaluate or --save-index");
  }
  if (!options.index.empty() && !options.save_index.empty()) {
    throw UsageError("--index and --save-index: give one of them");
  }
  if (line.has("indices")) throw UsageError("--indices: not used here, say --query");
}

// ---- What is searched

/// The entries that a query is compared with, and the part that queries are of.
struct Library {
  SelectedRows part;     ///< of the queries
  SelectedRows entries;  ///< the training rows for a test or validation part, else the part itself
  bool within = false;   ///< queries are entries, which are not their own neighbours
  CodeIndex index;

  std::string text() const { return row_text(entries); }
};

Library select_library(const ExportedModel& model, const RetrieveOptions& options,
                       const CommandLine& line) {
  Library library;
  library.part = select_rows(model, options.rows, line, RecordedNoise::Leave);
  library.entries = library.part;
  library.within = library.part.name == "train" || library.part.name == "all";
  if (library.within) return library;
  library.entries.rows = library.part.splits.training;
  library.entries.name = "train";
  return library;
}

void use_index_file(Library& library, const ExportedModel& model, const std::string& path) {
  library.index = load_index(path);
  const CodeIndex& index = library.index;
  expect_same_model(model, index.checkpoint_sha256, path);
  const DataInfo& info = library.entries.splits.info;
  const bool same_rows = index.data_sha256 == info.sha256 && index.part == library.entries.name &&
                         index.entries.codes.size(0) == library.entries.rows->size();
  if (same_rows) return;
  throw Error(
      "{}: expected codes of {}, found {} of the {} part of {}; give the same --dataset and "
      "--split "
      "as for --save-index",
      path, library.text(), index.entries.codes.size(0), index.part, index.data_name);
}

void make_index(Library& library, ExportedModel& model, const RetrieveOptions& options) {
  const Codes codes = encode_rows(model, *library.entries.rows, "entries", options.output);
  const DataInfo& info = library.entries.splits.info;
  library.index = {.entries = {codes.values, codes.labels},
                   .distance = options.distance,
                   .checkpoint_sha256 = model_sha256(model),
                   .data_name = info.name,
                   .data_sha256 = info.sha256,
                   .part = library.entries.name};
}

Library open_library(ExportedModel& model, const RetrieveOptions& options,
                     const CommandLine& line) {
  Library library = select_library(model, options, line);
  if (options.index.empty()) {
    make_index(library, model, options);
  } else {
    use_index_file(library, model, options.index);
    if (line.has("distance")) library.index.distance = options.distance;
  }
  return library;
}

// ---- Queries and what is found

struct Queries {
  std::vector<std::string> names;  ///< row numbers of the part, or paths
  DatasetPtr rows;
  Codes codes;
  at::Tensor own_rows;  ///< see `NeighbourOptions`
};

struct Finding {
  Queries queries;
  Neighbours nearest;
};

/// Rows of the part, and their places among the entries where the part is searched itself.
Queries part_rows(const Library& library, const at::Tensor& positions) {
  Queries queries;
  queries.rows = std::make_shared<Subset>(library.part.rows, positions);
  if (library.within) queries.own_rows = positions;
  for (int64_t i = 0; i < positions.size(0); ++i) {
    queries.names.push_back(std::to_string(positions[i].item<int64_t>()));
  }
  return queries;
}

Queries chosen_queries(const Library& library, const RetrieveOptions& options) {
  const int64_t size = library.part.rows->size();
  for (const int64_t row : options.query.rows) {
    if (row < size) continue;
    throw Error("--query: expected rows of 0 to {}, as the {} part has, found {}", size - 1,
                library.part.name, row);
  }
  return part_rows(library, options.query.all ? library.part.rows->all_positions()
                                              : at::tensor(options.query.rows, at::kLong));
}

Queries image_queries(const ExportedModel& model, const RetrieveOptions& options) {
  const ImageInputs images = read_image_inputs(model, options.query_images, options.output);
  Queries queries;
  queries.rows = images.rows;
  for (const auto& path : images.paths) queries.names.push_back(path.string());
  return queries;
}

Finding find_nearest(ExportedModel& model, const Library& library, const RetrieveOptions& options) {
  Queries queries = options.query_images.empty() ? chosen_queries(library, options)
                                                 : image_queries(model, options);
  queries.codes = encode_rows(model, *queries.rows, "queries", options.output);
  const Neighbours nearest = nearest_neighbours(library.index.entries, queries.codes.values,
                                                {.count = options.neighbours,
                                                 .distance = library.index.distance,
                                                 .own_rows = queries.own_rows});
  return {std::move(queries), nearest};
}

// ---- How good the search is

/// Retrieval among codes of one kind.
struct Quality {
  std::string space;  ///< "codes"
  int64_t size = 0;   ///< of a code
  double precision = 0, mean_average_precision = 0;
};

struct Evaluation {
  int64_t queries = 0;
  std::vector<Quality> qualities;
  std::string missing;  ///< why there is no PCA; empty where there is one
};

Quality measure_quality(const std::string& space, const NeighbourIndex& index, const Codes& queries,
                        const NeighbourOptions& options) {
  const Neighbours nearest = nearest_neighbours(index, queries.values, options);
  return {space, queries.values[0].numel(),
          precision_at(index, nearest, queries.labels, options.count),
          mean_average_precision(index, queries.values, queries.labels, options)};
}

/// The same queries among the model's codes, raw values and PCA codes.
Evaluation evaluate_search(ExportedModel& model, const Library& library,
                           const RetrieveOptions& options) {
  if (!library.index.entries.labels.defined() || !library.part.rows->has_labels()) {
    throw Error("--evaluate: expected labels, {} has none", library.part.splits.info.name);
  }
  const int64_t size = library.part.rows->size(), count = std::min(options.evaluate, size);
  const Queries queries =
      part_rows(library, at::arange(count, at::kLong).mul(size).floor_divide(count));
  const NeighbourOptions search = {.count = options.neighbours,
                                   .distance = library.index.distance,
                                   .own_rows = queries.own_rows};
  const auto measure = [&](const std::string& space, const EncodeFunction& encode) {
    const Codes entries = encode_all(encode, *library.entries.rows);
    return measure_quality(space, {entries.values, entries.labels},
                           encode_all(encode, *queries.rows), search);
  };
  StageLine stage(options.output);
  stage.show("searching in codes, raw values and PCA codes");
  Evaluation evaluation{count, {}, {}};
  evaluation.qualities.push_back(
      measure_quality("codes", library.index.entries, encode_all(model, *queries.rows), search));
  evaluation.qualities.push_back(measure("raw values", [](const at::Tensor& x) { return x; }));
  const int64_t code_size = evaluation.qualities.front().size;
  evaluation.missing =
      pca_obstacle(code_size, library.entries.rows->target_shape(), library.entries.splits.info);
  if (evaluation.missing.empty()) {
    const Pca pca = fit_pca(*library.entries.splits.training, code_size);
    evaluation.qualities.push_back(
        measure("PCA", [&](const at::Tensor& x) { return pca.encode(x); }));
  }
  return evaluation;
}

// ---- Files

/// Labels by name, and what the findings are reported with.
struct FindingText {
  std::vector<std::string> queries;                  ///< class of each; empty without labels
  std::vector<std::vector<std::string>> neighbours;  ///< classes of those of each query

  bool knows_right() const { return !queries.empty() && !neighbours.empty(); }
  bool is_right(size_t query, size_t rank) const {
    return queries[query] == neighbours[query][rank];
  }
};

FindingText text_of(const Finding& found, const Library& library) {
  FindingText text;
  const auto classes = class_names(library.entries);
  text.queries = label_names(found.queries.codes.labels, classes);
  if (!library.index.entries.labels.defined()) return text;
  const at::Tensor labels = library.index.entries.labels.take(found.nearest.rows);
  for (const at::Tensor& row : labels.unbind(0)) {
    text.neighbours.push_back(label_names(row, classes));
  }
  return text;
}

/// Calls `action` with query, rank from 0, entry and distance of everything found.
template <class Action>
void for_each_found(const Finding& found, const Action& action) {
  const auto rows = found.nearest.rows.accessor<int64_t, 2>();
  const auto distances = found.nearest.distances.accessor<double, 2>();
  for (int64_t query = 0; query < rows.size(0); ++query) {
    for (int64_t rank = 0; rank < rows.size(1); ++rank) {
      action(static_cast<size_t>(query), static_cast<size_t>(rank), rows[query][rank],
             distances[query][rank]);
    }
  }
}

std::string findings_csv(const Finding& found, const FindingText& text) {
  std::string csv = "query,query_label,rank,row,label,distance\n";
  for_each_found(found, [&](size_t query, size_t rank, int64_t row, double distance) {
    fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{:.9g}\n",
                   csv_cell(found.queries.names[query]),
                   text.queries.empty() ? "" : csv_cell(text.queries[query]), rank + 1, row,
                   text.neighbours.empty() ? "" : csv_cell(text.neighbours[query][rank]), distance);
  });
  return csv;
}

std::string query_caption(const Finding& found, const FindingText& text, size_t query) {
  const std::string name = fs::path(found.queries.names[query]).filename();
  return text.queries.empty() ? name : fmt::format("{}: {}", name, text.queries[query]);
}

/// "9: Bag", and where it is known, whether that is the query's class.
std::string neighbour_caption(const FindingText& text, size_t query, size_t rank, int64_t row) {
  if (text.neighbours.empty()) return std::to_string(row);
  const std::string& name = text.neighbours[query][rank];
  if (!text.knows_right()) return name;
  return fmt::format("{} {}", text.is_right(query, rank) ? "right:" : "WRONG:", name);
}

/// The first queries, [Q, shape…], and the neighbours of each, [Q, k, shape…].
struct DrawnItems {
  at::Tensor queries, neighbours;
};

DrawnItems drawn_items(const Finding& found, const Library& library) {
  const at::Tensor queries =
      found.queries.rows->batch(found.queries.rows->first_positions(kMostDrawnQueries)).input;
  const at::Tensor entries = found.nearest.rows.narrow(0, 0, queries.size(0));
  return {queries, library.entries.rows->batch(entries.flatten())
                       .input.unflatten(0, {entries.size(0), entries.size(1)})};
}

/// A row of images a query: itself, then its neighbours.
Picture draw_images(const Finding& found, const FindingText& text, const DrawnItems& items,
                    ValueRange range, const std::string& title) {
  std::vector<ImageRow> rows;
  for (int64_t query = 0; query < items.queries.size(0); ++query) {
    const auto q = static_cast<size_t>(query);
    ImageRow row = {"",
                    at::cat({items.queries.narrow(0, query, 1), items.neighbours[query]}),
                    {query_caption(found, text, q)},
                    range};
    for (int64_t rank = 0; rank < items.neighbours.size(1); ++rank) {
      row.captions.push_back(neighbour_caption(text, q, static_cast<size_t>(rank),
                                               found.nearest.rows[query][rank].item<int64_t>()));
    }
    rows.push_back(std::move(row));
  }
  const auto columns = static_cast<int>(items.neighbours.size(1) + 1);
  return image_grid(rows, {.title = title, .columns = columns});
}

/// For items that are no images: a plot a query, a line for it and for each neighbour.
Picture draw_vectors(const Finding& found, const FindingText& text, const DrawnItems& items,
                     const std::string& title) {
  std::vector<ItemRow> rows = {{"query", items.queries}};
  for (int64_t rank = 0; rank < items.neighbours.size(1); ++rank) {
    rows.push_back({fmt::format("neighbour {}", rank + 1), items.neighbours.select(1, rank)});
  }
  std::vector<std::string> captions;
  for (int64_t query = 0; query < items.queries.size(0); ++query) {
    captions.push_back(query_caption(found, text, static_cast<size_t>(query)));
  }
  return draw_items(rows, captions, title);
}

Picture draw_findings(const Finding& found, const FindingText& text, const Library& library,
                      const ExportedModel& model) {
  const DrawnItems items = drawn_items(found, library);
  const std::string title = "Queries, then their neighbours among " + library.text();
  const bool images = items.queries.dim() == 3 || items.queries.dim() == 4;
  if (!images) return draw_vectors(found, text, items, title);
  return draw_images(found, text, items, value_range(model, items.queries), title);
}

// ---- Telling it

json to_json(const Finding& found, const FindingText& text) {
  json queries = json::array();
  for (const auto& name : found.queries.names) {
    queries.push_back({{"query", name}, {"neighbours", json::array()}});
  }
  for (size_t i = 0; i < text.queries.size(); ++i) queries[i]["label"] = text.queries[i];
  for_each_found(found, [&](size_t query, size_t rank, int64_t row, double distance) {
    json neighbour = {{"row", row}, {"distance", distance}};
    if (!text.neighbours.empty()) neighbour["label"] = text.neighbours[query][rank];
    queries[query]["neighbours"].push_back(neighbour);
  });
  return queries;
}

json to_json(const Evaluation& evaluation, int64_t neighbours) {
  json spaces = json::array();
  for (const auto& quality : evaluation.qualities) {
    spaces.push_back({{"space", quality.space},
                      {"size", quality.size},
                      {"precision", quality.precision},
                      {"mean_average_precision", quality.mean_average_precision}});
  }
  return {{"queries", evaluation.queries},
          {"neighbours", neighbours},
          {"spaces", spaces},
          {"not_available", evaluation.missing}};
}

void print_findings(const Finding& found, const FindingText& text) {
  TextTable table({"query", "rank", "row", "class", "distance"});
  for_each_found(found, [&](size_t query, size_t rank, int64_t row, double distance) {
    table.add({rank == 0 ? query_caption(found, text, query) : "", std::to_string(rank + 1),
               std::to_string(row), text.neighbours.empty() ? "" : text.neighbours[query][rank],
               fmt::format("{:.4g}", distance)});
  });
  fmt::print("{}", table.text(""));
}

void print_evaluation(const Evaluation& evaluation, int64_t neighbours) {
  fmt::print("\n{} queries, spread evenly\n", with_thousands(evaluation.queries));
  TextTable table({"searched", "size", fmt::format("precision@{}", neighbours), "mAP"});
  for (const auto& quality : evaluation.qualities) {
    table.add({quality.space, with_thousands(quality.size),
               fmt::format("{:.4f}", quality.precision),
               fmt::format("{:.4f}", quality.mean_average_precision)});
  }
  fmt::print("{}", table.text(""));
  if (!evaluation.missing.empty()) fmt::print("{}\n", evaluation.missing);
}

// ---- The work

/// Writes table and picture; their paths.
std::vector<std::string> write_findings(const Finding& found, const FindingText& text,
                                        const Library& library, const ExportedModel& model,
                                        const OutputOptions& output, const fs::path& folder) {
  std::vector<std::string> paths = {(folder / "neighbours.csv").string()};
  write_output(paths.front(), findings_csv(found, text));
  if (figures_available()) {
    paths.push_back((folder / "neighbours.png").string());
    draw_findings(found, text, library, model).save(paths.back());
    if (std::ssize(found.queries.names) > kMostDrawnQueries) {
      note(output, fmt::format("the picture shows the first {} queries", kMostDrawnQueries));
    }
  } else {
    note(output, "no picture: this build draws none");
  }
  return paths;
}

int retrieve(const CommandLine& line, const RetrieveOptions& options) {
  check(options, line);
  const OutputOptions& output = options.output;
  ExportedModel model = open_model(line.positional.front(), options.model);
  const bool has_queries = line.has("query") || line.has("query_images");
  const fs::path folder =
      has_queries ? output_folder(output, "retrieved", {"neighbours.csv", "neighbours.png"})
                  : fs::path();
  if (!options.save_index.empty()) {
    output_file({.out = options.save_index, .force = output.force}, "");
  }

  const Library library = open_library(model, options, line);
  json result = {{"entries", library.text()}, {"distance", enum_name(library.index.distance)}};
  std::vector<std::string> files;
  if (!output.json) {
    fmt::print("entries   {}, {} distance\n\n", library.text(), enum_name(library.index.distance));
  }
  if (!options.save_index.empty()) {
    save_index(options.save_index, library.index);
    files.push_back(options.save_index);
  }
  if (has_queries) {
    const Finding found = find_nearest(model, library, options);
    const FindingText text = text_of(found, library);
    const auto written = write_findings(found, text, library, model, output, folder);
    files.insert(files.end(), written.begin(), written.end());
    result["queries"] = to_json(found, text);
    if (!output.json) print_findings(found, text);
  }
  if (options.evaluate > 0) {
    const Evaluation evaluation = evaluate_search(model, library, options);
    result["evaluation"] = to_json(evaluation, options.neighbours);
    if (!output.json) print_evaluation(evaluation, options.neighbours);
  }
  result["files"] = files;
  if (output.json) fmt::print("{}\n", result.dump(2));
  for (const auto& file : files) {
    if (!output.json) fmt::print("written   {}\n", file);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  RetrieveOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "retrieve",
      .summary = "Finds the entries of a data set that are most like a query.",
      .positional = "CKPT",
      .examples = {"retrieve runs/mine/best.pt --query 3,17",
                   "retrieve runs/mine/best.pt --query-images boot.png --dataset images:shop",
                   "retrieve runs/mine/best.pt --evaluate 1000"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return retrieve(line, options); });
}
